"""The keys that web identity tokens are signed with: made at first use, kept in a file only its owner can read.

`cryptography` loads at first use.
"""

from __future__ import annotations

import base64
import hashlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric import ec, rsa

RSA_BITS = 2_048
_CURVE_BYTES = 48
_MARK = b"-----END PRIVATE KEY-----\n"


class SigningKeys:
    """One RSA and one P-384 key."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._loaded: tuple[rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey] | None = None

    def sign(self, algorithm: str, message: bytes) -> bytes:
        """A signature as JWTs carry it (RFC 7518, sections 3.3 and 3.4)."""
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - 8 MB that idle emulators save
        from cryptography.hazmat.primitives.asymmetric import ec, padding, utils  # noqa: PLC0415

        rsa_key, curve_key = self._keys()
        if algorithm == "RS256":
            return rsa_key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        numbers = utils.decode_dss_signature(curve_key.sign(message, ec.ECDSA(hashes.SHA384())))
        return b"".join(number.to_bytes(_CURVE_BYTES, "big") for number in numbers)

    def public(self) -> dict[str, dict[str, Any]]:
        """The public halves as JWKs (RFC 7517), by algorithm."""
        rsa_key, curve_key = self._keys()
        numbers, point = rsa_key.public_key().public_numbers(), curve_key.public_key().public_numbers()
        return {
            "RS256": _named(
                {"kty": "RSA", "alg": "RS256", "n": _encoded(numbers.n, RSA_BITS // 8), "e": _encoded(numbers.e, 3)}
            ),
            "ES384": _named(
                {
                    "kty": "EC",
                    "alg": "ES384",
                    "crv": "P-384",
                    "x": _encoded(point.x, _CURVE_BYTES),
                    "y": _encoded(point.y, _CURVE_BYTES),
                }
            ),
        }

    def _keys(self) -> tuple[rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey]:
        if self._loaded is None:
            if not self._path.exists():
                self._make()
            self._loaded = self._read()
        return self._loaded

    def _read(self) -> tuple[rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey]:
        from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: PLC0415 - see sign
        from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

        first, second, _ = self._path.read_bytes().split(_MARK)
        rsa_key = load_pem_private_key(first + _MARK, password=None)
        curve_key = load_pem_private_key(second + _MARK, password=None)
        if not isinstance(rsa_key, rsa.RSAPrivateKey) or not isinstance(curve_key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{self._path} does not hold an RSA and a P-384 key.")
        return rsa_key, curve_key

    def _make(self) -> None:
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - see sign
        from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: PLC0415

        keys = rsa.generate_private_key(65537, RSA_BITS), ec.generate_private_key(ec.SECP384R1())
        written = (
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(b"".join(key.private_bytes(*written) for key in keys))
            file.flush()
            os.fsync(descriptor)
        fresh.replace(self._path)


def _named(key: dict[str, Any]) -> dict[str, Any]:
    """A key with its id, a digest of what it is."""
    digest = hashlib.sha256("".join(str(value) for value in key.values()).encode()).hexdigest()
    return {**key, "use": "sig", "kid": f"{key['alg']}_{digest[:16]}"}


def _encoded(number: int, size: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(size, "big")).rstrip(b"=").decode()
