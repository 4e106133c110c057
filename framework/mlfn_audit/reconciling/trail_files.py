"""CloudTrail's log files, in a directory or in the trail's bucket."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from mlfn.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mlfn_audit.question import Period

LATE = timedelta(hours=1)
"""How long after a call its event may lie in a file."""
_GZIP = b"\x1f\x8b"
Event = dict[str, Any]


class ObjectStore(Protocol):
    """What is needed of boto3's S3 client."""

    def list_objects_v2(self, **request: Any) -> Mapping[str, Any]:
        """`ListObjectsV2`."""

    def get_object(self, **request: Any) -> Mapping[str, Any]:
        """`GetObject`."""


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
        day, last = period.since.date(), (period.until + LATE).date()
        while day <= last:
            folder = f"{self.prefix}AWSLogs/{self.account}/CloudTrail/{self.region}/{day:%Y/%m/%d}/"
            for key in self._keys(folder):
                body = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
                yield from parsed(body, f"s3://{self.bucket}/{key}")
            day += timedelta(days=1)

    def _keys(self, folder: str) -> Iterator[str]:
        request = {"Bucket": self.bucket, "Prefix": folder}
        while True:
            page = self.client.list_objects_v2(**request)
            yield from (each["Key"] for each in page.get("Contents", ()))
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]


def file_events(path: Path) -> Iterator[Event]:
    """The events in a file, or in all `.json` and `.json.gz` files below a directory."""
    files = sorted(path.rglob("*.json*")) if path.is_dir() else [path]
    for file in files:
        yield from parsed(file.read_bytes(), str(file))


def parsed(body: bytes, name: str) -> Iterator[Event]:
    """The events of one file.

    Raises:
        AuditError: it is none of CloudTrail's.
    """
    try:
        text = gzip.decompress(body) if body.startswith(_GZIP) else body
        events = json.loads(text)["Records"]
        if not isinstance(events, list):
            raise TypeError("Records is no list")
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise AuditError(
            f"{name} is no log file of CloudTrail: {error}.", hint="Name a trail's files alone."
        ) from error
    yield from (event for event in events if isinstance(event, dict))
