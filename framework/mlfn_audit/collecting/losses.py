"""Invocations that Lambda counted against ends of calls that the table has: what is missing is lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from mlfn.audit.keys import hour_of
from mlfn.audit.record import END_PHASES, Phase
from mlfn_audit.collecting.derived import PLATFORM, stamp
from mlfn_audit.directory import partition_items, partitions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlfn_audit.collecting.sweeping import Progress
    from mlfn_audit.directory import Item, TableClient

SETTLED_MS = 20 * 60_000
"""After the longest call and everything that is done about it."""
FIRST_MS = 86_400_000
"""How far back the first count goes."""
STEP_MS = 3_600_000
MINUTE_MS = 60_000
SLACK_MS = 2_000
"""Between Lambda's count and the beginning that a record tells."""


class MetricsClient(Protocol):
    """What counting needs of boto3's CloudWatch client."""

    def get_metric_statistics(self, **request: Any) -> Mapping[str, Any]:
        """`GetMetricStatistics`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What has been counted of a function, from the beginning up to a time."""

    until_ms: int
    invocations: int = 0
    ends: int = 0
    """Of calls, and invocations that were none."""
    told: int = 0
    """Losses that were told before."""

    @property
    def lost(self) -> int:
        """Invocations of which no end is known, and which nobody has told of."""
        return max(0, self.invocations - self.ends - self.told)


@dataclass(frozen=True, slots=True, kw_only=True)
class LossCount:
    """Keeps one function's balance."""

    function: str
    models: tuple[str, ...]
    """Whose calls it records."""
    asks: Callable[[int, int], int]
    """How many of its invocations in a time were no calls, and leave no record."""
    metrics: MetricsClient
    client: TableClient
    table: str
    progress: Progress

    def counted(self, *, now_ms: int, began_ms: int, settled_ms: int = SETTLED_MS) -> Balance:
        """The balance with what has happened since it was kept, an hour at most."""
        entry = self.progress.entry()
        before = _balance(entry) if entry else Balance(until_ms=_minute(max(began_ms, now_ms - FIRST_MS)))
        until_ms = min(_minute(now_ms - settled_ms), before.until_ms + STEP_MS)
        if until_ms <= before.until_ms:
            return before
        return Balance(
            until_ms=until_ms,
            invocations=before.invocations + self._invocations(before.until_ms, until_ms),
            ends=before.ends + self._settled(before.until_ms, until_ms, first=entry is None),
            told=before.told,
        )

    def keep(self, balance: Balance, *, now_ms: int) -> None:
        """Go on from here: its losses have been told."""
        told = balance.told + balance.lost
        self.progress.reached(balance.until_ms, now_ms=now_ms, i=balance.invocations, e=balance.ends, told=told)

    def _invocations(self, since_ms: int, until_ms: int) -> int:
        answer = self.metrics.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName="Invocations",
            Dimensions=[{"Name": "FunctionName", "Value": self.function}],
            StartTime=datetime.fromtimestamp(since_ms / 1000, UTC),
            EndTime=datetime.fromtimestamp(until_ms / 1000, UTC),
            Period=60,
            Statistics=["Sum"],
        )
        return int(sum(point["Sum"] for point in answer["Datapoints"]))

    def _settled(self, since_ms: int, until_ms: int, *, first: bool) -> int:
        """Invocations of this time that nothing is missing of; the first time also of its first moments."""
        since, until = since_ms + (0 if first else SLACK_MS), until_ms + SLACK_MS
        return self._ends(stamp(since), stamp(until)) + self.asks(since, until)

    def _ends(self, since: str, until: str) -> int:
        found = 0
        hours = {"since_hour": hour_of(since), "until_hour": hour_of(until)}
        for part in partitions(self.client, self.table, self.models, **hours):
            for item in partition_items(self.client, self.table, part.key, since=since, fields=("w",)):
                if item["sk"]["S"] >= until:
                    break
                found += _is_end(item)
        return found


def _is_end(item: Item) -> bool:
    """Whether a record ends an invocation; what the gateway refused was none."""
    phase = item["sk"]["S"].rpartition("#")[2]
    return phase in END_PHASES and not (phase == Phase.REJECTED and item["w"]["S"] == PLATFORM)


def _balance(entry: Item) -> Balance:
    return Balance(
        until_ms=int(entry["sk"]["S"]),
        invocations=int(entry["i"]["N"]),
        ends=int(entry["e"]["N"]),
        told=int(entry["told"]["N"]),
    )


def _minute(time_ms: int) -> int:
    return time_ms // MINUTE_MS * MINUTE_MS
