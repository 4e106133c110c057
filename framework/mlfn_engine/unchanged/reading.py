"""Which files and directories Python reads while a piece of work is done, the project's own code included."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlfn_engine.fingerprint import signature

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVENTS = frozenset({"open", "os.scandir", "os.listdir", "os.mkdir"})
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Reading:
    """Paths that were opened or listed while somebody watched."""

    def __init__(self) -> None:
        self._there: dict[str, bool] = {}
        self._made: set[str] = set()

    @property
    def paths(self) -> set[str]:
        """What the work depends on: everything opened or listed, but for its own scratch files, which are gone."""
        return {path for path in self._there if _exists(path) or not self._is_scratch(path)}

    def was_there(self, path: str) -> bool:
        """Whether a path existed when it was first opened."""
        return self._there.get(path, False)

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take one of Python's audit events."""
        path = _text(arguments[0] if arguments else None)
        if path is None:
            return
        if event == "os.mkdir" or (event == "open" and _writes(arguments)):
            self._made.add(path)
        if event != "os.mkdir":
            self._there.setdefault(path, _exists(path))

    def _is_scratch(self, path: str) -> bool:
        return path in self._made or any(path.startswith(f"{made}{os.sep}") for made in self._made)


_watching: list[Reading] = []
"""Who is told; an audit hook cannot be taken away again, so there is one that mostly has nobody to tell."""


@contextmanager
def watched() -> Iterator[Reading]:
    """Inside, every file that is opened and every directory that is listed is noted."""
    _install()
    reading = Reading()
    _watching.append(reading)
    try:
        yield reading
    finally:
        _watching.pop()


def imported_files() -> set[str]:
    """The files of every module that is imported now."""
    found = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    return {path for path in found if isinstance(path, str) and Path(path).is_absolute()}


def _install() -> None:
    if not getattr(sys, "_mlfn_watches_reads", False):
        sys.addaudithook(_tell)
        sys._mlfn_watches_reads = True  # type: ignore[attr-defined]


def _tell(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and event in _EVENTS:
        for each in _watching:
            each.note(event, arguments)


def _writes(arguments: tuple[Any, ...]) -> bool:
    return len(arguments) > 2 and isinstance(arguments[2], int) and bool(arguments[2] & _WRITES)


def _exists(path: str) -> bool:
    return signature(path) is not None


def _text(path: Any) -> str | None:
    """A path as absolute text; None for descriptors."""
    return os.path.abspath(os.fsdecode(path)) if isinstance(path, str | bytes | os.PathLike) else None  # noqa: PTH100  links stay links
