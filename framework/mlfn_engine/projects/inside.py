"""Paths that may not leave the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def inside(root: Path, relative: str) -> Path | None:
    """The real path of `relative` if it lies strictly below `root`, symbolic links followed; else None."""
    root = root.resolve()
    try:
        path = (root / relative).resolve()
    except (OSError, ValueError):  # a NUL, a loop of links
        return None
    return path if path.is_relative_to(root) and path != root else None
