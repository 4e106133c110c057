"""Signatures, message authentication codes and shared secrets."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.kms import errors, key_pairs
from mlfn_localstack.services.kms.material import mac
from mlfn_localstack.services.kms.model import Key, KmsState, check_dry_run, usable
from mlfn_localstack.services.kms.specs import ALGORITHM_MEMBERS, SPECS, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.kms.access import KeyAccess

_PREHASHED_ED25519 = "ED25519_PH_SHA_512"


class SigningOperations:
    """What asymmetric and HMAC keys do."""

    def __init__(self, state: KmsState, access: KeyAccess) -> None:
        self._state = state
        self._access = access

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "DeriveSharedSecret": self.derive_shared_secret,
            "GenerateMac": self.generate_mac,
            "GetPublicKey": self.get_public_key,
            "Sign": self.sign,
            "Verify": self.verify,
            "VerifyMac": self.verify_mac,
        }

    async def sign(self, context: RequestContext, params: Params) -> Result:
        """A message's signature."""
        key = self._key(context, params, Usage.SIGN, params["SigningAlgorithm"])
        algorithm, digested = params["SigningAlgorithm"], _is_digest(params)
        secret = self._state.material(key)
        signature = key_pairs.sign(secret, params["Message"], algorithm, digested=digested)
        return {"KeyId": key["Metadata"]["Arn"], "Signature": signature, "SigningAlgorithm": algorithm}

    async def verify(self, context: RequestContext, params: Params) -> Result:
        """That a signature is right; if it is not, that is an error."""
        key = self._key(context, params, Usage.SIGN, params["SigningAlgorithm"])
        algorithm, digested = params["SigningAlgorithm"], _is_digest(params)
        secret, signature = self._state.material(key), params["Signature"]
        if not key_pairs.verify(secret, params["Message"], signature, algorithm, digested=digested):
            raise ServiceError("KMSInvalidSignatureException", "")
        return {"KeyId": key["Metadata"]["Arn"], "SignatureValid": True, "SigningAlgorithm": algorithm}

    async def get_public_key(self, context: RequestContext, params: Params) -> Result:
        """The public half of a key pair, as DER."""
        key = self._allowed(context, params)
        metadata = key["Metadata"]
        if not SPECS[metadata["KeySpec"]].is_pair:
            raise errors.wrong_usage(metadata["Arn"], metadata["KeyUsage"], context.operation)
        check_dry_run(params)
        algorithms = ALGORITHM_MEMBERS[Usage(metadata["KeyUsage"])]
        members = {name: metadata[name] for name in ("CustomerMasterKeySpec", "KeySpec", "KeyUsage", algorithms)}
        public = key_pairs.public_key(self._state.material(key))
        return {"KeyId": key["Metadata"]["Arn"], "PublicKey": public, **members}

    async def generate_mac(self, context: RequestContext, params: Params) -> Result:
        """A message's authentication code."""
        key, algorithm = self._key(context, params, Usage.MAC, params["MacAlgorithm"]), params["MacAlgorithm"]
        code = mac(self._state.material(key), params["Message"], algorithm)
        return {"KeyId": key["Metadata"]["Arn"], "Mac": code, "MacAlgorithm": algorithm}

    async def verify_mac(self, context: RequestContext, params: Params) -> Result:
        """That a code is right; if it is not, that is an error."""
        key, algorithm = self._key(context, params, Usage.MAC, params["MacAlgorithm"]), params["MacAlgorithm"]
        code = mac(self._state.material(key), params["Message"], algorithm)
        if not hmac.compare_digest(code, params["Mac"]):
            raise ServiceError("KMSInvalidMacException", "")
        return {"KeyId": key["Metadata"]["Arn"], "MacValid": True, "MacAlgorithm": algorithm}

    async def derive_shared_secret(self, context: RequestContext, params: Params) -> Result:
        """What the key and another party's public key agree on."""
        algorithm = params["KeyAgreementAlgorithm"]
        key = self._key(context, params, Usage.AGREE, algorithm)
        secret = key_pairs.shared_secret(self._state.material(key), params["PublicKey"])
        if secret is None:
            raise errors.invalid(f"The public key is not a valid {key['Metadata']['KeySpec']} public key.")
        return {
            "KeyId": key["Metadata"]["Arn"],
            "SharedSecret": secret,
            "KeyAgreementAlgorithm": algorithm,
            "KeyOrigin": key["Metadata"]["Origin"],
        }

    def _allowed(self, context: RequestContext, params: Params) -> Key:
        key = self._state.key(params["KeyId"])
        self._access.check(context, key)
        return usable(key)

    def _key(self, context: RequestContext, params: Params, usage: Usage, algorithm: str) -> Key:
        key = self._allowed(context, params)
        metadata = key["Metadata"]
        if metadata["KeyUsage"] != usage:
            raise errors.wrong_usage(metadata["Arn"], metadata["KeyUsage"], context.operation)
        if algorithm not in SPECS[metadata["KeySpec"]].algorithms[usage]:
            raise errors.incompatible(algorithm, metadata["KeySpec"])
        if algorithm == _PREHASHED_ED25519:
            raise errors.unsupported("The emulator does not support ED25519_PH_SHA_512; use ED25519_SHA_512.")
        check_dry_run(params)
        return key


def _is_digest(params: Params) -> bool:
    """Whether the message is a digest, which must then have the algorithm's length."""
    kind, algorithm = params.get("MessageType", "RAW"), params["SigningAlgorithm"]
    if kind == "RAW":
        return False
    if kind != "DIGEST" or algorithm.startswith("ED25519"):
        raise errors.invalid(f"{algorithm} does not support the MessageType {kind}.")
    if len(params["Message"]) != key_pairs.digest_size(algorithm):
        raise errors.invalid(f"Digest is invalid length for algorithm {algorithm}.")
    return True
