"""Key material that is brought from elsewhere.

https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys.html
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import time
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.kms import errors, key_pairs
from mlfn_localstack.services.kms.material_ids import named_material
from mlfn_localstack.services.kms.model import PENDING_DELETION, Key, KmsState, without_material
from mlfn_localstack.services.kms.specs import SPECS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.kms.access import KeyAccess

_TOKEN_BYTES = 96
_TOKEN_LIFE_S = 24 * 3600
_WRAPPINGS = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256")
_WRAPPING_KEYS = ("RSA_2048", "RSA_3072", "RSA_4096")
_ANOTHER = "NEW_KEY_MATERIAL"
_EXPIRES = "KEY_MATERIAL_EXPIRES"
_NO_DATE = f"A validTo date must be set if the ExpirationModel is {_EXPIRES}"
_DATE = "A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE"


class ImportOperations:
    """Bring material, and take it away again."""

    def __init__(self, state: KmsState, access: KeyAccess) -> None:
        self._state = state
        self._access = access
        self._tokens = state.store.documents("kms-import")

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "DeleteImportedKeyMaterial": self.delete,
            "GetParametersForImport": self.parameters,
            "ImportKeyMaterial": self.bring,
        }

    async def parameters(self, context: RequestContext, params: Params) -> Result:
        """The public key under which to send material, and the token to send with it, good for a day."""
        key = self._external(context, params)
        wrapping, spec = params["WrappingAlgorithm"], params["WrappingKeySpec"]
        if wrapping not in _WRAPPINGS or spec not in _WRAPPING_KEYS:
            served = f"{', '.join(_WRAPPINGS)} with {', '.join(_WRAPPING_KEYS)}"
            raise errors.unsupported(f"The emulator does not support {wrapping} with {spec}; it has {served}.")
        private = await asyncio.to_thread(key_pairs.new_private_key, spec)
        token, key_id = secrets.token_bytes(_TOKEN_BYTES), key["Metadata"]["KeyId"]
        due = round(time.time() + _TOKEN_LIFE_S, 3)
        kept = {"KeyId": key_id, "Private": self._state.wrapped(private, key_id), "Wrapping": wrapping, "Due": due}
        self._tokens.put(_name(token), kept)
        return {
            "KeyId": key["Metadata"]["Arn"],
            "ImportToken": token,
            "PublicKey": key_pairs.public_key(private),
            "ParametersValidTo": due,
        }

    async def bring(self, context: RequestContext, params: Params) -> Result:
        """Give a key its material: the first time any, later the same again."""
        key = self._external(context, params)
        if params.get("ImportType") == _ANOTHER and "Imported" in key:
            raise errors.unsupported(f"The emulator does not support the ImportType {_ANOTHER} of keys that have some.")
        expiry = _expiry(params)
        material = self._sent(key, params)
        spec, metadata = SPECS[key["Metadata"]["KeySpec"]], key["Metadata"]
        if not (key_pairs.fits(material, spec.name) if spec.is_pair else len(material) == spec.size):
            raise ServiceError("IncorrectKeyMaterialException", f"The key material does not fit a {spec.name} key.")
        digest = hashlib.sha256(material).hexdigest()
        if key.get("Imported", digest) != digest:
            message = f"The key material is not that which was imported into {metadata['Arn']} before."
            raise ServiceError("IncorrectKeyMaterialException", message)
        kept = {name: value for name, value in metadata.items() if name != "ValidTo"} | expiry
        changed = kept | {"KeyState": "Enabled", "Enabled": True}
        stored = self._state.wrapped(material, metadata["KeyId"])
        changed_key = key | {"Metadata": changed, "Material": stored, "Imported": digest}
        self._state.save(changed_key)
        return {"KeyId": metadata["Arn"]} | named_material(changed_key)

    async def delete(self, context: RequestContext, params: Params) -> Result:
        """Take a key's material away: it is of no use until it is brought again."""
        key = self._external(context, params)
        self._state.save(without_material(key))
        return {"KeyId": key["Metadata"]["Arn"]} | named_material(key)

    def _external(self, context: RequestContext, params: Params) -> Key:
        key = self._state.key(params["KeyId"])
        self._access.check(context, key)
        metadata = key["Metadata"]
        if metadata["Origin"] != "EXTERNAL":
            raise errors.wrong_origin(metadata["Arn"], metadata["Origin"])
        if metadata["KeyState"] == PENDING_DELETION:
            raise errors.pending_deletion(metadata["Arn"])
        return key

    def _sent(self, key: Key, params: Params) -> bytes:
        """The material, out of its wrapping."""
        known = self._tokens.get(_name(params["ImportToken"]))
        if known is None or known["KeyId"] != key["Metadata"]["KeyId"]:
            raise ServiceError("InvalidImportTokenException", "The import token is not one of this key.")
        if known["Due"] <= time.time():
            raise ServiceError("ExpiredImportTokenException", "The import token has expired.")
        private = self._state.master.unwrap(base64.b64decode(known["Private"]), known["KeyId"])
        material = key_pairs.unwrap(private, params["EncryptedKeyMaterial"], known["Wrapping"])
        if material is None:
            raise errors.invalid_ciphertext()
        return material


def _name(token: bytes) -> str:
    return hashlib.sha256(token).hexdigest()


def _expiry(params: Params) -> Result:
    model = params.get("ExpirationModel", _EXPIRES)
    if (model == _EXPIRES) != ("ValidTo" in params):
        raise errors.invalid(_NO_DATE if model == _EXPIRES else _DATE)
    return {"ExpirationModel": model} | ({"ValidTo": params["ValidTo"].timestamp()} if "ValidTo" in params else {})
