"""AWS::DynamoDB::Table through DynamoDB's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.services.cloudformation.resources.dynamodb_changes import changes, index_changes
from mlfn_localstack.services.cloudformation.resources.handler import (
    Made,
    Request,
    ResourceType,
    changed,
    found,
    settled,
    tag_change,
)
from mlfn_localstack.services.cloudformation.resources.iam_entity import document
from mlfn_localstack.services.cloudformation.schema import BOOLEAN, INTEGER, JSON, STRING, TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_SCHEMA = [{"AttributeName!": STRING, "KeyType!": STRING}]
_THROUGHPUT = {"ReadCapacityUnits!": INTEGER, "WriteCapacityUnits!": INTEGER}
LOCAL_INDEX = {
    "IndexName!": STRING,
    "KeySchema!": KEY_SCHEMA,
    "Projection!": {"NonKeyAttributes": [STRING], "ProjectionType": STRING},
}
LIMITS = {"MaxReadRequestUnits": INTEGER, "MaxWriteRequestUnits": INTEGER}
POLICY = {"PolicyDocument!": JSON}
WARM = {"ReadUnitsPerSecond": INTEGER, "WriteUnitsPerSecond": INTEGER}
_GLOBAL_INDEX = {
    **LOCAL_INDEX,
    "OnDemandThroughput": LIMITS,
    "ProvisionedThroughput": _THROUGHPUT,
    "WarmThroughput": WARM,
}
_PLAIN = (
    *("AttributeDefinitions", "BillingMode", "DeletionProtectionEnabled", "OnDemandThroughput"),
    *("ProvisionedThroughput", "TableClass", "WarmThroughput"),
)


class Table(ResourceType):
    """A table with its indexes, stream and protections."""

    properties: ClassVar[Mapping[str, Any]] = {
        "AttributeDefinitions": [{"AttributeName!": STRING, "AttributeType!": STRING}],
        "BillingMode": STRING,
        "DeletionProtectionEnabled": BOOLEAN,
        "GlobalSecondaryIndexes": [_GLOBAL_INDEX],
        "KeySchema!": KEY_SCHEMA,
        "LocalSecondaryIndexes": [LOCAL_INDEX],
        "OnDemandThroughput": LIMITS,
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": BOOLEAN, "RecoveryPeriodInDays": INTEGER},
        "ProvisionedThroughput": _THROUGHPUT,
        "ResourcePolicy": POLICY,
        "SSESpecification": {"KMSMasterKeyId": STRING, "SSEEnabled!": BOOLEAN, "SSEType": STRING},
        "StreamSpecification": {"StreamViewType!": STRING},
        "TableClass": STRING,
        "TableName": STRING,
        "Tags": TAGS,
        "TimeToLiveSpecification": {"AttributeName": STRING, "Enabled!": BOOLEAN},
        "WarmThroughput": WARM,
    }
    create_only = frozenset({"TableName", "KeySchema", "LocalSecondaryIndexes"})
    attributes = frozenset({"Arn", "StreamArn"})
    name_property = "TableName"
    identifier = "TableName"
    tag_style = "list"
    system_tags = False

    async def create(self, request: Request) -> Made:
        """Create it, wait until it is active, then set what CreateTable does not take."""
        name = self._name(request)
        await request.call(
            "dynamodb",
            "CreateTable",
            TableName=name,
            SSESpecification=_encryption(request.properties),
            StreamSpecification=_stream(request.properties, {}),
            **request.pick(*_PLAIN, "KeySchema", "LocalSecondaryIndexes", "GlobalSecondaryIndexes", "Tags"),
        )
        await request.created(name)
        await self._active(request, name)
        await self._afterwards(request, name, {})
        return await self._made(request, name)

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change settings and indexes one at a time, as DynamoDB wants it."""
        new = request.properties
        for change in changes(new, old, await self._described(request, physical_id)):
            await self._change(request, physical_id, **change)
        if old and changed(new, old, ["SSESpecification"]):
            await self._change(request, physical_id, SSESpecification=_encryption(new) or {"Enabled": False})
        if old and changed(new, old, ["StreamSpecification"]):
            if "StreamSpecification" in old:
                await self._change(request, physical_id, StreamSpecification={"StreamEnabled": False})
            if "StreamSpecification" in new:
                await self._change(request, physical_id, StreamSpecification=_stream(new, old))
        if old and changed(new, old, ["GlobalSecondaryIndexes"]):
            for change in index_changes(new, await self._described(request, physical_id)):
                await self._change(request, physical_id, **change)
        await self._afterwards(request, physical_id, old)
        await self._tags(request, physical_id, old)
        return await self._made(request, physical_id)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it and wait until its name is free."""
        await request.call("dynamodb", "DeleteTable", TableName=physical_id)

        async def state() -> str:
            answer = await found(request.call("dynamodb", "DescribeTable", TableName=physical_id))
            return str(answer["Table"]["TableStatus"]) if answer else "DELETED"

        await settled(state, busy=["DELETING"])

    async def find(self, request: Request) -> str | None:
        """The table of that name."""
        name = self._name(request)
        return name if await found(request.call("dynamodb", "DescribeTable", TableName=name)) else None

    async def read(self, request: Request, physical_id: str) -> dict[str, Any] | None:
        """Its keys, billing, stream, protection, recovery, TTL and tags."""
        answer = await found(request.call("dynamodb", "DescribeTable", TableName=physical_id))
        if answer is None:
            return None
        table = answer["Table"]
        ttl = await request.call("dynamodb", "DescribeTimeToLive", TableName=physical_id)
        backups = await request.call("dynamodb", "DescribeContinuousBackups", TableName=physical_id)
        tags = await request.call("dynamodb", "ListTagsOfResource", ResourceArn=table["TableArn"])
        recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        stream = table.get("StreamSpecification", {}).get("StreamViewType")
        described = ttl["TimeToLiveDescription"]
        return {
            **{name: table[name] for name in ("AttributeDefinitions", "KeySchema")},
            "BillingMode": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
            "DeletionProtectionEnabled": table.get("DeletionProtectionEnabled", False),
            "OnDemandThroughput": table.get("OnDemandThroughput"),
            "PointInTimeRecoverySpecification": {
                "PointInTimeRecoveryEnabled": recovery["PointInTimeRecoveryStatus"] == "ENABLED"
            },
            "StreamSpecification": {"StreamViewType": stream} if stream else None,
            "TimeToLiveSpecification": {
                "AttributeName": described.get("AttributeName"),
                "Enabled": described["TimeToLiveStatus"] in ("ENABLED", "ENABLING"),
            },
            "Tags": tags["Tags"],
        }

    def _name(self, request: Request) -> str:
        return request.name(request.properties.get("TableName"), limit=255)

    async def _change(self, request: Request, name: str, **params: Any) -> None:
        await request.call("dynamodb", "UpdateTable", TableName=name, **params)
        await self._active(request, name)

    async def _described(self, request: Request, name: str) -> dict[str, Any]:
        table: dict[str, Any] = (await request.call("dynamodb", "DescribeTable", TableName=name))["Table"]
        return table

    async def _active(self, request: Request, name: str) -> None:
        async def state() -> str:
            table = await self._described(request, name)
            indexes = [one.get("IndexStatus", "ACTIVE") for one in table.get("GlobalSecondaryIndexes", [])]
            busy = [status for status in (table["TableStatus"], *indexes) if status != "ACTIVE"]
            return str(busy[0]) if busy else "ACTIVE"

        await settled(state, busy=["CREATING", "UPDATING", "DELETING"])

    async def _made(self, request: Request, name: str) -> Made:
        table = await self._described(request, name)
        attributes = {"Arn": table["TableArn"]}
        if "LatestStreamArn" in table:
            attributes["StreamArn"] = table["LatestStreamArn"]
        return Made(physical_id=name, attributes=attributes)

    async def _afterwards(self, request: Request, name: str, old: Mapping[str, Any]) -> None:
        new = request.properties
        recovery = new.get("PointInTimeRecoverySpecification")
        if recovery != old.get("PointInTimeRecoverySpecification"):
            wanted = recovery or {"PointInTimeRecoveryEnabled": False}
            await request.call(
                "dynamodb", "UpdateContinuousBackups", TableName=name, PointInTimeRecoverySpecification=wanted
            )
        ttl, had = new.get("TimeToLiveSpecification"), old.get("TimeToLiveSpecification")
        if ttl != had:
            wanted = ttl or {**(had or {}), "Enabled": False}
            if wanted["Enabled"] or had:
                await request.call("dynamodb", "UpdateTimeToLive", TableName=name, TimeToLiveSpecification=wanted)
        if changed(new, old, ["ResourcePolicy"]):
            await self._policy(request, name)

    async def _policy(self, request: Request, name: str) -> None:
        policy, arn = request.properties.get("ResourcePolicy"), _arn(request, name)
        if policy:
            text = document(policy["PolicyDocument"])
            await request.call("dynamodb", "PutResourcePolicy", ResourceArn=arn, Policy=text)
        else:
            await request.call("dynamodb", "DeleteResourcePolicy", ResourceArn=arn)

    async def _tags(self, request: Request, name: str, old: Mapping[str, Any]) -> None:
        change = tag_change(request.properties, old)
        arn = _arn(request, name)
        if change.put:
            tags = [{"Key": key, "Value": value} for key, value in change.put.items()]
            await request.call("dynamodb", "TagResource", ResourceArn=arn, Tags=tags)
        if change.removed:
            await request.call("dynamodb", "UntagResource", ResourceArn=arn, TagKeys=change.removed)


def _arn(request: Request, name: str) -> str:
    return f"arn:aws:dynamodb:{request.region}:{request.account_id}:table/{name}"


def _encryption(properties: Mapping[str, Any]) -> dict[str, Any] | None:
    given = properties.get("SSESpecification")
    if given is None:
        return None
    return {"Enabled" if key == "SSEEnabled" else key: value for key, value in given.items()}


def _stream(new: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any] | None:
    given = new.get("StreamSpecification")
    if given is None:
        return {"StreamEnabled": False} if "StreamSpecification" in old else None
    return {"StreamEnabled": True, **given}
