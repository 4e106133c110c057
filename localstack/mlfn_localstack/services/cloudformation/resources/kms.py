"""AWS::KMS::Key and AWS::KMS::Alias through KMS' API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.services.cloudformation.resources.handler import (
    Made,
    Request,
    ResourceType,
    changed,
    found,
    tag_change,
    tag_map,
)
from mlfn_localstack.services.cloudformation.resources.iam_entity import document
from mlfn_localstack.services.cloudformation.schema import BOOLEAN, INTEGER, JSON, STRING, TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEFAULT_WINDOW_DAYS = 30


class Key(ResourceType):
    """A key; deleting it schedules its deletion."""

    properties: ClassVar[Mapping[str, Any]] = {
        "BypassPolicyLockoutSafetyCheck": BOOLEAN,
        "Description": STRING,
        "EnableKeyRotation": BOOLEAN,
        "Enabled": BOOLEAN,
        "KeyPolicy": JSON,
        "KeySpec": STRING,
        "KeyUsage": STRING,
        "MultiRegion": BOOLEAN,
        "Origin": STRING,
        "PendingWindowInDays": INTEGER,
        "RotationPeriodInDays": INTEGER,
        "Tags": TAGS,
    }
    create_only = frozenset({"KeySpec", "KeyUsage", "MultiRegion", "Origin"})
    attributes = frozenset({"Arn", "KeyId"})
    identifier = "KeyId"
    tag_style = "list"
    system_tags = False

    async def create(self, request: Request) -> Made:
        """Create it, then set what creation does not take."""
        given = request.properties
        tags = [{"TagKey": key, "TagValue": value} for key, value in tag_map(given.get("Tags")).items()]
        answer = await request.call(
            "kms",
            "CreateKey",
            Policy=document(given["KeyPolicy"]) if "KeyPolicy" in given else None,
            Tags=tags or None,
            **request.pick(
                "BypassPolicyLockoutSafetyCheck", "Description", "KeySpec", "KeyUsage", "MultiRegion", "Origin"
            ),
        )
        metadata = answer["KeyMetadata"]
        await request.created(metadata["KeyId"])
        await self._switches(request, metadata["KeyId"], {})
        return _key(request, metadata["KeyId"])

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change description, policy, rotation, tags, and whether it is enabled."""
        new = request.properties
        if changed(new, old, ["Description"]):
            description = new.get("Description", "")
            await request.call("kms", "UpdateKeyDescription", KeyId=physical_id, Description=description)
        if changed(new, old, ["KeyPolicy"]) and "KeyPolicy" in new:
            policy = document(new["KeyPolicy"])
            bypass = new.get("BypassPolicyLockoutSafetyCheck")
            await request.call(
                "kms", "PutKeyPolicy", KeyId=physical_id, Policy=policy, BypassPolicyLockoutSafetyCheck=bypass
            )
        await self._switches(request, physical_id, old)
        change = tag_change(new, old)
        if change.put:
            tags = [{"TagKey": key, "TagValue": value} for key, value in change.put.items()]
            await request.call("kms", "TagResource", KeyId=physical_id, Tags=tags)
        if change.removed:
            await request.call("kms", "UntagResource", KeyId=physical_id, TagKeys=change.removed)
        return _key(request, physical_id)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Schedule its deletion."""
        days = request.properties.get("PendingWindowInDays", _DEFAULT_WINDOW_DAYS)
        await request.call("kms", "ScheduleKeyDeletion", KeyId=physical_id, PendingWindowInDays=days)

    async def read(self, request: Request, physical_id: str) -> dict[str, Any] | None:
        """What the key is now; one that awaits its deletion is gone."""
        answer = await found(request.call("kms", "DescribeKey", KeyId=physical_id))
        if answer is None or answer["KeyMetadata"]["KeyState"] == "PendingDeletion":
            return None
        metadata = answer["KeyMetadata"]
        policy = await request.call("kms", "GetKeyPolicy", KeyId=physical_id)
        rotation = await request.call("kms", "GetKeyRotationStatus", KeyId=physical_id)
        tags = await request.call("kms", "ListResourceTags", KeyId=physical_id)
        return {
            **{
                name: metadata[name]
                for name in ("Description", "Enabled", "KeySpec", "KeyUsage", "MultiRegion", "Origin")
            },
            "EnableKeyRotation": rotation["KeyRotationEnabled"],
            "KeyPolicy": json.loads(policy["Policy"]),
            "Tags": [{"Key": one["TagKey"], "Value": one["TagValue"]} for one in tags["Tags"]],
        }

    async def _switches(self, request: Request, key_id: str, old: Mapping[str, Any]) -> None:
        new = request.properties
        if changed(new, old, ["EnableKeyRotation", "RotationPeriodInDays"]):
            if new.get("EnableKeyRotation"):
                await request.call("kms", "EnableKeyRotation", KeyId=key_id, **request.pick("RotationPeriodInDays"))
            elif old.get("EnableKeyRotation"):
                await request.call("kms", "DisableKeyRotation", KeyId=key_id)
        if new.get("Enabled", True) != old.get("Enabled", True):
            await request.call("kms", "EnableKey" if new.get("Enabled", True) else "DisableKey", KeyId=key_id)


class Alias(ResourceType):
    """Another name for a key."""

    properties: ClassVar[Mapping[str, Any]] = {"AliasName!": STRING, "TargetKeyId!": STRING}
    create_only = frozenset({"AliasName"})
    name_property = "AliasName"

    async def create(self, request: Request) -> Made:
        """Create it."""
        name = request.properties["AliasName"]
        await request.call("kms", "CreateAlias", **request.properties)
        await request.created(name)
        return Made(physical_id=name, attributes={})

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Point it at another key."""
        if changed(request.properties, old, ["TargetKeyId"]):
            await request.call("kms", "UpdateAlias", **request.properties)
        return Made(physical_id=physical_id, attributes={})

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it."""
        await request.call("kms", "DeleteAlias", AliasName=physical_id)

    async def find(self, request: Request) -> str | None:
        """The alias of that name."""
        name = request.properties["AliasName"]
        return str(name) if await found(request.call("kms", "DescribeKey", KeyId=name)) else None

    async def read(self, request: Request, physical_id: str) -> dict[str, Any] | None:
        """The key it stands for now."""
        answer = await found(request.call("kms", "DescribeKey", KeyId=physical_id))
        if answer is None:
            return None
        wanted, metadata = str(request.properties["TargetKeyId"]), answer["KeyMetadata"]
        return {"TargetKeyId": metadata["Arn"] if wanted.startswith("arn:") else metadata["KeyId"]}


def _key(request: Request, key_id: str) -> Made:
    arn = f"arn:aws:kms:{request.region}:{request.account_id}:key/{key_id}"
    return Made(physical_id=key_id, attributes={"Arn": arn, "KeyId": key_id})
