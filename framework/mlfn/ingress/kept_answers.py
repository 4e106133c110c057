"""Answers of pipelines: as they are, or where they can be had."""

from __future__ import annotations

from mlfn.runtime import answers
from mlfn.runtime.kept_answers import led

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn.runtime.blob_home import BlobHome


def answered(body: bytes, home: Callable[[], BlobHome], record: str | None, headers: dict[str, str]) -> bytes:
    """The gateway's response with a JSON text: as it is, or 303 to where it can be had for a while.

    Raises:
        Refusal: it is too large, and S3 does not take it.
    """
    payload = answers.http_answer(200, body.decode(), "application/json", record, headers)
    return payload if len(payload) <= answers.LARGEST else led(body, home(), record, headers)
