"""Requests that functions answer without a record, counted from the API's access log: asking is no call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from mlfn_audit.collecting.access_log import access_lines, asked_function
from mlfn_audit.collecting.sweeping import OVERLAP_MS

if TYPE_CHECKING:
    from mlfn_audit.collecting.group_log import GroupLog

_PATTERN = '?"GET /" ?"/blobs" ?"/approvals"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """What was asked of an app's functions; each part of the log is read once for all of them."""

    log: GroupLog
    _read: dict[tuple[int, int], list[tuple[int, str]]] = field(default_factory=dict)

    def count(self, function_key: str, since_ms: int, until_ms: int) -> int:
        """How many such requests a function got in this time, by its name inside the app."""
        part = since_ms, until_ms
        if part not in self._read:
            self._read[part] = self._asks(since_ms, until_ms)
        return sum(key == function_key and since_ms <= time_ms < until_ms for time_ms, key in self._read[part])

    def _asks(self, since_ms: int, until_ms: int) -> list[tuple[int, str]]:
        # A line is written when its request is over, which is later than the time it tells.
        written = self.log.events(since_ms, until_ms + OVERLAP_MS, pattern=_PATTERN)
        try:
            lines = list(access_lines(event.message for event in written))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return []  # the app has no API
        return [(int(line["requestTimeEpoch"]), key) for line in lines if (key := asked_function(line)) is not None]
