"""An API's access log read minute by minute, for what our code never saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_audit.collecting.access_log import MINUTE_MS, access_lines, dispatches, refusals
from mlfn_audit.collecting.deposit import Outcome
from mlfn_audit.collecting.sweeping import OVERLAP_MS, PART_MS

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_audit.collecting.deposit import Deposit
    from mlfn_audit.collecting.group_log import GroupLog
    from mlfn_audit.collecting.sweeping import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySweep:
    """Derives records from whole minutes that nothing more is written about."""

    app: str
    log: GroupLog
    deposit: Deposit
    progress: Progress
    clock_ms: Callable[[], int]
    may_go_on: Callable[[], bool]

    def run(self) -> int:
        """Read on from the last time; how many records are new."""
        last_ms = (self.clock_ms() - OVERLAP_MS) // MINUTE_MS * MINUTE_MS
        since_ms = self.progress.latest()
        if since_ms is None:
            began_ms = self.log.began_ms()
            if began_ms is None:
                return 0
            since_ms = began_ms // MINUTE_MS * MINUTE_MS
        made = 0
        while since_ms < last_ms and self.may_go_on():
            until_ms = min(since_ms + PART_MS, last_ms)
            made += self._derive(since_ms, until_ms)
            self.progress.reached(until_ms, now_ms=self.clock_ms())
            since_ms = until_ms
        return made

    def _derive(self, since_ms: int, until_ms: int) -> int:
        # A line is written when its request is over, which is later than the time it tells.
        written = self.log.events(since_ms, until_ms + OVERLAP_MS, pattern="")
        lines = [
            line
            for line in access_lines(event.message for event in written)
            if since_ms <= int(line["requestTimeEpoch"]) < until_ms
        ]
        records = [*refusals(lines, self.app), *dispatches(lines, self.app)]
        return sum(self.deposit.put(wire) is Outcome.NEW for wire in records)
