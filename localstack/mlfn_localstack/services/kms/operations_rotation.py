"""Rotation: every so often, which no client can tell, and on demand."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.kms import errors
from mlfn_localstack.services.kms.material_ids import listed_materials
from mlfn_localstack.services.kms.model import Key, KmsState, page, usable
from mlfn_localstack.services.kms.specs import SPECS, SYMMETRIC

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.kms.access import KeyAccess

_YEAR_DAYS = 365
_DAY_S = 86_400
_MOST_ROTATIONS = 25
"""On demand, of one key: https://docs.aws.amazon.com/kms/latest/developerguide/rotating-keys-on-demand.html"""
_LIMIT = (
    "The on-demand rotations limit has been reached for the given keyId."
    " No more on-demand rotations can be performed for this key: "
)


class RotationOperations:
    """New material for old keys."""

    def __init__(self, state: KmsState, access: KeyAccess) -> None:
        self._state = state
        self._access = access

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "DisableKeyRotation": self.disable,
            "EnableKeyRotation": self.enable,
            "GetKeyRotationStatus": self.status,
            "ListKeyRotations": self.list_rotations,
            "RotateKeyOnDemand": self.rotate,
        }

    async def enable(self, context: RequestContext, params: Params) -> Result:
        """Keep in mind how often to rotate a key; the emulator never does, which no client can tell."""
        key = self._rotatable(context, params)
        days = params.get("RotationPeriodInDays", _YEAR_DAYS)
        self._state.save(key | {"RotationDays": days, "RotatedAt": time.time()})
        return {}

    async def disable(self, context: RequestContext, params: Params) -> Result:
        """Rotate no more."""
        self._state.save(self._rotatable(context, params) | {"RotationDays": None})
        return {}

    async def status(self, context: RequestContext, params: Params) -> Result:
        """Whether a key is to be rotated."""
        key = self._key(context, params)
        result: Result = {"KeyId": key["Metadata"]["Arn"], "KeyRotationEnabled": key["RotationDays"] is not None}
        if key["RotationDays"] is not None:
            due = key["RotatedAt"] + key["RotationDays"] * _DAY_S
            result |= {"RotationPeriodInDays": key["RotationDays"], "NextRotationDate": due}
        return result

    async def rotate(self, context: RequestContext, params: Params) -> Result:
        """New material now; what was encrypted before still opens."""
        key = self._rotatable(context, params)
        arn, key_id = key["Metadata"]["Arn"], key["Metadata"]["KeyId"]
        done = key.get("Rotations", [])
        if len(done) >= _MOST_ROTATIONS:
            raise ServiceError("LimitExceededException", f"{_LIMIT}{arn}")
        fresh = self._state.wrapped(secrets.token_bytes(SPECS[SYMMETRIC].size), key_id)
        rotation = {"Date": round(time.time(), 3), "Material": key["Material"]}
        self._state.save(key | {"Material": fresh, "Rotations": [*done, rotation]})
        return {"KeyId": arn}

    async def list_rotations(self, context: RequestContext, params: Params) -> Result:
        """When a key was rotated, and if that is asked for what it had at first."""
        key = self._key(context, params)
        about: Result = {"KeyId": key["Metadata"]["Arn"]}
        rotations = key.get("Rotations", ())
        materials = listed_materials(key)
        done = [
            about | material | {"RotationDate": each["Date"], "RotationType": "ON_DEMAND"}
            for each, material in zip(rotations, materials[1:], strict=False)
        ]
        if params.get("IncludeKeyMaterial") == "ALL_KEY_MATERIAL":
            done = [*(about | material for material in materials[:1]), *done]
        return page(params, "Rotations", done)

    def _key(self, context: RequestContext, params: Params) -> Key:
        key = self._state.key(params["KeyId"])
        self._access.check(context, key)
        return key

    def _rotatable(self, context: RequestContext, params: Params) -> Key:
        key = self._key(context, params)
        metadata = key["Metadata"]
        if metadata["Origin"] != "AWS_KMS":
            raise errors.wrong_origin(metadata["Arn"], metadata["Origin"])
        usable(key)
        if metadata["KeySpec"] != SYMMETRIC:
            raise errors.unsupported("")
        return key
