"""Following the trail: what comes is told once, what ends is told again, and only what may have changed is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from tests.fixtures.audit_calls import START, Calls, row

from mlfn_audit.following import follow
from mlfn_audit.query import CallRow, timestamp


class Growing:
    """A trail that has more calls after each pause, and a clock that goes on a second."""

    def __init__(self, *later: list[CallRow]) -> None:
        self.rows: list[CallRow] = []
        self.asked: list[datetime] = []
        self.now = START
        self._later = iter(later)

    def ask(self, since: datetime) -> Iterator[CallRow]:
        self.asked.append(since)
        return iter([each for each in self.rows if each.record.started_at >= timestamp(since)])

    def pause(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        new = next(self._later, None)
        if new is None:
            raise KeyboardInterrupt
        known = {each.record.invocation for each in new}
        self.rows = [each for each in self.rows if each.record.invocation not in known] + new

    def follow(self, first: list[CallRow] | None = None) -> list[tuple[int, str]]:
        told = follow(self.ask, first or [], START, now=lambda: self.now, pause=self.pause)
        found: list[tuple[int, str]] = []
        with pytest.raises(KeyboardInterrupt):
            found.extend((int(each.record.invocation[:8], 16), each.status) for each in told)
        return found


@pytest.fixture
def call() -> Callable[..., CallRow]:
    calls = Calls()
    return lambda number, **fields: row(calls.add(number, **fields))


def test_each_call_is_told_once(call: Callable[..., CallRow]) -> None:
    trail = Growing([call(0)], [], [call(2), call(3)], [])

    assert trail.follow() == [(0, "ok"), (2, "ok"), (3, "ok")]


def test_a_call_is_told_again_when_it_has_ended(call: Callable[..., CallRow]) -> None:
    trail = Growing([call(0, phase="started")], [call(1)], [call(0)])

    assert trail.follow() == [(0, "running"), (1, "ok"), (0, "ok")]


def test_what_was_shown_before_is_not_told_again(call: Callable[..., CallRow]) -> None:
    trail = Growing([call(0), call(1)])

    assert trail.follow([call(0)]) == [(0, "ok"), (1, "ok")]


def test_only_the_time_in_which_calls_may_end_is_read_again(call: Callable[..., CallRow]) -> None:
    quick = Growing(*[[] for _ in range(100)])
    slow = Growing([call(0, dl=int((START + timedelta(minutes=5)).timestamp() * 1000))], *[[] for _ in range(99)])

    quick.follow()
    slow.follow()

    assert quick.asked[-1] == START + timedelta(seconds=40)  # 100 s - 60 s
    assert slow.asked[-1] == START


class Whole(Growing):
    """A trail that answers with all its calls, as it does when it is asked for those of an execution."""

    def ask(self, since: datetime) -> Iterator[CallRow]:
        return iter(self.rows)


def test_answers_beyond_the_period_are_not_told_again_and_again(call: Callable[..., CallRow]) -> None:
    trail = Whole([call(0)], *[[] for _ in range(90)])

    assert trail.follow() == [(0, "ok")]
