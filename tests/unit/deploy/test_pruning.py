"""Nothing that an alias, a stack or a rollback within its window can reach is ever pruned."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from mlfn.errors import DeployError
from mlfn_engine.releases.history import FunctionVersions, Move, Shift, ShiftKind, Version
from mlfn_engine.releases.moves import rollback_moves
from mlfn_engine.releases.pruning import Image, Window, unreachable_images, unreachable_versions

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
MOST = 25


def version(number: int, days_old: float) -> Version:
    at = (NOW - timedelta(days=days_old)).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    return Version(number=number, image=f"{number:012x}", digest=f"{number:064x}", published_at=at)


@st.composite
def apps(draw: st.DrawFn) -> tuple[FunctionVersions, tuple[Shift, ...], frozenset[str], Window]:
    """A function with versions of any age, traffic that was moved among them, pinned ones, and a window."""
    count = draw(st.integers(1, MOST))
    ages = sorted(draw(st.lists(st.floats(0, 400), min_size=count, max_size=count)), reverse=True)
    numbers = st.integers(1, count).map(str)
    kinds = st.sampled_from([ShiftKind.DEPLOY, ShiftKind.PROMOTE, ShiftKind.ROLLBACK])
    steps = draw(st.lists(st.tuples(kinds, numbers, st.floats(0, 400)), max_size=30))
    answering: str | None = None
    history: list[Shift] = []
    for kind, to, days_old in sorted(steps, key=lambda step: -step[2]):
        at = (NOW - timedelta(days=days_old)).isoformat()
        move = Move(function="mood", source=answering, to=to)
        history.insert(0, Shift(at=at, kind=kind, by="jane", revision=None, moves=(move,)))
        answering = to
    function = FunctionVersions(
        function="mood",
        versions=tuple(version(number + 1, age) for number, age in enumerate(ages)),
        answering=answering or str(count),
        held_below=draw(st.none() | numbers),
        canary=draw(st.none() | numbers),
    )
    pinned = draw(st.frozensets(numbers, max_size=4))
    window = Window(keep=draw(st.integers(1, 12)), days=draw(st.integers(0, 90)))
    return function, tuple(history), pinned, window


def pruned(app: tuple[FunctionVersions, tuple[Shift, ...], frozenset[str], Window]) -> set[str]:
    function, history, pinned, window = app
    found = unreachable_versions([function], {"mood": pinned}, history, window, NOW)
    return {str(each.number) for _, each in found}


@given(apps())
def test_what_answers_is_pinned_or_is_recent_stays(
    app: tuple[FunctionVersions, tuple[Shift, ...], frozenset[str], Window],
) -> None:
    function, _, pinned, window = app
    gone = pruned(app)
    begins = NOW - timedelta(days=window.days)

    assert not gone & {function.answering, function.held_below, function.canary, *pinned}
    assert not gone & {str(each.number) for each in function.versions[-window.keep :]}
    assert not gone & {
        str(each.number) for each in function.versions if datetime.fromisoformat(each.published_at) >= begins
    }


@given(apps())
def test_every_rollback_within_the_window_goes_where_it_went_before(
    app: tuple[FunctionVersions, tuple[Shift, ...], frozenset[str], Window],
) -> None:
    function, history, _, window = app
    gone = pruned(app)
    left = replace(function, versions=tuple(each for each in function.versions if str(each.number) not in gone))

    for before, after in zip(
        rollbacks(function, history, window.keep), rollbacks(left, history, window.keep), strict=False
    ):
        assert before == after


def rollbacks(function: FunctionVersions, history: tuple[Shift, ...], most: int) -> Iterator[str]:
    """Where `mlfn rollback` takes traffic, one after the other, as far as the newest entries of the log tell."""
    newest, function = history[:most], replace(function, canary=None)
    for _ in range(most):
        try:
            (move,) = rollback_moves((function,), newest, function=None, to=None)
        except DeployError:
            return
        yield move.to
        function = replace(function, answering=move.to)


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(0, 400)), max_size=20), st.integers(1, 12), st.integers(0, 90))
def test_images_that_something_runs_or_that_are_recent_stay(
    found: list[tuple[int, float]], keep: int, days: int
) -> None:
    images = [
        Image(tag=f"t{place}", digest=f"{digest:064x}", size_bytes=1, pushed_at=NOW - timedelta(days=age))
        for place, (digest, age) in enumerate(found)
    ]
    run = frozenset(f"{digest:064x}" for digest in (1, 2, 3))
    window = Window(keep=keep, days=days)

    own = unreachable_images(images, run, window, NOW, by_number=False)
    platform = unreachable_images(images, run, window, NOW, by_number=True)

    newest = sorted(images, key=lambda image: image.pushed_at, reverse=True)[:keep]
    for gone in (own, platform):
        assert not {image.digest for image in gone} & run
        assert all(image.pushed_at < window.begins(NOW) for image in gone)
    assert not {image.tag for image in platform} & {image.tag for image in newest}


def test_old_versions_beyond_the_window_go_oldest_first() -> None:
    function = FunctionVersions(
        function="mood",
        versions=tuple(version(number, 100 - number) for number in range(1, 16)),
        answering="15",
        held_below=None,
    )

    found = unreachable_versions([function], {}, (), Window(keep=10, days=30), NOW)

    assert [each.number for _, each in found] == [1, 2, 3, 4, 5]
