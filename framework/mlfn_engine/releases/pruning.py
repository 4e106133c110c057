"""Which versions and images nothing can reach any more: no alias, no stack, and no rollback within its window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlfn_engine.releases.history import FunctionVersions, Shift, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How far back a rollback may go: whatever one of the two lets it reach is kept."""

    keep: int = 10
    """The newest versions of each function, and the newest platform images."""
    days: int = 30
    """What was published, or had traffic, since then."""

    def begins(self, now: datetime) -> datetime:
        """The oldest time within it."""
        return now - timedelta(days=self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image of the stage's repository under one tag."""

    tag: str
    digest: str
    """SHA-256 in hexadecimal."""
    size_bytes: int
    pushed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """What may go."""

    versions: tuple[tuple[str, Version], ...]
    """By function key."""
    images: tuple[Image, ...]


def unreachable_versions(
    functions: Iterable[FunctionVersions],
    pinned: Mapping[str, frozenset[str]],
    history: Sequence[Shift],
    window: Window,
    now: datetime,
) -> tuple[tuple[str, Version], ...]:
    """Versions that may go, oldest first; `pinned` are those that aliases and stacks name, by function key."""
    return tuple(
        (function.function, version)
        for function in functions
        for version in function.versions
        if str(version.number) not in _reachable(function, pinned, history, window, now)
    )


def unreachable_images(
    images: Iterable[Image], run: frozenset[str], window: Window, now: datetime, *, by_number: bool
) -> tuple[Image, ...]:
    """Images that none of the digests in `run` names and that are older than the window.

    With `by_number` the newest ones stay, too: of the platform's own functions no version says that it was needed.
    """
    ordered = sorted(images, key=lambda image: image.pushed_at, reverse=True)
    kept = {image.tag for image in ordered[: window.keep]} if by_number else set()
    begins = window.begins(now)
    return tuple(
        image for image in ordered if image.digest not in run and image.tag not in kept and image.pushed_at < begins
    )


def _reachable(
    function: FunctionVersions,
    pinned: Mapping[str, frozenset[str]],
    history: Sequence[Shift],
    window: Window,
    now: datetime,
) -> frozenset[str]:
    begins = window.begins(now)
    newest = sorted((version.number for version in function.versions), reverse=True)[: max(window.keep, 1)]
    recent = [str(each.number) for each in function.versions if datetime.fromisoformat(each.published_at) >= begins]
    named = (function.answering, function.canary, function.held_below)
    return frozenset(
        {
            *map(str, newest),
            *recent,
            *filter(None, named),
            *pinned.get(function.function, ()),
            *_moved(function.function, history, window, begins),
        }
    )


def _moved(function: str, history: Sequence[Shift], window: Window, begins: datetime) -> Iterable[str]:
    """The versions between which traffic was moved: within the window's time, or in its newest entries."""
    moves = [(shift, move) for shift in history for move in shift.moves if move.function == function]
    for place, (shift, move) in enumerate(moves):
        if place < window.keep or datetime.fromisoformat(shift.at) >= begins:
            yield from filter(None, (move.source, move.to))
