"""Globs over a project's paths: `*` stays within a directory, `**` does not, a directory stands for what is in it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PART = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^\]]+\]|.", re.S)
_MEANS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def named(path: Path, pattern: str) -> bool:
    """Whether a glob, read from the root, names a path or a directory above it."""
    expression = _expression(pattern.removeprefix("./").rstrip("/"))
    return any(expression.fullmatch(each.as_posix()) for each in (path, *path.parents[:-1]))


def named_anywhere(path: Path, pattern: str) -> bool:
    """The same, and a glob without a slash names files and directories at any depth, as in .gitignore."""
    plain = "/" not in pattern.rstrip("/")
    return named(path, f"**/{pattern}" if plain else pattern)


@lru_cache(maxsize=256)
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(_meaning(part) for part in _PART.findall(pattern)), re.S)


def _meaning(part: str) -> str:
    if part in _MEANS:
        return _MEANS[part]
    if len(part) > 1:
        return part.replace("[!", "[^").replace("\\", "\\\\")
    return re.escape(part)
