"""A run of a pipeline as `mlfn run` draws it."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from mlfn_cli.views.run import as_tree
from mlfn_engine.pipelines.history import Event, stays

FAILED_MAP = [
    (0, "ExecutionStarted", None, None),
    (0, "MapStateEntered", "each", None),
    (2, "MapStateStarted", None, None),
    (3, "MapIterationStarted", "each", None),
    (3, "MapIterationStarted", "each", None),
    (4, "TaskStateEntered", "rate", None),
    (6, "TaskScheduled", None, None),
    (5, "TaskStateEntered", "rate", None),
    (8, "TaskScheduled", None, None),
    (7, "TaskFailed", None, "Overloaded"),
    (10, "MapIterationFailed", "each", None),
    (10, "TaskStateAborted", None, None),
    (10, "MapStateFailed", None, None),
    (13, "ExecutionFailed", None, "Overloaded"),
]


def drawn(events: list[tuple[int, str, str | None, str | None]]) -> list[str]:
    history = [
        Event(number=number, after=after, kind=kind, name=name, at_ms=number * 10, error=error)
        for number, (after, kind, name, error) in enumerate(events, 1)
    ]
    out = StringIO()
    Console(file=out, width=80).print(as_tree("judge", stays(history)))
    return [line.strip("│├└─ \n") for line in out.getvalue().splitlines()]


def test_what_failed_took_as_long_as_until_it_failed_and_what_was_stopped_is_no_success() -> None:
    assert drawn(FAILED_MAP) == [
        "judge",
        "✗ each  110 ms  Overloaded",
        "✗ item 0  70 ms  Overloaded",
        "✗ rate  40 ms  Overloaded",
        "– item 1  90 ms",
        "– rate  60 ms",
    ]


def test_what_is_under_way_is_neither() -> None:
    assert [line[0] for line in drawn(FAILED_MAP[:9])[1:]] == ["…"] * 5
