"""What a function's answer says of a batch: with ReportBatchItemFailures, from which record on it failed.

https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def first_failed(payload: bytes, sequences: Sequence[str]) -> int | None:
    """The position of the first record that failed; None if all went well. An unreadable answer fails all of them."""
    try:
        answer: Any = json.loads(payload)
    except ValueError:
        return 0
    if answer is None or answer in ({}, ""):
        return None
    if not isinstance(answer, dict) or not isinstance(answer.get("batchItemFailures", []), (list, type(None))):
        return 0
    failures = answer.get("batchItemFailures") or []
    positions = [_position(failure, sequences) for failure in failures]
    return min(positions, default=None)


def _position(failure: Any, sequences: Sequence[str]) -> int:
    """A record that is not in the batch fails the whole batch."""
    identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
    return sequences.index(identifier) if identifier in sequences else 0
