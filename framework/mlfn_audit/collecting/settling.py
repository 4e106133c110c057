"""What a part of a function's log still owes the table: records that are not there, and ends that nobody told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlfn.audit.record import END_PHASES, Phase, Status
from mlfn_audit.collecting.deposit import Outcome
from mlfn_audit.collecting.derived import abandoned, stamp, unreached
from mlfn_audit.collecting.log_lines import read_window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlfn.audit.codec import Wire
    from mlfn_audit.collecting.deposit import Deposit
    from mlfn_audit.collecting.group_log import GroupLog
    from mlfn_audit.collecting.log_lines import LogEvent, Over, Start, Told, Window

GRACE_MS = 60_000
"""After a call's deadline: how late its last lines may be."""
LONGEST_CALL_MS = 900_000
"""Lambda's limit."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was done, counted."""

    put: int = 0
    """Records that a function had told but not put."""
    abandoned: int = 0
    unbelieved: int = 0
    """Lines of writers that did not announce themselves, or that are not what they say."""
    collisions: int = 0
    damaged: int = 0

    def add(self, other: Tally) -> None:
        """Count what another part of the log gave."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def to_json(self) -> dict[str, int]:
        """The counts by name."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settler:
    """Settles what one function's log owes; nothing it does is wrong to do again."""

    log: GroupLog
    deposit: Deposit
    version_of: Callable[[str, str], str]
    """The image version of a function's version."""
    model: str | None
    """The model whose function it is; None: it has several, and says itself which."""
    tally: Tally = field(default_factory=Tally)

    def settle(self, events: Iterable[LogEvent], *, now_ms: int) -> int | None:
        """Put what is owed; the time of the oldest call that may still be running, if there is one."""
        window = read_window(events)
        self.tally.damaged += window.damaged
        self.put_missing(window.records)
        for over in window.over.values():
            self._end_unreached(over)
        running = [self._end_started(window, now_ms), *(self._end_silent(*began, now_ms) for began in window.silent)]
        return min((time_ms for time_ms in running if time_ms is not None), default=None)

    def put_missing(self, records: Iterable[Told]) -> None:
        """Put the records of writers' chains that the table does not have."""
        told = {each.wire["id"]: each for each in records if "q" in each.wire and each.wire["ph"] in _CHAINED}
        for wire in self.deposit.missing([each.wire for each in told.values()]):
            if self.log.believes(told[wire["id"]]):
                self._count(self.deposit.put(wire))
            else:
                self.tally.unbelieved += 1

    def _end_started(self, window: Window, now_ms: int) -> int | None:
        """End the attempts of which nothing more is to come."""
        ended = {each.attempt for each in window.records if each.wire["ph"] in END_PHASES}
        oldest: int | None = None
        for told in window.records:
            if told.wire["ph"] != Phase.STARTED or told.attempt in ended:
                continue
            ended.add(told.attempt)  # a line that was written twice
            if not self._ended(told, window, now_ms):
                oldest = min(oldest or told.event.time_ms, told.event.time_ms)
        return oldest

    def _ended(self, told: Told, window: Window, now_ms: int) -> bool:
        """Whether an attempt is over; if it could not say so, its end is put."""
        over = window.over.get((told.event.stream, told.wire["iv"]))
        # A deadline that no call has is somebody's invention, and nothing may be waited for because of it.
        last_ms = min(int(told.wire.get("dl", 0)), told.event.time_ms + LONGEST_CALL_MS) + GRACE_MS
        if over is None:
            # It may have ended after the window.
            rest = read_window(self.log.events(told.event.time_ms, min(now_ms, last_ms), stream=told.event.stream))
            over = rest.over.get((told.event.stream, told.wire["iv"]))
            if any(each.attempt == told.attempt and each.wire["ph"] in END_PHASES for each in rest.records):
                self.put_missing(each for each in rest.records if each.attempt == told.attempt)
                return True
        if over is None and now_ms < last_ms:
            return False
        self._abandon(told, over, last_ms - GRACE_MS)
        return True

    def _abandon(self, told: Told, over: Over | None, deadline_ms: int) -> None:
        if self.deposit.ended(told.wire):
            return
        if not self.log.believes(told):
            self.tally.unbelieved += 1
            return
        cause = over.report.cause if over else Status.KILLED
        self._derive(abandoned(told.wire, cause, ended_ms=over.event.time_ms if over else deadline_ms))

    def _end_silent(self, start: Start, event: LogEvent, now_ms: int) -> int | None:
        """Look on where a call that wrote nothing yet goes; when it began, if it may still be running."""
        last_ms = event.time_ms + LONGEST_CALL_MS + GRACE_MS
        rest = read_window(self.log.events(event.time_ms, min(now_ms, last_ms), stream=event.stream))
        if over := rest.over.get((event.stream, start.request)):
            self._end_unreached(over)
        return event.time_ms if over is None and now_ms < last_ms else None

    def _end_unreached(self, over: Over) -> None:
        """End a call whose environment failed before it could write anything."""
        start, began = over.start, over.start_event
        if self.model is None or start is None or began is None or over.told or over.report.status == "success":
            return
        call: Wire = {
            "iv": start.request,
            "t0": stamp(began.time_ms),
            "m": self.model,
            "mv": self.version_of(self.log.function, start.version),
            "fn": self.log.function,
            "fv": start.version,
        }
        self._derive(unreached(call, over.report.cause, ended_ms=over.event.time_ms))

    def _derive(self, wire: Wire) -> None:
        self.tally.abandoned += self.deposit.put(wire) is Outcome.NEW

    def _count(self, outcome: Outcome) -> None:
        self.tally.put += outcome is Outcome.NEW
        self.tally.collisions += outcome is Outcome.COLLISION


_CHAINED = frozenset({Phase.STARTED, Phase.COMPLETED, Phase.ERROR, Phase.REJECTED})
