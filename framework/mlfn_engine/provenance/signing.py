"""Signatures of images with Ed25519 keys, in the form that cosign makes and checks ("simple signing")."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from mlfn.errors import BuildError
from mlfn_engine.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

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


def sign(digest: str, key: Path) -> Signature:
    """Sign an image's digest with the private key in a PEM file.

    Raises:
        BuildError: the file holds no Ed25519 key.
    """
    payload = canonical(_payload(digest)).encode()
    return Signature(payload=payload, signature=_private_key(key).sign(payload))


def is_signed(digest: str, signature: Signature, keys: Iterable[Path]) -> bool:
    """Whether the holder of one of these public keys vouches for just this image.

    Raises:
        BuildError: a file holds no Ed25519 key.
    """
    return _names(signature.payload, digest) and any(_verifies(_public_key(key), signature) for key in keys)


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


def _verifies(key: Ed25519PublicKey, signature: Signature) -> bool:
    try:
        key.verify(signature.signature, signature.payload)
    except InvalidSignature:
        return False
    return True


def _private_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _no_key(path, "private", str(error)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _no_key(path, "private", "it is of another kind")
    return key


def _public_key(path: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise _no_key(path, "public", str(error)) from error
    if not isinstance(key, Ed25519PublicKey):
        raise _no_key(path, "public", "it is of another kind")
    return key


def _no_key(path: Path, kind: str, problem: str) -> BuildError:
    return BuildError(
        f"{path} holds no {kind} Ed25519 key in PEM without a password: {problem.rstrip('.')}.",
        hint="Make a pair: openssl genpkey -algorithm ed25519 -out k.pem, openssl pkey -in k.pem -pubout -out k.pub.",
    )
