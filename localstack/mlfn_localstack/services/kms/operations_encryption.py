"""Encrypt, decrypt, and data keys.

https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from mlfn_localstack.services.kms import errors, key_pairs
from mlfn_localstack.services.kms.ciphertexts import decrypted, encrypted, owner
from mlfn_localstack.services.kms.material_ids import named_material
from mlfn_localstack.services.kms.model import Key, KmsState, check_dry_run, usable
from mlfn_localstack.services.kms.specs import PAIRS, SYMMETRIC, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.kms.access import KeyAccess

_NO_CIPHERTEXT = (
    "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null"
)
_DATA_KEY_BYTES = {"AES_128": 16, "AES_256": 32}


class EncryptionOperations:
    """What keys for encryption do."""

    def __init__(self, state: KmsState, access: KeyAccess) -> None:
        self._state = state
        self._access = access

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "Decrypt": self.decrypt,
            "Encrypt": self.encrypt,
            "GenerateDataKey": self.generate_data_key,
            "GenerateDataKeyPair": self.generate_data_key_pair,
            "GenerateDataKeyPairWithoutPlaintext": self.generate_data_key_pair_without_plaintext,
            "GenerateDataKeyWithoutPlaintext": self.generate_data_key_without_plaintext,
            "GenerateRandom": self.generate_random,
            "ReEncrypt": self.re_encrypt,
        }

    async def encrypt(self, context: RequestContext, params: Params) -> Result:
        """Up to 4 KB, encrypted."""
        key, algorithm = self._key(context, params["KeyId"], params), params.get("EncryptionAlgorithm", SYMMETRIC)
        blob = encrypted(self._state, key, params["Plaintext"], algorithm, params.get("EncryptionContext", {}))
        return {"CiphertextBlob": blob, "KeyId": key["Metadata"]["Arn"], "EncryptionAlgorithm": algorithm}

    async def decrypt(self, context: RequestContext, params: Params) -> Result:
        """What was encrypted, given the same encryption context."""
        plaintext, key, material = self._opened(context, params, params)
        algorithm = params.get("EncryptionAlgorithm", SYMMETRIC)
        shown = {"Plaintext": plaintext, "KeyId": key["Metadata"]["Arn"], "EncryptionAlgorithm": algorithm}
        return shown | named_material(key, number=material)

    async def re_encrypt(self, context: RequestContext, params: Params) -> Result:
        """The same plaintext under another key or context."""
        before, after = _side(params, "Source"), _side(params, "Destination")
        plaintext, source, material = self._opened(context, params, before, "kms:ReEncryptFrom")
        key = self._key(context, after["KeyId"], after, "kms:ReEncryptTo")
        algorithm = after["EncryptionAlgorithm"]
        return {
            "CiphertextBlob": encrypted(self._state, key, plaintext, algorithm, after["EncryptionContext"]),
            "SourceKeyId": source["Metadata"]["Arn"],
            "KeyId": key["Metadata"]["Arn"],
            "SourceEncryptionAlgorithm": before["EncryptionAlgorithm"],
            "DestinationEncryptionAlgorithm": algorithm,
            **named_material(source, "SourceKeyMaterialId", material),
            **named_material(key, "DestinationKeyMaterialId"),
        }

    async def generate_data_key(self, context: RequestContext, params: Params) -> Result:
        """A fresh key for the caller, in the clear and encrypted."""
        key = self._key(context, params["KeyId"], params)
        plaintext = os.urandom(_data_key_bytes(params))
        blob = encrypted(self._state, key, plaintext, SYMMETRIC, params.get("EncryptionContext", {}))
        shown = {"CiphertextBlob": blob, "Plaintext": plaintext, "KeyId": key["Metadata"]["Arn"]}
        return shown | named_material(key)

    async def generate_data_key_without_plaintext(self, context: RequestContext, params: Params) -> Result:
        """A fresh key, encrypted only."""
        result = await self.generate_data_key(context, params)
        return {name: value for name, value in result.items() if name != "Plaintext"}

    async def generate_data_key_pair(self, context: RequestContext, params: Params) -> Result:
        """A fresh key pair for the caller, its private half in the clear and encrypted."""
        key, spec = self._key(context, params["KeyId"], params), params["KeyPairSpec"]
        if spec not in PAIRS:
            raise errors.unsupported(f"The emulator makes no key pairs of spec {spec}; it has {', '.join(PAIRS)}.")
        private = await asyncio.to_thread(key_pairs.new_private_key, spec)
        return {
            "PrivateKeyCiphertextBlob": encrypted(
                self._state, key, private, SYMMETRIC, params.get("EncryptionContext", {})
            ),
            "PrivateKeyPlaintext": private,
            "PublicKey": key_pairs.public_key(private),
            "KeyId": key["Metadata"]["Arn"],
            "KeyPairSpec": spec,
            **named_material(key),
        }

    async def generate_data_key_pair_without_plaintext(self, context: RequestContext, params: Params) -> Result:
        """A fresh key pair, its private half encrypted only."""
        result = await self.generate_data_key_pair(context, params)
        return {name: value for name, value in result.items() if name != "PrivateKeyPlaintext"}

    async def generate_random(self, context: RequestContext, params: Params) -> Result:
        """Random bytes."""
        if "NumberOfBytes" not in params:
            raise errors.invalid("NumberOfBytes is required.")
        return {"Plaintext": os.urandom(params["NumberOfBytes"])}

    def _opened(
        self, context: RequestContext, params: Params, given: Params, action: str = ""
    ) -> tuple[bytes, Key, int]:
        if "CiphertextBlob" not in params:
            raise errors.invalid(_NO_CIPHERTEXT)
        blob: bytes = params["CiphertextBlob"]
        algorithm, key_id = given.get("EncryptionAlgorithm", SYMMETRIC), given.get("KeyId")
        maker = owner(blob) if algorithm == SYMMETRIC else None
        if key_id is None and (maker is None or self._state.keys.get(maker) is None):
            raise errors.invalid_ciphertext()
        key = self._allowed(context, key_id or maker or "", given, action)
        if maker is not None and key["Metadata"]["KeyId"] != maker:
            raise errors.incorrect_key()
        _check_fit(context, key, {**given, "DryRun": params.get("DryRun", False)})
        plaintext, material = decrypted(self._state, key, blob, algorithm, given.get("EncryptionContext", {}))
        return plaintext, key, material

    def _key(self, context: RequestContext, key_id: str, params: Params, action: str = "") -> Key:
        key = self._allowed(context, key_id, params, action)
        _check_fit(context, key, params)
        return key

    def _allowed(self, context: RequestContext, key_id: str, params: Params, action: str = "") -> Key:
        key = self._state.key(key_id)
        self._access.check(context, key, _condition_keys(key_id, params), action)
        return key


def _side(params: Params, side: str) -> Params:
    """What ReEncrypt is given for one of its two keys, under the names that Encrypt and Decrypt have."""
    found = {
        "EncryptionAlgorithm": params.get(f"{side}EncryptionAlgorithm", SYMMETRIC),
        "EncryptionContext": params.get(f"{side}EncryptionContext", {}),
    }
    return found | ({"KeyId": params[f"{side}KeyId"]} if f"{side}KeyId" in params else {})


def _check_fit(context: RequestContext, key: Key, params: Params) -> None:
    usable(key)
    algorithm, metadata = params.get("EncryptionAlgorithm", SYMMETRIC), key["Metadata"]
    if metadata["KeyUsage"] != Usage.ENCRYPT:
        raise errors.wrong_usage(metadata["Arn"], metadata["KeyUsage"], context.operation)
    if algorithm not in metadata["EncryptionAlgorithms"]:
        raise errors.incompatible(algorithm, metadata["KeySpec"])
    check_dry_run(params)


def _condition_keys(key_id: str, params: Params) -> dict[str, tuple[str, ...]]:
    given = params.get("EncryptionContext", {})
    keys: dict[str, tuple[str, ...]] = {
        f"kms:encryptioncontext:{name}".lower(): (value,) for name, value in given.items()
    }
    if given:
        keys["kms:encryptioncontextkeys"] = tuple(given)
    if ":alias/" in key_id or key_id.startswith("alias/"):
        keys["kms:requestalias"] = ("alias/" + key_id.partition("alias/")[2],)
    return keys


def _data_key_bytes(params: Params) -> int:
    if ("KeySpec" in params) == ("NumberOfBytes" in params):
        raise errors.invalid("Please specify either number of bytes or key spec.")
    return _DATA_KEY_BYTES[params["KeySpec"]] if "KeySpec" in params else int(params["NumberOfBytes"])
