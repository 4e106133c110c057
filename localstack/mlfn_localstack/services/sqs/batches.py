"""Batches: checked as a whole, worked off entry by entry, each with an answer of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlfn_localstack.service import Params, Result

MAX_ENTRIES = 10
WORDS = {
    "EmptyBatchRequest": "There should be at least one entry in the request.",
    "TooManyEntriesInBatchRequest": "Maximum number of entries per request are {most}. You have sent {count}.",
    "InvalidBatchEntryId": (
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
        "It can be at most 80 letters long."
    ),
    "BatchEntryIdsNotDistinct": "Id {id} repeated.",
}
"""SQS's."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")


def check_entries(entries: Sequence[Params], words: Mapping[str, str] = WORDS) -> None:
    """Refuse what is no batch, in these words.

    Raises:
        ServiceError: EmptyBatchRequest, TooManyEntriesInBatchRequest, InvalidBatchEntryId, BatchEntryIdsNotDistinct.
    """
    if not entries:
        raise _refusal("EmptyBatchRequest", words)
    if len(entries) > MAX_ENTRIES:
        raise _refusal("TooManyEntriesInBatchRequest", words, most=MAX_ENTRIES, count=len(entries))
    seen: set[str] = set()
    for entry in entries:
        if _ID.fullmatch(entry["Id"]) is None:
            raise _refusal("InvalidBatchEntryId", words)
        if entry["Id"] in seen:
            raise _refusal("BatchEntryIdsNotDistinct", words, id=entry["Id"])
        seen.add(entry["Id"])


def _refusal(code: str, words: Mapping[str, str], **shown: object) -> ServiceError:
    return ServiceError(code, words[code].format(**shown))


def each(entries: Sequence[Params], work: Callable[[Params], dict[str, Any]]) -> Result:
    """What came of every entry."""
    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for entry in entries:
        try:
            done.append({"Id": entry["Id"], **work(entry)})
        except ServiceError as error:
            failed.append(
                {
                    "Id": entry["Id"],
                    "SenderFault": error.status < 500,
                    "Code": error.code,
                    "Message": error.message,
                }
            )
    return {name: answers for name, answers in (("Successful", done), ("Failed", failed)) if answers}
