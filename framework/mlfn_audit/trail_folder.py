"""Where CloudTrail puts its log files for one account and region: a folder for each day in the trail's bucket."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from mlfn.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

_GZIP = b"\x1f\x8b"
Event = dict[str, Any]


class ObjectStore(Protocol):
    """What is needed of boto3's S3 client."""

    def list_objects_v2(self, **request: Any) -> Mapping[str, Any]:
        """`ListObjectsV2`."""

    def get_object(self, **request: Any) -> Mapping[str, Any]:
        """`GetObject`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailFolder:
    """The files of one account and region."""

    client: ObjectStore
    bucket: str
    folder: str
    """`AWSLogs/<account>/CloudTrail/<region>`, behind the trail's own prefix."""

    def keys(self, day: date) -> Iterator[str]:
        """The files that were delivered on a day."""
        request: dict[str, Any] = {"Bucket": self.bucket, "Prefix": f"{self.folder}/{day:%Y/%m/%d}/"}
        while True:
            page = self.client.list_objects_v2(**request)
            yield from (each["Key"] for each in page.get("Contents", ()))
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    def events(self, key: str) -> Iterator[Event]:
        """The events in one of the files."""
        body: bytes = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        yield from parsed(body, f"s3://{self.bucket}/{key}")


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
