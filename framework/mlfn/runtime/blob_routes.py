"""What callers ask of a model or pipeline besides calling it: where to put a blob's content, and where to get it.

`POST …/blobs` with content type, size and digest gives a URL that takes this content and no other, and the blob to
call with; `GET …/blobs/<digest>.<name>` leads to content. Neither is a call, and neither leaves a record.
"""

from __future__ import annotations

from mlfn.errors import DataError
from mlfn.jsontext import decode, encode
from mlfn.runtime import answers
from mlfn.runtime.allowing import is_allowed
from mlfn.runtime.blob_home import UPLOAD_S, is_digest
from mlfn.runtime.refusal import ACCESS, CONTRACT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mlfn.runtime.blob_home import BlobHome
    from mlfn.runtime.calls import Call
    from mlfn.runtime.manifest import Manifest

LARGEST = 5 * 1024**3
"""Bytes of one upload (https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html)."""
_UPLOAD_SEGMENTS = 3


def segments_of(call: Call) -> list[str]:
    """The parts of the path that an API event is for."""
    path = call.event.get("rawPath")
    return [part for part in path.split("/") if part] if isinstance(path, str) else []


def answer(call: Call, home: BlobHome, manifest: Manifest) -> bytes:
    """The gateway's response to such a request."""
    if call.refusal is not None:
        return answers.problem(call.refusal.status, call.refusal.error_type, call.refusal.message, None)
    if not is_allowed(call.caller, manifest):
        return answers.problem(403, ACCESS, f"This caller may not call {manifest.name}.", None)
    segments = segments_of(call)
    if len(segments) == _UPLOAD_SEGMENTS:
        return _upload(call.body, home)
    try:
        return _download(segments[-1], home)
    except DataError as error:
        return answers.problem(502, "S3Error", error.message, None)


def _upload(body: bytes, home: BlobHome) -> bytes:
    try:
        told = decode(body.decode())
    except (ValueError, RecursionError):
        told = None
    if not _is_description(told):
        message = "A blob to upload is described by content_type, size (at most 5 GB) and digest (SHA-256 in hex)."
        return answers.problem(400, CONTRACT, message, None)
    name, url, headers = home.upload(told["content_type"], told["size"], told["digest"])
    upload = {"method": "PUT", "url": url, "headers": headers, "expires_s": UPLOAD_S}
    blob = {key: told[key] for key in ("content_type", "size", "digest")}
    return answers.http_answer(200, encode({"blob": {**blob, "at": name}, "upload": upload}), "application/json", None)


def _is_description(told: Any) -> bool:
    return (
        isinstance(told, dict)
        and isinstance(told.get("content_type"), str)
        and type(told.get("size")) is int
        and 0 < told["size"] <= LARGEST
        and is_digest(told.get("digest"))
    )


def _download(reference: str, home: BlobHome) -> bytes:
    digest, _, name = reference.partition(".")
    url = home.download(name, digest) if name and is_digest(digest) else None
    if url is None:
        return answers.problem(404, "NotFound", "There is no such blob.", None)
    return answers.http_answer(302, "", "text/plain", None, {"location": url, "cache-control": "no-store"})
