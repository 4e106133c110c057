"""What a file or directory was when it was read, told by its inode: no content is read again.

The time of the last change of the inode (`ctime`) is in it, which no program can set: a file whose content was replaced
by as many bytes and whose time of modification was put back is seen to be another. What was changed so shortly before
it was read that its next change may bear the same time is not relied on.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SECOND = 1_000_000_000
FINE_TICK = SECOND // 50
"""Kernels count the time of files in ticks of at most 10 ms."""
COARSE_TICK = 2 * SECOND
"""Some file systems in whole seconds, or two (FAT)."""

Signature = tuple[int, int, int, int, int] | None
"""Mode, inode, size, modified, changed; None: it is not there."""


def signature(path: str) -> Signature:
    """What a path is now."""
    try:
        stat = os.stat(path)  # noqa: PTH116  thousands of them: Path takes twice as long
    except (OSError, ValueError):
        return None
    return (stat.st_mode, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


def fingerprint(signatures: Iterable[Signature]) -> str:
    """SHA-256 (hex) of what some paths are."""
    return hashlib.sha256(repr(list(signatures)).encode()).hexdigest()


def settled(found: Signature, before_ns: int) -> bool:
    """Whether a path has not changed from `before_ns` on, and every change since would show in its signature."""
    if found is None:
        return True
    changed = found[-1]
    return changed + (FINE_TICK if changed % SECOND else COARSE_TICK) < before_ns
