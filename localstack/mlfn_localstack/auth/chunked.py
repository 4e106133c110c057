"""Bodies that S3 clients send in signed or checksummed chunks (`aws-chunked`), decoded and verified.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import tempfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mlfn_localstack.auth.refusals import Refusal, refuse
from mlfn_localstack.auth.sigv4 import STREAMING
from mlfn_localstack.http import SpooledBody
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.auth.sigv4 import Verified
    from mlfn_localstack.http import HttpRequest

_UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
_SIGNED = ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
_HEADER = re.compile(rb"([0-9a-fA-F]{1,15})(?:;chunk-signature=([0-9a-f]{64}))?\r\n")
_EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
_MAX_CHUNK = 1 << 26
_MAX_LINE = 1024
_MAX_TRAILERS = 8


def decode_chunks(request: HttpRequest, verified: Verified) -> HttpRequest:
    """The request with its real body, and its trailers as headers; as it is if it was not sent in chunks.

    Raises:
        ServiceError: a chunk's signature does not hold, or the framing is broken.
    """
    if not verified.payload_hash.startswith(STREAMING):
        return request
    if verified.payload_hash not in (*_SIGNED, _UNSIGNED_TRAILER):
        raise ServiceError("NotImplemented", f"{verified.payload_hash} is not supported.", status=501)
    decoder = _Decoder(verified, announced_length=request.header("x-amz-decoded-content-length"))
    if request.spooled is None:
        target = BytesIO()
        trailers = decoder.decode(BytesIO(request.body), target)
        return replace(request, body=target.getvalue(), headers=(*_content_headers(request), *trailers))
    return _decode_file(request, decoder)


def _decode_file(request: HttpRequest, decoder: _Decoder) -> HttpRequest:
    spooled = request.spooled
    if spooled is None:
        return request
    descriptor, name = tempfile.mkstemp(dir=spooled.path.parent, prefix="decoded-")
    decoded = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as target, spooled.path.open("rb") as source:
            trailers = decoder.decode(source, target)
            size = target.tell()
        decoded.replace(spooled.path)  # the connection removes this one when the request is done
    except BaseException:
        decoded.unlink(missing_ok=True)
        raise
    body = SpooledBody(path=spooled.path, size=size, sha256=decoder.sha256.hexdigest())
    return replace(request, spooled=body, headers=(*_content_headers(request), *trailers))


def _content_headers(request: HttpRequest) -> list[tuple[str, str]]:
    """The headers without `aws-chunked`, which is how the content was sent and not how it is encoded."""
    headers = [
        (name, _without_chunked(value) if name == "content-encoding" else value) for name, value in request.headers
    ]
    return [(name, value) for name, value in headers if name != "content-encoding" or value]


def _without_chunked(encoding: str) -> str:
    return ",".join(part for part in encoding.split(",") if part.strip().lower() != "aws-chunked").strip()


class _Decoder:
    """Reads chunks one by one, each signature over the one before."""

    def __init__(self, verified: Verified, announced_length: str | None) -> None:
        self._signed = verified.payload_hash in _SIGNED
        self._has_trailer = verified.payload_hash.endswith("-TRAILER")
        self._verified = verified
        self._previous = verified.claim.signature
        self._announced = announced_length
        self.sha256 = hashlib.sha256()

    def decode(self, source: IO[bytes], target: IO[bytes]) -> tuple[tuple[str, str], ...]:
        """Copy the content; the trailers."""
        size = 0
        while chunk := self._chunk(source):
            target.write(chunk)
            self.sha256.update(chunk)
            size += len(chunk)
        if self._announced is None or self._announced != str(size):
            raise _incomplete()
        return self._trailers(source) if self._has_trailer else ()

    def _chunk(self, source: IO[bytes]) -> bytes:
        match = _HEADER.fullmatch(source.readline(_MAX_LINE))
        if match is None or (size := int(match[1], 16)) > _MAX_CHUNK:
            raise _incomplete()
        data = source.read(size)
        if len(data) != size or ((size or not self._has_trailer) and source.readline(_MAX_LINE) != b"\r\n"):
            raise _incomplete()
        if self._signed:
            self._check(match[2], "AWS4-HMAC-SHA256-PAYLOAD", f"{_EMPTY_SHA256}\n{hashlib.sha256(data).hexdigest()}")
        return data

    def _trailers(self, source: IO[bytes]) -> tuple[tuple[str, str], ...]:
        trailers: list[tuple[str, str]] = []
        signature = None
        for _ in range(_MAX_TRAILERS):
            line = source.readline(_MAX_LINE).strip()
            if not line:
                break
            name, _, value = line.decode("latin-1").partition(":")
            if name.lower() == "x-amz-trailer-signature":
                signature = value.strip().encode("latin-1")
            elif name.lower().startswith("x-amz-checksum-"):
                trailers.append((name.lower(), value.strip()))
        if self._signed:
            text = "".join(f"{name}:{value}\n" for name, value in trailers)
            self._check(signature, "AWS4-HMAC-SHA256-TRAILER", hashlib.sha256(text.encode("latin-1")).hexdigest())
        return tuple(trailers)

    def _check(self, signature: bytes | None, algorithm: str, digest: str) -> None:
        claim = self._verified.claim
        text = f"{algorithm}\n{claim.timestamp}\n{claim.scope}\n{self._previous}\n{digest}"
        expected = self._verified.signing_key.sign(text.encode())
        if signature is None or not hmac.compare_digest(expected.encode(), signature):
            raise refuse("s3", Refusal.MISMATCH)
        self._previous = expected


def _incomplete() -> ServiceError:
    message = "The request body terminated unexpectedly"
    return ServiceError("IncompleteBody", message)
