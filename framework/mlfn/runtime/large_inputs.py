"""Inputs that no call has room for: their callers are told where to put them, then call with a reference.

The URL takes the announced content and no other, and what lies there says who was given it. A reference works for
that caller alone, as sure of who it is as it was then, and is held to its SHA-256.
"""

from __future__ import annotations

from os import environ

from mlfn.errors import DataError
from mlfn.jsontext import decode, encode
from mlfn.runtime.blob_home import UPLOAD_S, is_digest
from mlfn.runtime.refusal import ACCESS, CONTRACT, VALUE, Refusal
from mlfn.sha256 import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mlfn.runtime.blob_home import BlobHome
    from mlfn.runtime.calls import Call
    from mlfn.runtime.identity import Caller

TOO_LARGE = "PayloadTooLarge"
_OF_MEMORY = 8
"""What JSON becomes in memory is several times as large as its text."""
_DEFAULT_MB = "512"


def largest_input() -> int:
    """Bytes of the largest input that this function has memory for."""
    return int(environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE") or _DEFAULT_MB) * 1024 * 1024 // _OF_MEMORY


def place_for(call: Call, home: BlobHome | None) -> bytes:
    """Where the caller may put the input that its body announces, as JSON.

    Raises:
        Refusal: nowhere.
    """
    if home is None:
        raise Refusal(TOO_LARGE, "There is no bucket here: an input has room for 6 MB.", status=413)
    if call.caller.type == "anonymous":
        raise Refusal(ACCESS, "Inputs above 6 MB are kept for callers with a name; sign the request.", status=403)
    told = _described(call.body, "size")
    if told["size"] > largest_input():
        raise Refusal(TOO_LARGE, _too_large(told["size"]), status=413)
    name, url, headers = home.upload("application/json", told["size"], told["digest"], _owner(call.caller))
    upload = {"method": "PUT", "url": url, "headers": headers, "expires_s": UPLOAD_S}
    return encode({"input": {"digest": told["digest"], "at": name}, "upload": upload}).encode()


def fetched(call: Call, home: BlobHome | None) -> bytes:
    """The input that a call's body refers to.

    Raises:
        Refusal: it is not there, not this caller's, or not what it was.
    """
    if home is None:
        raise Refusal(CONTRACT, "There is no bucket here that an input could lie in.")
    told = _described(call.body, "at")
    try:
        found = home.about(told["at"])
        if found is None or found[0] != told["digest"]:
            raise Refusal(CONTRACT, "There is no such input (any more): announce and upload it again.")
        if found[1] != _owner(call.caller):
            raise Refusal(ACCESS, "This input was uploaded by somebody else.", status=403)
        body = home.get(told["at"])
    except DataError as error:
        raise Refusal(VALUE, f"The input cannot be had: {error.message}", status=503) from error
    if sha256(body).hex() != told["digest"]:
        raise Refusal(VALUE, "The input is not what was uploaded: its digest differs.", status=502)
    return body


def _owner(caller: Caller) -> str:
    return sha256(f"{caller.assurance}\n{caller.id or ''}".encode("utf-8", "replace")).hex()


def _described(body: bytes, name: str) -> dict[str, Any]:
    """An object of a digest and a size, or of a digest and a name."""
    try:
        told = decode(body.decode())
    except (ValueError, RecursionError):
        told = None
    if isinstance(told, dict) and told.keys() == {"digest", name} and is_digest(told["digest"]):
        value = told[name]
        if isinstance(value, str) if name == "at" else type(value) is int and value > 0:
            return told
    what = "size (bytes)" if name == "size" else "at"
    raise Refusal(CONTRACT, f"An input that lies elsewhere is described by digest (SHA-256 in hex) and {what}.")


def _too_large(size: int) -> str:
    room = f"An input of {size:,} bytes is more than this function has memory for ({largest_input():,} bytes)."
    return f"{room} Declare more: memory_mb=, eight times the largest input."
