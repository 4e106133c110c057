"""Lines in as few calls of PutLogEvents as its limits allow, for those services that write logs.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections import deque

MAX_BATCH_EVENTS = 10_000
MAX_BATCH_BYTES = 1_000_000
MAX_SPAN_MS = 86_400_000
OVERHEAD_BYTES = 26


def next_batch(events: deque[tuple[int, str]]) -> list[dict[str, int | str]]:
    """Take as many events (time in milliseconds and text, in order) as one call may have."""
    batch: list[dict[str, int | str]] = []
    size, until = 0, events[0][0] + MAX_SPAN_MS if events else 0
    while events and len(batch) < MAX_BATCH_EVENTS:
        timestamp, message = events[0]
        size += len(message.encode()) + OVERHEAD_BYTES
        if batch and (size > MAX_BATCH_BYTES or timestamp > until):
            break
        events.popleft()
        batch.append({"timestamp": timestamp, "message": message})
    return batch
