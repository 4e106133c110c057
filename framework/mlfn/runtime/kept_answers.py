"""Answers larger than a call's: kept in the stage's bucket, and their callers led there."""

from __future__ import annotations

from mlfn.errors import DataError
from mlfn.jsontext import encode
from mlfn.runtime import answers
from mlfn.runtime.calls import API, KEPT, LIVE
from mlfn.runtime.refusal import TOO_LARGE, VALUE, Refusal
from mlfn.sha256 import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn.runtime.blob_home import BlobHome
    from mlfn.runtime.calls import Call

_JSON = "application/json"
_NEXT_STEP = "Call it through its API, with mlfn.Client or with mlfn invoke: they lead to where it is kept."


def led(body: bytes, home: BlobHome, record: str | None, headers: dict[str, str]) -> bytes:
    """The gateway's response that leads to an answer: 303, good for a while.

    Raises:
        Refusal: S3 does not take it.
    """
    url, digest = _kept(body, home)
    told = {**headers, "location": url, "cache-control": "no-store", answers.DIGEST_HEADER: digest}
    return answers.http_answer(303, "", "text/plain", record, told)


def model_answer(call: Call, body: bytes, home: Callable[[], BlobHome | None], record: str) -> bytes:
    """What the caller of a model gets in the place of an answer that is too large.

    Raises:
        Refusal: nobody could follow, or S3 does not take it.
    """
    place = home() if call.ingress == API or (call.ingress == LIVE and call.takes_kept) else None
    if place is None:
        said = f"Response payload size exceeded maximum allowed payload size ({answers.LARGEST} bytes)."
        raise Refusal(TOO_LARGE, f"{said} {_NEXT_STEP}" if call.ingress == LIVE else said, status=500)
    if call.ingress == API:
        return led(body, place, record, {})
    url, digest = _kept(body, place)
    return encode({KEPT: {"url": url, "digest": digest, "size": len(body)}}).encode()


def _kept(body: bytes, home: BlobHome) -> tuple[str, str]:
    """Where a JSON text is for a while, and its digest in hexadecimal digits."""
    digest = sha256(body).hex()
    try:
        return home.url(home.place(home.put(body, _JSON, digest))[1]), digest
    except DataError as error:
        raise Refusal(
            VALUE, f"An answer that is too large for a call could not be kept: {error}", status=503
        ) from error
