"""An object's content on its way in: stored by digest, with the sums that clients announce checked.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_localstack.blobs import sha256_of
from mlfn_localstack.http import FileSlice, SpooledBody
from mlfn_localstack.services.s3.checksums import UNASKED, algorithm_of, announced, new_sum
from mlfn_localstack.services.s3.crc import SLOW
from mlfn_localstack.services.s3.errors import bad_digest, bad_md5, invalid_md5

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlfn_localstack.blobs import Blobs
    from mlfn_localstack.service import Params

_PIECE_BYTES = 1 << 20
_MAX_UNASKED_BYTES = 64 << 10
"""A few milliseconds' work in Python; longer content has no checksum unless its client announces one."""
_MAX_UNASKED_LATER_BYTES = 16 << 20
"""The same of what is stored already, and summed up beside everything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Stored content."""

    sha256: str
    md5: str
    size: int
    checksum: tuple[str, str] | None = None
    """The member that shows it, and the checksum."""

    @property
    def shown_checksum(self) -> dict[str, str]:
        """The checksum as a member."""
        return dict((self.checksum,)) if self.checksum else {}


async def store_content(
    blobs: Blobs, body: bytes | SpooledBody, params: Params, *, default: str | None = UNASKED
) -> Content:
    """The content, stored, with the checksum that `params` announce, or the default one.

    Raises:
        ServiceError: InvalidRequest, InvalidDigest or BadDigest: it is not what `params` announce.
    """
    size = body.size if isinstance(body, SpooledBody) else len(body)
    name = announced(params) or _affordable(default, size)
    if isinstance(body, SpooledBody):
        sha256 = body.sha256
        if sha256 is None:
            sha256 = await asyncio.to_thread(sha256_of, body.path)
        md5, found = await asyncio.to_thread(_sums, _pieces(body.path, size), name)
    elif size > _PIECE_BYTES and name in SLOW:
        md5, found = await asyncio.to_thread(_sums, iter((body,)), name)
    else:
        md5, found = _sums(iter((body,)), name)
    _check(params, md5, name, found)
    if isinstance(body, SpooledBody):
        blobs.adopt(body.path, sha256 or "")
    else:
        sha256 = blobs.put(body)
    checksum = (name, found) if name else None
    return Content(sha256=sha256 or "", md5=md5, size=size, checksum=checksum)


async def copy_content(blobs: Blobs, part: FileSlice, *, default: str | None) -> Content:
    """A part of stored content, stored on its own, with the checksum of the default kind."""
    name = _affordable(default, part.length)
    sha256, _ = await asyncio.to_thread(blobs.put_pieces, part.pieces())
    md5, found = await asyncio.to_thread(_sums, _pieces(blobs.path(sha256), part.length), name)
    return Content(sha256=sha256, md5=md5, size=part.length, checksum=(name, found) if name else None)


async def checksum_of(path: Path, size: int, name: str) -> str | None:
    """The checksum of stored content; None if that took too long and nobody asked."""
    if name == UNASKED and size > _MAX_UNASKED_LATER_BYTES:
        return None
    return (await asyncio.to_thread(_sums, _pieces(path, size), name))[1]


def _affordable(name: str | None, size: int) -> str | None:
    """The kind of checksum, unless content of that size would take too long."""
    return None if name in SLOW and size > _MAX_UNASKED_BYTES else name


def _pieces(path: Path, size: int) -> Iterator[bytes]:
    return FileSlice(path=path, offset=0, length=size).pieces()


def _sums(pieces: Iterator[bytes], name: str | None) -> tuple[str, str]:
    """The MD5 in hex, and the checksum of that name in base64."""
    md5 = hashlib.md5(usedforsecurity=False)
    other = new_sum(name) if name else None
    for piece in pieces:
        md5.update(piece)
        if other is not None:
            other.update(piece)
    return md5.hexdigest(), base64.b64encode(other.digest()).decode() if other else ""


def _check(params: Params, md5: str, name: str | None, found: str) -> None:
    if "ContentMD5" in params:
        given = params["ContentMD5"]
        try:
            expected = base64.b64decode(given, validate=True)
        except (binascii.Error, ValueError):
            expected = b""
        if len(expected) != hashlib.md5(usedforsecurity=False).digest_size:
            raise invalid_md5(given)
        if expected.hex() != md5:
            raise bad_md5(given, base64.b64encode(bytes.fromhex(md5)).decode())
    if name in params and params[name] != found:
        raise bad_digest(algorithm_of(name or ""))
