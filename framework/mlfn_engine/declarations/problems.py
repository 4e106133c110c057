"""Mistakes in what a user declares: collected, sorted and reported together."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn.origin import origin
from mlfn_engine.values import Location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """The part of a source line that a mistake is about."""

    column: int
    """From 1."""
    width: int
    text: str

    def __str__(self) -> str:
        stripped = self.text.lstrip()
        indent = self.column - 1 - (len(self.text) - len(stripped))
        return f"    {stripped.rstrip()}\n    {' ' * indent}{'^' * self.width}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake: where, what is wrong, and what to write instead."""

    location: Location
    excerpt: Excerpt | None = None
    sentence: str
    next_step: str

    def __str__(self) -> str:
        if self.excerpt is None:
            return f"{self.location}: {self.sentence} {self.next_step}"
        return f"{self.location}:{self.excerpt.column}: {self.sentence}\n{self.excerpt}\n    {self.next_step}"


def report(problems: Iterable[Problem]) -> str:
    """All of the problems, sorted by place, each on lines of its own."""
    return "\n".join(str(problem) for problem in sorted(set(problems), key=_place))


def _place(problem: Problem) -> tuple[Location, int, str]:
    return problem.location, problem.excerpt.column if problem.excerpt else 0, problem.sentence


def location_of(function: Callable[..., Any], root: Path) -> Location:
    """Where a function is declared, relative to the project root."""
    file, line = origin(function)
    if isinstance(function, type) and (source := inspect.getsourcefile(function)):
        file, line = source, inspect.getsourcelines(function)[1]
    return Location(file=relative(file, root), line=line)


def relative(file: str, root: Path) -> str:
    """A file's path as messages show it: relative to the project root where it lies below."""
    return file.removeprefix(f"{root}/")
