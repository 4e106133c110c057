"""What a function's answer says of a batch: with ReportBatchItemFailures, which of its records failed.

https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def failed(payload: bytes, identifiers: Sequence[str]) -> frozenset[int]:
    """The positions of the records that failed. An answer that cannot be read, or names others, fails all of them."""
    everything = frozenset(range(len(identifiers)))
    try:
        answer: Any = json.loads(payload)
    except (ValueError, RecursionError):
        return everything
    if answer is None or answer in ({}, ""):
        return frozenset()
    if not isinstance(answer, dict) or not isinstance(answer.get("batchItemFailures", []), (list, type(None))):
        return everything
    places = {identifier: place for place, identifier in enumerate(identifiers)}
    named = {places.get(_identifier(failure)) for failure in answer.get("batchItemFailures") or []}
    return everything if None in named else frozenset(place for place in named if place is not None)


def _identifier(failure: Any) -> str:
    identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
    return identifier if isinstance(identifier, str) else ""


def first_failed(payload: bytes, sequences: Sequence[str]) -> int | None:
    """The position of the first record that failed; None if all went well."""
    return min(failed(payload, sequences), default=None)
