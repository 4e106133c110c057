"""Encrypt, decrypt, and data keys.

https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
"""

from __future__ import annotations

import json
import os
import uuid
from typing import TYPE_CHECKING

from mlfn_localstack.services.kms import errors
from mlfn_localstack.services.kms.material import NONCE_BYTES, seal, unseal
from mlfn_localstack.services.kms.model import Key, KmsState, check_dry_run, usable
from mlfn_localstack.services.kms.specs import SYMMETRIC, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.kms.access import KeyAccess

_MAGIC = b"\x01\x02\x03\x00"
"""The first bytes of our ciphertexts; the key's id follows, then nonce, ciphertext and tag."""
_HEADER_BYTES = len(_MAGIC) + 16
_NO_CIPHERTEXT = (
    "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null"
)
_DATA_KEY_BYTES = {"AES_128": 16, "AES_256": 32}


class EncryptionOperations:
    """What symmetric keys do."""

    def __init__(self, state: KmsState, access: KeyAccess) -> None:
        self._state = state
        self._access = access

    def table(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "Decrypt": self.decrypt,
            "Encrypt": self.encrypt,
            "GenerateDataKey": self.generate_data_key,
            "GenerateDataKeyWithoutPlaintext": self.generate_data_key_without_plaintext,
            "GenerateRandom": self.generate_random,
            "ReEncrypt": self.re_encrypt,
        }

    async def encrypt(self, context: RequestContext, params: Params) -> Result:
        """Up to 4 KB, encrypted."""
        key = self._key(context, params["KeyId"], params)
        blob = self._sealed(key, params["Plaintext"], params.get("EncryptionContext", {}))
        return {"CiphertextBlob": blob, "KeyId": key["Metadata"]["Arn"], "EncryptionAlgorithm": SYMMETRIC}

    async def decrypt(self, context: RequestContext, params: Params) -> Result:
        """What was encrypted, given the same encryption context."""
        plaintext, key = self._opened(context, params, params.get("KeyId"), params.get("EncryptionContext", {}))
        return {"Plaintext": plaintext, "KeyId": key["Metadata"]["Arn"], "EncryptionAlgorithm": SYMMETRIC}

    async def re_encrypt(self, context: RequestContext, params: Params) -> Result:
        """The same plaintext under another key or context."""
        before = params.get("SourceEncryptionContext", {})
        plaintext, source = self._opened(context, params, params.get("SourceKeyId"), before, "kms:ReEncryptFrom")
        after = params.get("DestinationEncryptionContext", {})
        wanted = {"EncryptionContext": after}
        key = self._key(context, params["DestinationKeyId"], wanted, "kms:ReEncryptTo")
        return {
            "CiphertextBlob": self._sealed(key, plaintext, after),
            "SourceKeyId": source["Metadata"]["Arn"],
            "KeyId": key["Metadata"]["Arn"],
            "SourceEncryptionAlgorithm": SYMMETRIC,
            "DestinationEncryptionAlgorithm": SYMMETRIC,
        }

    async def generate_data_key(self, context: RequestContext, params: Params) -> Result:
        """A fresh key for the caller, in the clear and encrypted."""
        key = self._key(context, params["KeyId"], params)
        plaintext = os.urandom(_data_key_bytes(params))
        blob = self._sealed(key, plaintext, params.get("EncryptionContext", {}))
        return {"CiphertextBlob": blob, "Plaintext": plaintext, "KeyId": key["Metadata"]["Arn"]}

    async def generate_data_key_without_plaintext(self, context: RequestContext, params: Params) -> Result:
        """A fresh key, encrypted only."""
        result = await self.generate_data_key(context, params)
        return {name: value for name, value in result.items() if name != "Plaintext"}

    async def generate_random(self, context: RequestContext, params: Params) -> Result:
        """Random bytes."""
        if "NumberOfBytes" not in params:
            raise errors.invalid("NumberOfBytes is required.")
        return {"Plaintext": os.urandom(params["NumberOfBytes"])}

    def _sealed(self, key: Key, plaintext: bytes, encryption_context: Mapping[str, str]) -> bytes:
        bound_to = _bound_to(key, encryption_context)
        header = _MAGIC + uuid.UUID(key["Metadata"]["KeyId"]).bytes
        return header + seal(self._state.material(key), plaintext, bound_to)

    def _opened(
        self,
        context: RequestContext,
        params: Params,
        key_id: str | None,
        encryption_context: Mapping[str, str],
        action: str = "",
    ) -> tuple[bytes, Key]:
        if "CiphertextBlob" not in params:
            raise errors.invalid(_NO_CIPHERTEXT)
        blob: bytes = params["CiphertextBlob"]
        if len(blob) < _HEADER_BYTES + NONCE_BYTES or not blob.startswith(_MAGIC):
            raise errors.invalid_ciphertext()
        owner = str(uuid.UUID(bytes=blob[len(_MAGIC) : _HEADER_BYTES]))
        if key_id is None and self._state.keys.get(owner) is None:
            raise errors.invalid_ciphertext()
        given = {"EncryptionContext": encryption_context, "DryRun": params.get("DryRun", False)}
        key = self._allowed(context, key_id or owner, given, action)
        if key["Metadata"]["KeyId"] != owner:
            raise errors.incorrect_key()
        _check_fit(context, key, given)
        plaintext = unseal(self._state.material(key), blob[_HEADER_BYTES:], _bound_to(key, encryption_context))
        if plaintext is None:
            raise errors.invalid_ciphertext()
        return plaintext, key

    def _key(self, context: RequestContext, key_id: str, params: Params, action: str = "") -> Key:
        key = self._allowed(context, key_id, params, action)
        _check_fit(context, key, params)
        return key

    def _allowed(self, context: RequestContext, key_id: str, params: Params, action: str = "") -> Key:
        key = self._state.key(key_id)
        self._access.check(context, key, _condition_keys(key_id, params), action)
        return key


def _check_fit(context: RequestContext, key: Key, params: Params) -> None:
    usable(key)
    algorithm = params.get("EncryptionAlgorithm", SYMMETRIC)
    if key["Metadata"]["KeyUsage"] == Usage.ENCRYPT and algorithm != SYMMETRIC:
        raise errors.incompatible(algorithm, key["Metadata"]["KeySpec"])
    if key["Metadata"]["KeyUsage"] != Usage.ENCRYPT:
        raise errors.wrong_usage(key["Metadata"]["Arn"], key["Metadata"]["KeyUsage"], context.operation)
    check_dry_run(params)


def _bound_to(key: Key, encryption_context: Mapping[str, str]) -> bytes:
    """The additional authenticated data: the key, and the encryption context, in whatever order it was given."""
    pairs = json.dumps(sorted(encryption_context.items()), separators=(",", ":"))
    return f"{key['Metadata']['Arn']}\n{pairs}".encode()


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
