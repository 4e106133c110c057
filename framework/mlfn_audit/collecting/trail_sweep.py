"""Direct calls that Lambda refused, from CloudTrail's data events: the one place that tells of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mlfn.audit.record import Assurance
from mlfn_audit.collecting.access_log import MINUTE_MS, one_of, refused
from mlfn_audit.collecting.deposit import Outcome
from mlfn_audit.trail_folder import TrailFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mlfn.audit.codec import Wire
    from mlfn_audit.collecting.deposit import Deposit
    from mlfn_audit.collecting.sweeping import Progress
    from mlfn_audit.trail_folder import Event, ObjectStore

LATE_MS = 3_600_000
"""How long after a call CloudTrail may deliver its event."""
_TIME = re.compile(r"_(\d{8}T\d{4}Z)_[^/]*\.json\.gz$")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailFiles:
    """A trail's files in its bucket, by the minute of their delivery."""

    client: ObjectStore
    bucket: str
    folder: str
    """`AWSLogs/<account>/CloudTrail/<region>`, behind the trail's own prefix."""

    def events(self, since_ms: int, until_ms: int) -> Iterator[Event]:
        """The events in files that were delivered in this time."""
        files = TrailFolder(client=self.client, bucket=self.bucket, folder=self.folder)
        since, until = _moment(since_ms), _moment(until_ms)
        for number in range((until.date() - since.date()).days + 1):
            for key in files.keys(since.date() + timedelta(days=number)):
                named = _TIME.search(key)
                if named and since <= datetime.strptime(named[1], "%Y%m%dT%H%M%z") <= until:
                    yield from files.events(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailSweep:
    """Derives records from whole hours that nothing more is delivered about."""

    files: TrailFiles
    models: Mapping[str, str]
    """Function → model."""
    deposit: Deposit
    progress: Progress
    clock_ms: Callable[[], int]
    may_go_on: Callable[[], bool]

    def run(self) -> int:
        """Read on from the last time, the hour before the last one at first; how many records are new."""
        now_ms, made = self.clock_ms(), 0
        latest = self.progress.latest()
        since_ms = (now_ms // LATE_MS - 2) * LATE_MS if latest is None else latest
        while since_ms + 2 * LATE_MS <= now_ms and self.may_go_on():
            events = self.files.events(since_ms, since_ms + 2 * LATE_MS)
            wires = refused_invokes(events, self.models, since_ms, since_ms + LATE_MS)
            made += sum(self.deposit.put(wire) is Outcome.NEW for wire in wires)
            since_ms += LATE_MS
            self.progress.reached(since_ms, now_ms=now_ms)
        return made


def refused_invokes(events: Iterable[Event], models: Mapping[str, str], since_ms: int, until_ms: int) -> list[Wire]:
    """Direct calls of this time that were refused: one `rejected` record for each minute, model and error."""
    groups: dict[tuple[int, str, str], list[Event]] = {}
    for event in events:
        model = models.get(_function(event)) if _is_refused(event) else None
        if model is None:
            continue
        began = datetime.strptime(event["eventTime"], "%Y-%m-%dT%H:%M:%S%z")
        minute = int(began.timestamp() * 1000) // MINUTE_MS * MINUTE_MS
        if since_ms <= minute < until_ms:
            groups.setdefault((minute, model, str(event["errorCode"])), []).append(event)
    return [_record(key, group) for key, group in sorted(groups.items())]


def _record(key: tuple[int, str, str], group: list[Event]) -> Wire:
    minute, model, code = key
    callers = {str((event.get("userIdentity") or {}).get("arn", "")) for event in group}
    addresses = {str(event.get("sourceIPAddress", "")) for event in group}
    who = one_of(callers if "" not in callers else set(), addresses - {""})
    facts = {"iv": f"trail:{minute // MINUTE_MS}:{code}:{model}", "m": model, "pt": "direct"}
    assurance = {"cl": int(Assurance.CONFIRMED)} if "ca" in who else {}
    return refused(minute, facts | who | assurance, f"{code} x{len(group)}")


def _is_refused(event: Event) -> bool:
    named = event.get("eventSource") == "lambda.amazonaws.com" and str(event.get("eventName")).startswith("Invoke")
    return named and "errorCode" in event and "eventTime" in event


def _function(event: Event) -> str:
    """The name of the function that an event is about."""
    resources = event.get("resources") or [{}]
    asked = (event.get("requestParameters") or {}).get("functionName", "")
    parts = str(resources[0].get("ARN") or asked).split(":")
    return parts[6] if len(parts) > 6 else parts[0]


def _moment(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000, UTC)
