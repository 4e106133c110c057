"""Key material: made, wrapped under the state directory's master key, and used. `cryptography` loads at first use."""

from __future__ import annotations

import hmac
import os
import secrets
from typing import TYPE_CHECKING

from mlfn_localstack.services.kms import key_pairs

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_localstack.services.kms.specs import KeySpec

NONCE_BYTES = 12
_MASTER_BYTES = 32


def seal(key: bytes, plaintext: bytes, bound_to: bytes) -> bytes:
    """Nonce and ciphertext (AES-256-GCM, as KMS's SYMMETRIC_DEFAULT) that open only with `bound_to`."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - 8 MB that idle emulators save

    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, bound_to)


def unseal(key: bytes, sealed: bytes, bound_to: bytes) -> bytes | None:
    """The plaintext, or None if the ciphertext, the key or what it is bound to is not right."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - see seal
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - see seal

    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError):
        return None


class MasterKey:
    """The key under which material lies in the store: a file only its owner can read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._key: bytes | None = None

    def wrap(self, material: bytes, key_id: str) -> bytes:
        """Material as it may be stored."""
        return seal(self._read(), material, key_id.encode())

    def unwrap(self, wrapped: bytes, key_id: str) -> bytes:
        """The material.

        Raises:
            ValueError: it was wrapped under another master key, or changed.
        """
        material = unseal(self._read(), wrapped, key_id.encode())
        if material is None:
            raise ValueError(f"{self._path} does not open the material of key {key_id}.")
        return material

    def _read(self) -> bytes:
        if self._key is None:
            try:
                self._key = self._path.read_bytes()
            except FileNotFoundError:
                self._key = self._make()
        return self._key

    def _make(self) -> bytes:
        key = secrets.token_bytes(_MASTER_BYTES)
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(descriptor)
        fresh.replace(self._path)
        return key


def new_material(spec: KeySpec) -> bytes:
    """Fresh material: a secret, or a private key as PKCS #8 DER."""
    return key_pairs.new_private_key(spec.name) if spec.is_pair else secrets.token_bytes(spec.size)


def mac(material: bytes, message: bytes, algorithm: str) -> bytes:
    """The HMAC of a message (RFC 2104)."""
    return hmac.digest(material, message, algorithm.removeprefix("HMAC_").replace("_", "").lower())
