"""What an environment stores in its temporary directory, where no file system of its own bounds that."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_MB = 1024 * 1024
_BLOCK = 512
"""What `st_blocks` counts in, whatever the file system (POSIX sys/stat.h)."""
_PACE = 20
"""Looking takes at most one part in this many of the time."""


class StorageWatch:
    """Says when a directory holds more than it may."""

    def __init__(self, directory: Path, limit_mb: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._directory = directory
        self._limit = limit_mb * _MB
        self._clock = clock
        self._next_look = 0.0

    def exceeded(self) -> bool:
        """Whether it is too full now; False between looks, which are the rarer the longer they take."""
        started = self._clock()
        if started < self._next_look:
            return False
        full = used_bytes(self._directory) > self._limit
        ended = self._clock()
        self._next_look = ended + _PACE * (ended - started)
        return full


def used_bytes(directory: Path) -> int:
    """What everything below a directory takes on disk, as far as it is still there when looked at."""
    total, open_ends = 0, [os.fspath(directory)]
    while open_ends:
        try:
            with os.scandir(open_ends.pop()) as entries:
                for entry in entries:
                    total += entry.stat(follow_symlinks=False).st_blocks * _BLOCK
                    if entry.is_dir(follow_symlinks=False):
                        open_ends.append(entry.path)
        except OSError:
            continue
    return total
