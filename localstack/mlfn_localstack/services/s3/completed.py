"""What was answered to the uploads that were completed last.

Who completes an upload once more, because the answer was lost, gets it again: S3 tells of a completed upload as of one
that it does not know only some time later.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlfn_localstack.service import Params, Result

_KEPT = 1_000


@dataclass(frozen=True)
class _Completed:
    place: tuple[str, str]
    parts: list[tuple[int, str]]
    answer: Result


class CompletedUploads:
    """The answers by the ids of the uploads."""

    def __init__(self) -> None:
        self._by_id: OrderedDict[str, _Completed] = OrderedDict()

    def keep(self, params: Params, answer: Result) -> None:
        """Remember an answer, and forget the oldest one of too many."""
        self._by_id[params["UploadId"]] = _Completed(_place(params), _parts(params), answer)
        if len(self._by_id) > _KEPT:
            self._by_id.popitem(last=False)

    def answer(self, params: Params) -> Result | None:
        """The answer to the same request, if it was given."""
        found = self._by_id.get(params["UploadId"])
        if found is None or (found.place, found.parts) != (_place(params), _parts(params)):
            return None
        return found.answer


def _place(params: Params) -> tuple[str, str]:
    return params["Bucket"], params["Key"]


def _parts(params: Params) -> list[tuple[int, str]]:
    wanted: list[dict[str, Any]] = params.get("MultipartUpload", {}).get("Parts", [])
    return [(part.get("PartNumber", 0), part.get("ETag", "").strip('"')) for part in wanted]
