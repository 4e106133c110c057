"""What a run did, state by state, from its history.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEVELS = ("MapState", "ParallelState")
"""How events begin that are about a whole level: its start, again when it is tried again, and its end."""
_MAP, _ITERATION = "Map", "Iteration"
_ATTEMPTS = ("TaskScheduled", "LambdaFunctionScheduled", "MapStateStarted", "ParallelStateStarted")
LAST = ("ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted")
"""The events that a run ends with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of a run: Step Functions' own, or its line in the log."""

    number: int
    after: int
    """The event that this one follows; 0: none."""
    kind: str
    """Step Functions' name, such as TaskStateEntered."""
    name: str | None
    """The state that it is about, if it says so."""
    at_ms: int
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One stay in a state, or an iteration of a map: how long, how often tried, and what happened inside."""

    name: str
    kind: str
    """Step Functions' type of state, or `Iteration`."""
    began_ms: int
    ended_ms: int | None
    """When it was left; None: it is still under way, or was stopped."""
    stopped_ms: int | None
    """When it failed, or its run ended around it; None: it goes on, or was left."""
    attempts: int
    error: str | None
    """The error that it ended by; one that another attempt made good is gone."""
    inside: tuple[Stay, ...]


@dataclass(slots=True, kw_only=True)
class _Open:
    """A stay while its events come."""

    name: str
    kind: str
    began_ms: int
    above: _Open | None
    ended_ms: int | None = None
    stopped_ms: int | None = None
    attempts: int = 0
    error: str | None = None
    inside: list[_Open] = field(default_factory=list)

    def fail(self, event: Event) -> None:
        """Note that it failed, by the error that the event or what failed inside tells."""
        below = next((each.error for each in reversed(self.inside) if each.error and each.ended_ms is None), None)
        self.error, self.stopped_ms = event.error or below, event.at_ms

    def begin(self) -> None:
        """Note another attempt, which makes the last one's error good."""
        self.attempts, self.error, self.stopped_ms = self.attempts + 1, None, None

    def closed(self, over_ms: int | None) -> Stay:
        """The stay as a value; `over_ms` is when the run ended."""
        stopped = over_ms if self.stopped_ms is None else self.stopped_ms
        return Stay(
            name=self.name,
            kind=self.kind,
            began_ms=self.began_ms,
            ended_ms=self.ended_ms,
            stopped_ms=stopped if self.ended_ms is None else None,
            attempts=self.attempts,
            error=self.error,
            inside=tuple(each.closed(over_ms) for each in self.inside),
        )


def stays(events: Iterable[Event]) -> tuple[Stay, ...]:
    """The stays of a run in the order in which they began, as far as it has come."""
    root = _Open(name="", kind="", began_ms=0, above=None)
    places: dict[int, _Open] = {0: root}
    over_ms = None
    for event in sorted(events, key=lambda each: each.number):
        places[event.number] = _place(event, places.get(event.after, root))
        over_ms = event.at_ms if event.kind in LAST else over_ms
    return tuple(each.closed(over_ms) for each in root.inside)


def _place(event: Event, here: _Open) -> _Open:
    """The stay that what follows an event is inside of."""
    if event.kind.endswith("StateEntered"):
        return _enter(event, event.kind.removesuffix("StateEntered"), event.name or "", here)
    if event.kind == "MapIterationStarted":
        return _enter(event, _ITERATION, "", _climb(here, event.name or "", _MAP))
    if event.kind.endswith("StateExited"):
        left = _climb(here, event.name or "", event.kind.removesuffix("StateExited"))
        left.ended_ms = event.at_ms
        return left.above or left
    return _inside(event, here)


def _enter(event: Event, kind: str, name: str, above: _Open) -> _Open:
    entered = _Open(name=name, kind=kind, began_ms=event.at_ms, above=above)
    above.inside.append(entered)
    return entered


def _inside(event: Event, here: _Open) -> _Open:
    if event.kind.startswith("MapIteration"):
        while here.kind != _ITERATION and here.above is not None:
            here = here.above
        if event.kind == "MapIterationSucceeded":
            here.ended_ms = event.at_ms
    elif event.kind.startswith(_LEVELS):
        here = _climb(here, None, event.kind.partition("State")[0])
    if event.kind in _ATTEMPTS:
        here.begin()
    elif _is_failure(event):
        here.fail(event)
    return here


def _is_failure(event: Event) -> bool:
    """Whether a stay fails by it; that the run does is told of the run."""
    told = event.error is not None or event.kind in ("MapIterationFailed", "MapStateFailed", "ParallelStateFailed")
    return told and not event.kind.startswith("Execution")


def _climb(here: _Open, name: str | None, kind: str) -> _Open:
    """The nearest stay around of a kind, and of a name if one is given."""
    found: _Open | None = here
    while found is not None and (found.kind != kind or (name is not None and found.name != name)):
        found = found.above
    return found or here
