"""RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2.2): verification needs no more than Python's integers."""

from __future__ import annotations

from mlfn.audit.codec import base64url, base64url_bytes
from mlfn.sha256 import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SMALLEST_BITS, LARGEST_BITS = 2_048, 8_192
SMALLEST_EXPONENT, LARGEST_EXPONENT = 65_537, 2**32
"""Small exponents are what forgeries live on; large ones and large keys cost whoever verifies."""
_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
"""DigestInfo of SHA-256 (RFC 8017, section 9.2, note 1)."""


class PublicKey:
    """An RSA key that signatures are checked against."""

    __slots__ = ("exponent", "modulus", "size")

    def __init__(self, modulus: int, exponent: int) -> None:
        self.modulus = modulus
        self.exponent = exponent
        self.size = (modulus.bit_length() + 7) // 8


def public_key(jwk: Any) -> PublicKey | None:
    """The key of a JWK (RFC 7517), or None if it is none for RS256 signatures."""
    if not isinstance(jwk, dict) or jwk.get("kty") != "RSA":
        return None
    if jwk.get("alg", "RS256") != "RS256" or jwk.get("use", "sig") != "sig":
        return None
    modulus, exponent = _integer(jwk.get("n")), _integer(jwk.get("e"))
    if not SMALLEST_BITS <= modulus.bit_length() <= LARGEST_BITS or modulus % 2 == 0:
        return None
    if not SMALLEST_EXPONENT <= exponent <= LARGEST_EXPONENT or exponent % 2 == 0:
        return None
    return PublicKey(modulus, exponent)


def is_signed(message: bytes, signature: bytes, key: PublicKey) -> bool:
    """Whether `signature` is this key's over `message`: the one right encoding is made and compared whole."""
    number = int.from_bytes(signature, "big")
    if len(signature) != key.size or number >= key.modulus:
        return False
    digest = _PREFIX + sha256(message)
    encoded = b"\x00\x01" + b"\xff" * (key.size - len(digest) - 3) + b"\x00" + digest
    return pow(number, key.exponent, key.modulus).to_bytes(key.size, "big") == encoded


def strict_base64url(text: str) -> bytes:
    """The bytes of base64url text, of which there is exactly one spelling.

    Raises:
        ValueError: it is another, or none.
    """
    data = base64url_bytes(text)
    if base64url(data) != text:
        raise ValueError("not base64url as RFC 7515 wants it")
    return data


def _integer(text: Any) -> int:
    try:
        return int.from_bytes(strict_base64url(text), "big") if isinstance(text, str) else 0
    except ValueError:
        return 0
