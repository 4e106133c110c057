"""Key policies, rotation and tags."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mlfn_localstack.services.kms import errors
from mlfn_localstack.services.kms.access import KeyAccess, checked_policy
from mlfn_localstack.services.kms.model import Key, KmsState, page
from mlfn_localstack.services.kms.specs import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_YEAR_DAYS = 365
_DAY_S = 86_400


class PolicyOperations:
    """Who may use a key, how often it is rotated, what it is tagged with."""

    def __init__(self, state: KmsState, access: KeyAccess) -> None:
        self._state = state
        self._access = access

    def table(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "DisableKeyRotation": self.disable_rotation,
            "EnableKeyRotation": self.enable_rotation,
            "GetKeyPolicy": self.get_policy,
            "GetKeyRotationStatus": self.rotation_status,
            "ListKeyPolicies": self.list_policies,
            "ListResourceTags": self.list_tags,
            "PutKeyPolicy": self.put_policy,
            "TagResource": self.tag,
            "UntagResource": self.untag,
        }

    async def get_policy(self, context: RequestContext, params: Params) -> Result:
        """The key policy, as it was put."""
        return {"Policy": self._key(context, params)["Policy"], "PolicyName": "default"}

    async def put_policy(self, context: RequestContext, params: Params) -> Result:
        """Replace the key policy, unless nobody here could do so again."""
        key, text = self._key(context, params), checked_policy(params["Policy"])
        self._access.check_lockout(context, params, text, key["Metadata"]["Arn"])
        self._state.save(key | {"Policy": text})
        return {}

    async def list_policies(self, context: RequestContext, params: Params) -> Result:
        """The one name a key policy has."""
        self._key(context, params)
        return page(params, "PolicyNames", ["default"])

    async def enable_rotation(self, context: RequestContext, params: Params) -> Result:
        """Keep in mind how often to rotate a key; the emulator never does, which no client can tell."""
        key = self._rotatable(context, params)
        self._state.save(
            key | {"RotationDays": params.get("RotationPeriodInDays", _YEAR_DAYS), "RotatedAt": time.time()}
        )
        return {}

    async def disable_rotation(self, context: RequestContext, params: Params) -> Result:
        """Rotate no more."""
        self._state.save(self._rotatable(context, params) | {"RotationDays": None})
        return {}

    async def rotation_status(self, context: RequestContext, params: Params) -> Result:
        """Whether a key is to be rotated."""
        key = self._key(context, params)
        result: Result = {"KeyId": key["Metadata"]["Arn"], "KeyRotationEnabled": key["RotationDays"] is not None}
        if key["RotationDays"] is not None:
            due = key["RotatedAt"] + key["RotationDays"] * _DAY_S
            result |= {"RotationPeriodInDays": key["RotationDays"], "NextRotationDate": due}
        return result

    async def list_tags(self, context: RequestContext, params: Params) -> Result:
        """A key's tags."""
        tags = self._key(context, params)["Tags"]
        return page(params, "Tags", [{"TagKey": name, "TagValue": value} for name, value in tags.items()])

    async def tag(self, context: RequestContext, params: Params) -> Result:
        """Set tags."""
        key = self._key(context, params)
        put = {tag["TagKey"]: tag["TagValue"] for tag in params["Tags"]}
        self._state.save(key | {"Tags": key["Tags"] | put})
        return {}

    async def untag(self, context: RequestContext, params: Params) -> Result:
        """Remove tags."""
        key = self._key(context, params)
        kept = {name: value for name, value in key["Tags"].items() if name not in params["TagKeys"]}
        self._state.save(key | {"Tags": kept})
        return {}

    def _key(self, context: RequestContext, params: Params) -> Key:
        key = self._state.key(params["KeyId"])
        self._access.check(context, key)
        return key

    def _rotatable(self, context: RequestContext, params: Params) -> Key:
        key = self._key(context, params)
        if key["Metadata"]["KeyUsage"] != Usage.ENCRYPT:
            raise errors.unsupported("You cannot perform this operation on an asymmetric or HMAC KMS key.")
        if key["Metadata"]["KeyState"] == "PendingDeletion":
            raise errors.pending_deletion(key["Metadata"]["Arn"])
        return key
