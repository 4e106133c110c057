"""An object's content on its way in: stored by digest, with the sums that clients announce checked.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import zlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from mlfn_localstack.blobs import sha256_of
from mlfn_localstack.http import SpooledBody
from mlfn_localstack.services.s3.crc import SLOW
from mlfn_localstack.services.s3.errors import bad_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mlfn_localstack.blobs import Blobs
    from mlfn_localstack.service import Params

_PIECE = 1 << 20
CHECKSUMS = ("ChecksumCRC32", "ChecksumCRC32C", "ChecksumCRC64NVME", "ChecksumSHA1", "ChecksumSHA256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Stored content."""

    sha256: str
    md5: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    md5: str
    announced: dict[str, bytes]
    """Of the checksums, those that the client has sent, by the member that announces them."""


class _Sum(Protocol):
    def update(self, data: bytes, /) -> object:
        """Take more bytes."""

    def digest(self) -> bytes:
        """The checksum of everything so far."""


class _Crc32:
    def __init__(self) -> None:
        self._crc = 0

    def update(self, data: bytes, /) -> None:
        self._crc = zlib.crc32(data, self._crc)

    def digest(self) -> bytes:
        return self._crc.to_bytes(4, "big")


_SUMS: dict[str, Callable[[], _Sum]] = {
    "ChecksumCRC32": _Crc32,
    "ChecksumSHA1": partial(hashlib.sha1, usedforsecurity=False),
    **SLOW,
}


async def store_content(blobs: Blobs, body: bytes | SpooledBody, params: Params) -> Content:
    """The content, stored.

    Raises:
        ServiceError: BadDigest: it is not what `params` announce.
    """
    if isinstance(body, SpooledBody):
        sha256 = body.sha256
        if sha256 is None:
            sha256 = await asyncio.to_thread(sha256_of, body.path)
        sums = await asyncio.to_thread(_sums, _pieces(body.path), params)
        _check(sums, sha256, params)
        blobs.adopt(body.path, sha256)
        return Content(sha256=sha256, md5=sums.md5, size=body.size)
    if len(body) > _PIECE and not params.keys().isdisjoint(SLOW):
        sums = await asyncio.to_thread(_sums, iter((body,)), params)
    else:
        sums = _sums(iter((body,)), params)
    _check(sums, hashlib.sha256(body).hexdigest(), params)
    return Content(sha256=blobs.put(body), md5=sums.md5, size=len(body))


def announced(params: Params) -> dict[str, str]:
    """The checksums a client sent, to be kept with the object."""
    return {name: params[name] for name in CHECKSUMS if name in params}


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _sums(pieces: Iterator[bytes], params: Params) -> _Sums:
    md5 = hashlib.md5(usedforsecurity=False)
    announced = {name: make() for name, make in _SUMS.items() if name in params}
    for piece in pieces:
        md5.update(piece)
        for each in announced.values():
            each.update(piece)
    return _Sums(md5=md5.hexdigest(), announced={name: each.digest() for name, each in announced.items()})


def _check(sums: _Sums, sha256: str, params: Params) -> None:
    actual = {
        "ContentMD5": bytes.fromhex(sums.md5),
        "ChecksumSHA256": bytes.fromhex(sha256),
        **sums.announced,
    }
    for name, digest in actual.items():
        if name in params and params[name] != base64.b64encode(digest).decode():
            raise bad_digest(name.removeprefix("Checksum").removeprefix("Content"))
