"""Key pairs: made, and what their halves do. `cryptography` loads at first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

_ED25519 = "ECC_NIST_EDWARDS25519"
_RSA = "RSA_"
_KEY_WRAP = "RSA_AES_KEY_WRAP"
_RSA_EXPONENT = 65_537
_OAEP_OVERHEAD = 2
"""Bytes of a block that OAEP takes beside two digests (RFC 8017, 7.1.1)."""


def new_private_key(spec: str) -> bytes:
    """A fresh private key as PKCS #8 DER; an RSA key takes up to some seconds."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: PLC0415 - see material.seal

    if spec.startswith(_RSA):
        return _encoded(rsa.generate_private_key(_RSA_EXPONENT, int(spec.removeprefix(_RSA))))
    if spec == _ED25519:
        return _encoded(ed25519.Ed25519PrivateKey.generate())
    return _encoded(ec.generate_private_key(_curve(spec)))


def fits(material: bytes, spec: str) -> bool:
    """Whether material from elsewhere is a private key of this spec."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: PLC0415 - see material.seal

    try:
        key = _private(material)
    except (TypeError, ValueError):
        return False
    match key:
        case rsa.RSAPrivateKey():
            return spec == f"{_RSA}{key.key_size}"
        case ed25519.Ed25519PrivateKey():
            return spec == _ED25519
        case ec.EllipticCurvePrivateKey():
            return spec.startswith("ECC_") and spec != _ED25519 and key.curve.name == _curve(spec).name


def public_key(material: bytes) -> bytes:
    """The public half as DER SubjectPublicKeyInfo (RFC 5280)."""
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 - see material.seal

    return _private(material).public_key().public_bytes(form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo)


def sign(material: bytes, message: bytes, algorithm: str, *, digested: bool) -> bytes:
    """A signature: ECDSA in DER (RFC 3279), Ed25519 as RFC 8032 has it, RSA as RFC 8017."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: PLC0415 - see material.seal

    key = _private(material)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, _signature_padding(algorithm), _hash(algorithm, digested=digested))
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(message, ec.ECDSA(_hash(algorithm, digested=digested)))
    return key.sign(message)


def verify(material: bytes, message: bytes, signature: bytes, algorithm: str, *, digested: bool) -> bool:
    """True if the signature is the key's over this message."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - see material.seal
    from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: PLC0415 - see material.seal

    key = _private(material).public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, _signature_padding(algorithm), _hash(algorithm, digested=digested))
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(_hash(algorithm, digested=digested)))
        else:
            key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def encrypt(material: bytes, plaintext: bytes, algorithm: str) -> bytes:
    """What only the private half decrypts."""
    return _rsa(material).public_key().encrypt(plaintext, _oaep(algorithm))


def decrypt(material: bytes, ciphertext: bytes, algorithm: str) -> bytes | None:
    """The plaintext, or None if it was encrypted otherwise."""
    try:
        return _rsa(material).decrypt(ciphertext, _oaep(algorithm))
    except ValueError:
        return None


def unwrap(material: bytes, wrapped: bytes, algorithm: str) -> bytes | None:
    """What came under an RSA key, or under an AES key that came under it (RFC 5649); None if it did not."""
    from cryptography.hazmat.primitives import keywrap  # noqa: PLC0415 - see material.seal

    if not algorithm.startswith(_KEY_WRAP):
        return decrypt(material, wrapped, algorithm)
    block = _rsa(material).key_size // 8
    key = decrypt(material, wrapped[:block], algorithm)
    try:
        return None if key is None else keywrap.aes_key_unwrap_with_padding(key, wrapped[block:])
    except (ValueError, keywrap.InvalidUnwrap):
        return None


def longest_plaintext(spec: str, algorithm: str) -> int:
    """Bytes that an RSA key encrypts at most."""
    digest: int = _oaep_hash(algorithm).digest_size
    return int(spec.removeprefix(_RSA)) // 8 - 2 * digest - _OAEP_OVERHEAD


def shared_secret(material: bytes, others: bytes) -> bytes | None:
    """What this private and the other party's public key agree on; None if that is no public key of the same curve."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - see material.seal
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415 - see material.seal

    key = _private(material)
    try:
        public = load_der_public_key(others)
        if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(public, ec.EllipticCurvePublicKey):
            return key.exchange(ec.ECDH(), public)
    except ValueError:
        return None
    return None


def digest_size(algorithm: str) -> int:
    """Bytes of the digest that a signing algorithm signs."""
    return int(algorithm.rpartition("_")[2]) // 8


def _encoded(key: PrivateKey) -> bytes:
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 - see material.seal

    return key.private_bytes(form.Encoding.DER, form.PrivateFormat.PKCS8, form.NoEncryption())


def _curve(spec: str) -> ec.EllipticCurve:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - see material.seal

    curves = {
        "ECC_NIST_P256": ec.SECP256R1(),
        "ECC_NIST_P384": ec.SECP384R1(),
        "ECC_NIST_P521": ec.SECP521R1(),
        "ECC_SECG_P256K1": ec.SECP256K1(),
    }
    return curves[spec]


def _private(material: bytes) -> PrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: PLC0415 - see material.seal
    from cryptography.hazmat.primitives.serialization import load_der_private_key  # noqa: PLC0415 - see material.seal

    key = load_der_private_key(material, password=None)
    if not isinstance(key, (ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey, rsa.RSAPrivateKey)):
        raise TypeError(f"{type(key).__name__} is no key pair of ours")
    return key


def _rsa(material: bytes) -> rsa.RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 - see material.seal

    key = _private(material)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{type(key).__name__} does not encrypt")
    return key


def _hash(algorithm: str, *, digested: bool) -> Any:
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed  # noqa: PLC0415 - see material.seal

    return Prehashed(_digest(algorithm)) if digested else _digest(algorithm)


def _digest(algorithm: str) -> Any:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - see material.seal

    known = {256: hashes.SHA256(), 384: hashes.SHA384(), 512: hashes.SHA512()}
    return known[8 * digest_size(algorithm)]


def _signature_padding(algorithm: str) -> Any:
    from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415 - see material.seal

    if "PKCS1" in algorithm:
        return padding.PKCS1v15()
    return padding.PSS(padding.MGF1(_digest(algorithm)), digest_size(algorithm))


def _oaep(algorithm: str) -> Any:
    from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415 - see material.seal

    hashed = _oaep_hash(algorithm)
    return padding.OAEP(padding.MGF1(hashed), hashed, None)


def _oaep_hash(algorithm: str) -> Any:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - see material.seal

    return hashes.SHA256() if algorithm.endswith("SHA_256") else hashes.SHA1()  # noqa: S303 - OAEP's, as asked for
