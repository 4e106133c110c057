"""Answers that are too large for the API: kept in the app's bucket, and their callers led there."""

from __future__ import annotations

from mlfn.errors import DataError
from mlfn.runtime import answers
from mlfn.runtime.refusal import VALUE, Refusal
from mlfn.sha256 import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn.runtime.blob_home import BlobHome

_JSON = "application/json"


def answered(body: bytes, home: Callable[[], BlobHome], record: str | None, headers: dict[str, str]) -> bytes:
    """The gateway's response with a JSON text: as it is, or 303 to where it can be had for a while.

    Raises:
        Refusal: it is too large, and S3 does not take it.
    """
    payload = answers.http_answer(200, body.decode(), _JSON, record, headers)
    if len(payload) <= answers.LARGEST:
        return payload
    digest = sha256(body).hex()
    try:
        place = home()
        url = place.url(place.place(place.put(body, _JSON, digest))[1])
    except DataError as error:
        raise Refusal(
            VALUE, f"An answer that is too large for the API could not be kept: {error}", status=503
        ) from error
    led = {**headers, "location": url, "cache-control": "no-store", answers.DIGEST_HEADER: digest}
    return answers.http_answer(303, "", "text/plain", record, led)
