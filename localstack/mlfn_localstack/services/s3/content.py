"""An object's content on its way in: stored by digest, with the sums that clients announce checked.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_localstack.http import SpooledBody
from mlfn_localstack.services.s3.crc import SLOW
from mlfn_localstack.services.s3.errors import bad_digest

if TYPE_CHECKING:
    from collections.abc import Iterator
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
    sha1: bytes
    crc32: bytes
    others: dict[str, bytes]
    """Checksums that are worth computing only where they were announced."""


async def store_content(blobs: Blobs, body: bytes | SpooledBody, params: Params) -> Content:
    """The content, stored.

    Raises:
        ServiceError: BadDigest: it is not what `params` announce.
    """
    if isinstance(body, SpooledBody):
        sums = await asyncio.to_thread(_sums, _pieces(body.path), params)
        _check(sums, body.sha256, params)
        blobs.adopt(body.path, body.sha256)
        return Content(sha256=body.sha256, md5=sums.md5, size=body.size)
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
    md5, sha1, crc32 = hashlib.md5(usedforsecurity=False), hashlib.sha1(usedforsecurity=False), 0
    others = {name: SLOW[name]() for name in SLOW if name in params}
    for piece in pieces:
        md5.update(piece)
        sha1.update(piece)
        crc32 = zlib.crc32(piece, crc32)
        for other in others.values():
            other.update(piece)
    return _Sums(
        md5=md5.hexdigest(),
        sha1=sha1.digest(),
        crc32=crc32.to_bytes(4, "big"),
        others={name: other.digest() for name, other in others.items()},
    )


def _check(sums: _Sums, sha256: str, params: Params) -> None:
    actual = {
        "ContentMD5": bytes.fromhex(sums.md5),
        "ChecksumCRC32": sums.crc32,
        "ChecksumSHA1": sums.sha1,
        "ChecksumSHA256": bytes.fromhex(sha256),
        **sums.others,
    }
    for name, digest in actual.items():
        if name in params and params[name] != base64.b64encode(digest).decode():
            raise bad_digest(name.removeprefix("Checksum").removeprefix("Content"))
