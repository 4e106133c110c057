"""Who signs checkpoints: a key file of the project, or a KMS key in AWS."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mlfn.errors import AuditError
from mlfn_audit.note import PublicKey

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class KmsClient(Protocol):
    """What signing needs of boto3's KMS client."""

    def sign(self, **request: Any) -> Mapping[str, Any]:
        """`Sign`."""

    def get_public_key(self, **request: Any) -> Mapping[str, Any]:
        """`GetPublicKey`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSigner:
    """An Ed25519 key of the machine's own."""

    name: str
    key: Ed25519PrivateKey

    @property
    def public_key(self) -> PublicKey:
        """What the signatures are checked against."""
        return PublicKey(name=self.name, ed25519=self.key.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """The signature."""
        return self.key.sign(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class KmsSigner:
    """A KMS key of spec ECC_NIST_EDWARDS25519: the private key never leaves KMS."""

    public_key: PublicKey
    client: KmsClient
    key_id: str

    def sign(self, message: bytes) -> bytes:
        """The signature; KMS takes at most 4,096 bytes, more than a checkpoint has."""
        answer = self.client.sign(
            KeyId=self.key_id, Message=message, MessageType="RAW", SigningAlgorithm="ED25519_SHA_512"
        )
        signature: bytes = answer["Signature"]
        return signature


def file_signer(path: Path, name: str) -> FileSigner:
    """The signer of a key file (32 bytes in hex, mode 0600), which is made if it is not there.

    Raises:
        AuditError: the file is not a key, or others may read it.
    """
    try:
        text = _private_text(path)
    except FileNotFoundError:
        text = _made(path)
    try:
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))
    except ValueError as error:
        raise AuditError(f"{path} is not a signing key.", hint="Restore it, or remove it to begin anew.") from error
    return FileSigner(name=name, key=key)


def kms_signer(client: KmsClient, key_id: str, name: str) -> KmsSigner:
    """The signer of a KMS key."""
    return KmsSigner(public_key=kms_public_key(client, key_id, name), client=client, key_id=key_id)


def kms_public_key(client: KmsClient, key_id: str, name: str) -> PublicKey:
    """What a KMS key's signatures are checked against.

    Raises:
        AuditError: the key is of another kind.
    """
    key = load_der_public_key(client.get_public_key(KeyId=key_id)["PublicKey"])
    if not isinstance(key, Ed25519PublicKey):
        raise AuditError(f"KMS key {key_id} does not sign with Ed25519.", hint="Use key spec ECC_NIST_EDWARDS25519.")
    return PublicKey(name=name, ed25519=key.public_bytes_raw())


def _private_text(path: Path) -> str:
    with path.open() as file:
        if os.fstat(file.fileno()).st_mode & 0o077:
            raise AuditError(f"Others may read the signing key {path}.", hint=f"Run: chmod 600 {path}")
        return file.read().strip()


def _made(path: Path) -> str:
    """A new key's text; if another process makes one at the same time, the first one's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = Ed25519PrivateKey.generate().private_bytes_raw().hex()
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return _private_text(path)
    finally:
        draft.unlink()
    return text
