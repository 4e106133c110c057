"""Trees that go: out of sight at once, removed when there is time."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_.execution.unpack import remove_tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PARTIAL = ".partial-"
_TRASH = ".trash-"


def discard(directory: Path, unwanted: Callable[[Path], bool]) -> None:
    """Put what is not wanted of a directory's entries into its trash; unfinished ones stay."""
    for path in list(directory.iterdir()) if directory.is_dir() else ():
        if not path.name.startswith((PARTIAL, _TRASH)) and unwanted(path):
            path.rename(directory / f"{_TRASH}{secrets.token_hex(8)}")


def discard_unfinished(directory: Path) -> None:
    """Put what was being made when the emulator last ended into the trash."""
    for path in list(directory.glob(f"{PARTIAL}*")):
        path.rename(directory / f"{_TRASH}{secrets.token_hex(8)}")


def empty(directory: Path) -> None:
    """Remove what is in a directory's trash (blocking)."""
    for path in list(directory.glob(f"{_TRASH}*")):
        if path.is_dir():
            remove_tree(path)
        else:
            path.unlink(missing_ok=True)
