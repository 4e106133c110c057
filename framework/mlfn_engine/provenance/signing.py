"""Signatures of images in the form that cosign makes and checks ("simple signing"), by Ed25519 and ECDSA P-256 keys."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from mlfn.errors import BuildError
from mlfn_engine.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from typing_extensions import TypeIs

PublicKey = Ed25519PublicKey | EllipticCurvePublicKey
_TYPE = "cosign container image signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Somebody vouches for an image."""

    payload: bytes
    """What is signed: it names the image by digest."""
    signature: bytes

    @property
    def text(self) -> str:
        """The signature in base64, as cosign keeps it."""
        return base64.b64encode(self.signature).decode()


class Signer(Protocol):
    """Holds a private key."""

    def sign(self, message: bytes) -> bytes:
        """The signature of a message."""


class TrustedKey(Protocol):
    """A public key that is trusted."""

    def public_key(self) -> PublicKey:
        """The key."""


@dataclass(frozen=True, slots=True)
class PrivateKeyFile:
    """An Ed25519 key in a PEM file."""

    path: Path

    def sign(self, message: bytes) -> bytes:
        """The signature of a message.

        Raises:
            BuildError: the file holds no Ed25519 key.
        """
        return _private_key(self.path).sign(message)


@dataclass(frozen=True, slots=True)
class PublicKeyFile:
    """An Ed25519 or ECDSA P-256 key in a PEM file."""

    path: Path

    def public_key(self) -> PublicKey:
        """The key.

        Raises:
            BuildError: the file holds none.
        """
        try:
            key = load_pem_public_key(self.path.read_bytes())
        except (OSError, ValueError, UnsupportedAlgorithm) as error:
            raise _no_key(self.path, "public Ed25519 or ECDSA P-256", str(error)) from error
        if not is_usable(key):
            raise _no_key(self.path, "public Ed25519 or ECDSA P-256", "it is of another kind")
        return key


def is_usable(key: object) -> TypeIs[PublicKey]:
    """Whether signatures of this kind of key can be checked: those that cosign makes by files and by KMS."""
    if isinstance(key, EllipticCurvePublicKey):
        return isinstance(key.curve, SECP256R1)
    return isinstance(key, Ed25519PublicKey)


def sign(digest: str, signer: Signer) -> Signature:
    """Sign an image's digest."""
    payload = canonical(_payload(digest)).encode()
    return Signature(payload=payload, signature=signer.sign(payload))


def is_signed(digest: str, signature: Signature, keys: Iterable[TrustedKey]) -> bool:
    """Whether the holder of one of these keys vouches for just this image."""
    return _names(signature.payload, digest) and any(_verifies(key.public_key(), signature) for key in keys)


def _payload(digest: str) -> dict[str, object]:
    """containers-signature(5): what an image's name was is of no concern here."""
    image = {"docker-manifest-digest": digest}
    critical = {"identity": {"docker-reference": ""}, "image": image, "type": _TYPE}
    return {"critical": critical, "optional": None}


def _names(payload: bytes, digest: str) -> bool:
    try:
        critical = json.loads(payload)["critical"]
        return bool(critical["type"] == _TYPE and critical["image"]["docker-manifest-digest"] == digest)
    except (ValueError, LookupError, TypeError):
        return False


def _verifies(key: PublicKey, signature: Signature) -> bool:
    try:
        if isinstance(key, EllipticCurvePublicKey):
            key.verify(signature.signature, signature.payload, ECDSA(SHA256()))
        else:
            key.verify(signature.signature, signature.payload)
    except InvalidSignature:
        return False
    return True


def _private_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _no_key(path, "private Ed25519", str(error)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _no_key(path, "private Ed25519", "it is of another kind")
    return key


def _no_key(path: Path, kind: str, problem: str) -> BuildError:
    return BuildError(
        f"{path} holds no {kind} key in PEM without a password: {problem.rstrip('.')}.",
        hint="Make a pair: openssl genpkey -algorithm ed25519 -out k.pem, openssl pkey -in k.pem -pubout -out k.pub.",
    )
