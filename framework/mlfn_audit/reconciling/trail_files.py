"""CloudTrail's events for a period: from files in a directory, or from the trail's bucket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from mlfn_audit.trail_folder import TrailFolder, parsed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlfn_audit.question import Period
    from mlfn_audit.trail_folder import Event, ObjectStore

LATE = timedelta(hours=1)
"""How long after a call its event may lie in a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailBucket:
    """Where a trail of one account and region delivers."""

    client: ObjectStore
    bucket: str
    prefix: str
    """In front of `AWSLogs/`; empty or ending in a slash."""
    account: str
    region: str

    def events(self, period: Period) -> Iterator[Event]:
        """The events delivered on the days of a period."""
        folder = f"{self.prefix}AWSLogs/{self.account}/CloudTrail/{self.region}"
        files = TrailFolder(client=self.client, bucket=self.bucket, folder=folder)
        day, last = period.since.date(), (period.until + LATE).date()
        while day <= last:
            for key in files.keys(day):
                yield from files.events(key)
            day += timedelta(days=1)


def file_events(path: Path) -> Iterator[Event]:
    """The events in a file, or in all `.json` and `.json.gz` files below a directory."""
    files = sorted(path.rglob("*.json*")) if path.is_dir() else [path]
    for file in files:
        yield from parsed(file.read_bytes(), str(file))
