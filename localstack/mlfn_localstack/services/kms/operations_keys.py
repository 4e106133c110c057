"""Keys: made, described, switched, scheduled for deletion."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.kms import errors
from mlfn_localstack.services.kms.access import KeyAccess, checked_policy
from mlfn_localstack.services.kms.material import new_material
from mlfn_localstack.services.kms.material_ids import named_material
from mlfn_localstack.services.kms.model import PENDING_DELETION, PENDING_IMPORT, Key, KmsState, page, usable
from mlfn_localstack.services.kms.specs import ALGORITHM_MEMBERS, SPECS, SYMMETRIC, KeySpec, Usage
from mlfn_localstack.services.kms.tags import check_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_DAY_S = 86_400
_ORIGINS = ("AWS_KMS", "EXTERNAL")


class KeyOperations:
    """What is done to keys, not with them."""

    def __init__(self, state: KmsState, access: KeyAccess) -> None:
        self._state = state
        self._access = access

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "CancelKeyDeletion": self.cancel_deletion,
            "CreateKey": self.create,
            "DescribeKey": self.describe,
            "DisableKey": self.disable,
            "EnableKey": self.enable,
            "ListKeys": self.list,
            "ScheduleKeyDeletion": self.schedule_deletion,
            "UpdateKeyDescription": self.update_description,
        }

    async def create(self, context: RequestContext, params: Params) -> Result:
        """A new key."""
        spec, usage = _spec(params)
        check_tags(params.get("Tags", ()))
        key_id = f"mrk-{uuid.uuid4().hex}" if params.get("MultiRegion") else str(uuid.uuid4())
        arn = self._state.arn(f"key/{key_id}")
        policy = checked_policy(params["Policy"]) if "Policy" in params else default_policy(context.account_id)
        self._access.check_lockout(context, params, policy, arn)
        key: Key = {
            "Metadata": _metadata(spec, usage, params, key_id, arn) | {"AWSAccountId": context.account_id},
            "Policy": policy,
            "Tags": {tag["TagKey"]: tag["TagValue"] for tag in params.get("Tags", ())},
            "RotationDays": None,
            "Material": None,
        }
        if key["Metadata"]["Origin"] == "AWS_KMS":
            made = await asyncio.to_thread(new_material, spec) if spec.is_pair else new_material(spec)
            key["Material"] = self._state.wrapped(made, key_id)
        self._state.save(key)
        return _shown(key)

    async def describe(self, context: RequestContext, params: Params) -> Result:
        """A key's metadata."""
        return _shown(self._key(context, params))

    async def list(self, context: RequestContext, params: Params) -> Result:
        """Every key's id and ARN."""
        keys = [key["Metadata"] for key in self._state.all_keys()]
        return page(params, "Keys", [{"KeyId": one["KeyId"], "KeyArn": one["Arn"]} for one in keys])

    async def enable(self, context: RequestContext, params: Params) -> Result:
        """Make a key usable."""
        self._switch(self._key(context, params), enabled=True)
        return {}

    async def disable(self, context: RequestContext, params: Params) -> Result:
        """Make a key unusable."""
        self._switch(self._key(context, params), enabled=False)
        return {}

    async def update_description(self, context: RequestContext, params: Params) -> Result:
        """Describe a key anew."""
        self._change(self._key(context, params), Description=params["Description"])
        return {}

    async def schedule_deletion(self, context: RequestContext, params: Params) -> Result:
        """Have a key and its material go in 7 to 30 days."""
        key = self._key(context, params)
        if key["Metadata"]["KeyState"] == PENDING_DELETION:
            raise errors.pending_deletion(key["Metadata"]["Arn"])
        days = params.get("PendingWindowInDays", 30)
        if not 7 <= days <= 30:
            raise errors.invalid("PendingWindowInDays must be between 7 and 30.")
        due = time.time() + days * _DAY_S
        self._change(key, KeyState=PENDING_DELETION, Enabled=False, DeletionDate=due)
        return {
            "KeyId": key["Metadata"]["Arn"],
            "DeletionDate": due,
            "KeyState": PENDING_DELETION,
            "PendingWindowInDays": days,
        }

    async def cancel_deletion(self, context: RequestContext, params: Params) -> Result:
        """Keep a key after all; it is disabled then."""
        key = self._key(context, params)
        if key["Metadata"]["KeyState"] != PENDING_DELETION:
            raise errors.wrong_state(key["Metadata"]["Arn"], "is not pending deletion.")
        key["Metadata"].pop("DeletionDate")
        self._change(key, KeyState=PENDING_IMPORT if key["Material"] is None else "Disabled")
        return {"KeyId": key["Metadata"]["Arn"]}

    def _switch(self, key: Key, *, enabled: bool) -> None:
        if key["Metadata"]["KeyState"] in (PENDING_DELETION, PENDING_IMPORT):
            usable(key)
        self._change(key, KeyState="Enabled" if enabled else "Disabled", Enabled=enabled)

    def _change(self, key: Key, **members: Any) -> None:
        self._state.save(key | {"Metadata": key["Metadata"] | members})

    def _key(self, context: RequestContext, params: Params) -> Key:
        key = self._state.key(params["KeyId"])
        self._access.check(context, key)
        return key


def _spec(params: Params) -> tuple[KeySpec, Usage]:
    name = params.get("KeySpec") or params.get("CustomerMasterKeySpec") or SYMMETRIC
    if params.get("Origin", "AWS_KMS") not in _ORIGINS or "CustomKeyStoreId" in params:
        raise errors.unsupported("The emulator has no custom and no external key stores.")
    spec = SPECS.get(name)
    if spec is None:
        raise errors.unsupported(f"The emulator does not support keys of spec {name}; it has {', '.join(SPECS)}.")
    given = params.get("KeyUsage", Usage.ENCRYPT if name == SYMMETRIC else None)
    if given is None:
        raise errors.invalid("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.")
    if given not in spec.algorithms:
        raise errors.invalid(f"KeyUsage {given} is not compatible with KeySpec {name}")
    return spec, Usage(given)


def _metadata(spec: KeySpec, usage: Usage, params: Params, key_id: str, arn: str) -> dict[str, Any]:
    origin = params.get("Origin", "AWS_KMS")
    metadata = {
        "KeyId": key_id,
        "Arn": arn,
        "CreationDate": round(time.time(), 3),
        "Enabled": origin == "AWS_KMS",
        "Description": params.get("Description", ""),
        "KeyUsage": usage.value,
        "KeyState": "Enabled" if origin == "AWS_KMS" else PENDING_IMPORT,
        "Origin": origin,
        "KeyManager": "CUSTOMER",
        "CustomerMasterKeySpec": spec.name,
        "KeySpec": spec.name,
        ALGORITHM_MEMBERS[usage]: list(spec.algorithms[usage]),
        "MultiRegion": bool(params.get("MultiRegion")),
    }
    if params.get("MultiRegion"):
        primary = {"Arn": arn, "Region": arn.split(":")[3]}
        about = {"MultiRegionKeyType": "PRIMARY", "PrimaryKey": primary, "ReplicaKeys": []}
        metadata["MultiRegionConfiguration"] = about
    return metadata


def _shown(key: Key) -> Result:
    return {"KeyMetadata": key["Metadata"] | named_material(key, "CurrentKeyMaterialId")}


def default_policy(account_id: str) -> str:
    """The policy of keys made without one: IAM decides."""
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = {"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]}
    return json.dumps(policy, indent=2, separators=(",", " : "))
