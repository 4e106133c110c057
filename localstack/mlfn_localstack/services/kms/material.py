"""Key material: made, wrapped under the state directory's master key, and used. `cryptography` loads at first use."""

from __future__ import annotations

import hmac
import os
import secrets
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.kms.specs import Usage

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    from mlfn_localstack.services.kms.specs import KeySpec

    PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

NONCE_BYTES = 12
_MASTER_BYTES = 32
_ED25519 = "ECC_NIST_EDWARDS25519"


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
    if spec.usage is not Usage.SIGN:
        return secrets.token_bytes(spec.size)
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 - see seal
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519  # noqa: PLC0415 - see seal

    key: PrivateKey = ed25519.Ed25519PrivateKey.generate()
    if spec.name != _ED25519:
        key = ec.generate_private_key(_curve(spec.name))
    return key.private_bytes(form.Encoding.DER, form.PrivateFormat.PKCS8, form.NoEncryption())


def _curve(spec: str) -> ec.EllipticCurve:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - see seal

    curves = {"ECC_NIST_P256": ec.SECP256R1(), "ECC_NIST_P384": ec.SECP384R1(), "ECC_NIST_P521": ec.SECP521R1()}
    return curves[spec]


def public_key(material: bytes) -> bytes:
    """The public half as DER SubjectPublicKeyInfo (RFC 5280)."""
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 - see seal

    return _private(material).public_key().public_bytes(form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo)


def sign(material: bytes, message: bytes, algorithm: str, *, digested: bool) -> bytes:
    """A signature: ECDSA in DER (RFC 3279), Ed25519 as RFC 8032 has it."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - see seal

    key = _private(material)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(message, ec.ECDSA(_hash(algorithm, digested=digested)))
    return key.sign(message)


def verify(material: bytes, message: bytes, signature: bytes, algorithm: str, *, digested: bool) -> bool:
    """True if the signature is the key's over this message."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - see seal
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - see seal

    key = _private(material).public_key()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(_hash(algorithm, digested=digested)))
        else:
            key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def mac(material: bytes, message: bytes, algorithm: str) -> bytes:
    """The HMAC of a message (RFC 2104)."""
    return hmac.digest(material, message, algorithm.removeprefix("HMAC_").replace("_", "").lower())


def digest_size(algorithm: str) -> int:
    """Bytes of the digest that an ECDSA algorithm signs."""
    return int(algorithm.rpartition("_")[2]) // 8


def _private(material: bytes) -> PrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519  # noqa: PLC0415 - see seal
    from cryptography.hazmat.primitives.serialization import load_der_private_key  # noqa: PLC0415 - see seal

    key = load_der_private_key(material, password=None)
    if not isinstance(key, (ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)):
        raise TypeError(f"{type(key).__name__} is no signing key of ours")
    return key


def _hash(algorithm: str, *, digested: bool) -> Any:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - see seal
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed  # noqa: PLC0415 - see seal

    known = {256: hashes.SHA256(), 384: hashes.SHA384(), 512: hashes.SHA512()}
    found = known[8 * digest_size(algorithm)]
    return Prehashed(found) if digested else found
