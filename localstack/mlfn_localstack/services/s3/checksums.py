"""The checksums of objects and parts: which one is announced, and what the content's is.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from functools import partial
from typing import TYPE_CHECKING, Protocol

from mlfn_localstack.services.s3.crc import SLOW
from mlfn_localstack.services.s3.errors import invalid_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mlfn_localstack.service import Params

UNASKED = "ChecksumCRC64NVME"
"""What S3 computes of content that nobody announced a checksum of."""
_SIZES = {
    **{"ChecksumCRC32": 4, "ChecksumCRC32C": 4, "ChecksumCRC64NVME": 8},
    **{"ChecksumMD5": 16, "ChecksumSHA1": 20, "ChecksumSHA256": 32, "ChecksumSHA512": 64},
}
_LINEAR = ("ChecksumCRC32", "ChecksumCRC32C", "ChecksumCRC64NVME")
"""Those that a multipart upload can have of the whole object."""


class Sum(Protocol):
    """A checksum that is taken piece by piece."""

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


_SUMS: dict[str, Callable[[], Sum]] = {
    "ChecksumCRC32": _Crc32,
    "ChecksumMD5": partial(hashlib.md5, usedforsecurity=False),
    "ChecksumSHA1": partial(hashlib.sha1, usedforsecurity=False),
    "ChecksumSHA256": hashlib.sha256,
    "ChecksumSHA512": hashlib.sha512,
    **SLOW,
}


def new_sum(name: str) -> Sum:
    """A sum of that member's kind."""
    return _SUMS[name]()


def announced_in(params: Params) -> list[str]:
    """The members that have a checksum."""
    return [name for name in _SIZES if name in params]


def announced(params: Params) -> str | None:
    """The member in which a client sends a checksum, if it does.

    Raises:
        ServiceError: InvalidRequest: several, or what cannot be a checksum.
    """
    names = announced_in(params)
    if len(names) > 1:
        message = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        raise invalid_request(message)
    if names and not _fits(params[names[0]], _SIZES[names[0]]):
        raise invalid_request(f"Value for x-amz-checksum-{algorithm_of(names[0]).lower()} header is invalid.")
    return names[0] if names else None


def kept_checksum(kept: Mapping[str, str]) -> dict[str, str]:
    """Of what is kept with an object, its checksum and the checksum's type."""
    return {name: value for name, value in kept.items() if name in _SIZES or name == "ChecksumType"}


def listed_checksum(kept: Mapping[str, str]) -> dict[str, object]:
    """How lists show an object's checksum: its algorithm and type."""
    algorithms = [algorithm_of(name) for name in kept if name in _SIZES]
    return {"ChecksumAlgorithm": algorithms, "ChecksumType": kept.get("ChecksumType")} if algorithms else {}


def algorithm_of(name: str) -> str:
    """`SHA256` of `ChecksumSHA256`."""
    return name.removeprefix("Checksum")


def member_of(algorithm: str) -> str:
    """`ChecksumSHA256` of `SHA256`.

    Raises:
        ServiceError: InvalidRequest: S3, or this emulator, does not know it.
    """
    if f"Checksum{algorithm}" not in _SUMS:
        message = (
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
            "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"
        )
        raise invalid_request(message)
    return f"Checksum{algorithm}"


def upload_checksum(algorithm: str | None, kind: str | None) -> dict[str, str]:
    """What a multipart upload is begun with: the checksum's algorithm and type, or nothing.

    Raises:
        ServiceError: InvalidRequest: the two do not go together.
    """
    if algorithm is None:
        if kind is not None:
            message = "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
            raise invalid_request(message)
        return {}
    member = member_of(algorithm)
    kind = kind or ("FULL_OBJECT" if member == UNASKED else "COMPOSITE")
    if (kind == "COMPOSITE" and member == UNASKED) or (kind == "FULL_OBJECT" and member not in _LINEAR):
        message = f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum algorithm."
        raise invalid_request(message)
    return {"ChecksumAlgorithm": algorithm, "ChecksumType": kind}


def composite(member: str, parts: Iterable[str]) -> str:
    """The checksum of the parts' checksums, and how many they are."""
    digests = [base64.b64decode(part) for part in parts]
    whole = new_sum(member)
    whole.update(b"".join(digests))
    return f"{base64.b64encode(whole.digest()).decode()}-{len(digests)}"


def _fits(value: str, size: int) -> bool:
    try:
        return len(base64.b64decode(value, validate=True)) == size
    except (binascii.Error, ValueError):
        return False
