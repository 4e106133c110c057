"""Keys in KMS that sign images: the private half never leaves KMS."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mlfn.errors import UsageError
from mlfn_deployers.aws.api.clients import Clients
from mlfn_deployers.aws.api.errors import translated
from mlfn_engine.provenance.signing import is_usable
from mlfn_engine.provenance.vouched import KMS_SCHEME

if TYPE_CHECKING:
    from mlfn_engine.provenance.signing import PublicKey
    from mlfn_engine.values import Target

_ALGORITHM = "ECDSA_SHA_256"


@dataclass(frozen=True, slots=True, kw_only=True)
class KmsKey:
    """A key of spec ECC_NIST_P256, as cosign makes them."""

    id: str
    target: Target
    client: Any

    def sign(self, message: bytes) -> bytes:
        """The signature of a message.

        Raises:
            DeployError: the caller may not kms:Sign with it, or it is of another kind.
        """
        digest = hashlib.sha256(message).digest()
        with translated(self.target):
            answer = self.client.sign(KeyId=self.id, Message=digest, MessageType="DIGEST", SigningAlgorithm=_ALGORITHM)
        signature: bytes = answer["Signature"]
        return signature

    def public_key(self) -> PublicKey:
        """The public half.

        Raises:
            DeployError: the caller may not kms:GetPublicKey.
            UsageError: it is of another kind.
        """
        with translated(self.target):
            answer = self.client.get_public_key(KeyId=self.id)
        try:
            key: object = load_der_public_key(answer["PublicKey"])
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if not is_usable(key):
            raise UsageError(
                f"The KMS key {self.id} cannot sign images: its spec is {answer['KeySpec']}.",
                hint="Make one: aws kms create-key --key-usage SIGN_VERIFY --key-spec ECC_NIST_P256",
            )
        return key


def kms_key(name: str, target: Target) -> KmsKey:
    """The key of a name as cosign has it: `awskms:///` and an alias, an id or an ARN.

    Raises:
        UsageError: the name is of another form.
    """
    endpoint, slash, key_id = name.removeprefix(KMS_SCHEME).partition("/")
    if not name.startswith(KMS_SCHEME) or not slash or not key_id or endpoint:
        raise UsageError(
            f"{name!r} names no KMS key.",
            hint="Write awskms:///alias/NAME, awskms:///KEY-ID or awskms:///ARN; --target says where it is.",
        )
    return KmsKey(id=key_id, target=target, client=Clients(target).kms)
