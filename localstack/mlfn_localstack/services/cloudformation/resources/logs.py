"""AWS::Logs::LogGroup, ::MetricFilter and ::SubscriptionFilter through CloudWatch Logs' API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.services.cloudformation.resources.handler import (
    Made,
    Request,
    ResourceType,
    found,
    tag_change,
    tag_map,
)
from mlfn_localstack.services.cloudformation.schema import BOOLEAN, INTEGER, NUMBER, STRING, TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping


class LogGroup(ResourceType):
    """A log group and how long it keeps events."""

    properties: ClassVar[Mapping[str, Any]] = {
        "DeletionProtectionEnabled": BOOLEAN,
        "KmsKeyId": STRING,
        "LogGroupClass": STRING,
        "LogGroupName": STRING,
        "RetentionInDays": INTEGER,
        "Tags": TAGS,
    }
    create_only = frozenset({"LogGroupName"})
    attributes = frozenset({"Arn"})
    name_property = "LogGroupName"
    identifier = "LogGroupName"
    tag_style = "list"

    async def create(self, request: Request) -> Made:
        """Create it and set its retention."""
        name = self._name(request)
        given = request.properties
        await request.call(
            "logs",
            "CreateLogGroup",
            logGroupName=name,
            kmsKeyId=given.get("KmsKeyId"),
            logGroupClass=given.get("LogGroupClass"),
            deletionProtectionEnabled=given.get("DeletionProtectionEnabled"),
            tags=tag_map(given.get("Tags")) or None,
        )
        await request.created(name)
        await self._retention(request, name, {})
        return self._made(request, name)

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change retention, key and tags."""
        await self._retention(request, physical_id, old)
        await self._key(request, physical_id, old)
        change, arn = tag_change(request.properties, old), self._arn(request, physical_id)
        if change.put:
            await request.call("logs", "TagResource", resourceArn=arn, tags=change.put)
        if change.removed:
            await request.call("logs", "UntagResource", resourceArn=arn, tagKeys=change.removed)
        return self._made(request, physical_id)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it with its events."""
        await request.call("logs", "DeleteLogGroup", logGroupName=physical_id)

    async def find(self, request: Request) -> str | None:
        """The log group of that name."""
        name = self._name(request)
        groups = (await request.call("logs", "DescribeLogGroups", logGroupNamePrefix=name))["logGroups"]
        return name if any(group["logGroupName"] == name for group in groups) else None

    async def read(self, request: Request, physical_id: str) -> dict[str, Any] | None:
        """How long it keeps events, and its tags."""
        groups = (await request.call("logs", "DescribeLogGroups", logGroupNamePrefix=physical_id))["logGroups"]
        group = next((one for one in groups if one["logGroupName"] == physical_id), None)
        if group is None:
            return None
        arn = self._arn(request, physical_id)
        tags = (await request.call("logs", "ListTagsForResource", resourceArn=arn))["tags"]
        return {
            **({"KmsKeyId": group["kmsKeyId"]} if "kmsKeyId" in group else {}),
            "LogGroupName": physical_id,
            "RetentionInDays": group.get("retentionInDays"),
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        }

    def _name(self, request: Request) -> str:
        return request.name(request.properties.get("LogGroupName"), limit=512)

    def _arn(self, request: Request, name: str) -> str:
        return f"arn:aws:logs:{request.region}:{request.account_id}:log-group:{name}"

    def _made(self, request: Request, name: str) -> Made:
        return Made(physical_id=name, attributes={"Arn": f"{self._arn(request, name)}:*"})

    async def _retention(self, request: Request, name: str, old: Mapping[str, Any]) -> None:
        days = request.properties.get("RetentionInDays")
        if days == old.get("RetentionInDays"):
            return
        if days is None:
            await request.call("logs", "DeleteRetentionPolicy", logGroupName=name)
        else:
            await request.call("logs", "PutRetentionPolicy", logGroupName=name, retentionInDays=days)

    async def _key(self, request: Request, name: str, old: Mapping[str, Any]) -> None:
        key = request.properties.get("KmsKeyId")
        if key == old.get("KmsKeyId"):
            return
        if key is None:
            await request.call("logs", "DisassociateKmsKey", logGroupName=name)
        else:
            await request.call("logs", "AssociateKmsKey", logGroupName=name, kmsKeyId=key)


class _Filter(ResourceType):
    """What does something with those events of a group that fit a pattern."""

    kind: ClassVar[str]
    """Its name in the operations of CloudWatch Logs."""
    create_only = frozenset({"FilterName", "LogGroupName"})
    name_property = "FilterName"

    async def create(self, request: Request) -> Made:
        """Put it."""
        await self._put(request, self._name(request))
        await request.created(self._name(request))
        return Made(physical_id=self._name(request), attributes={})

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Put it anew."""
        await self._put(request, physical_id)
        return Made(physical_id=physical_id, attributes={})

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it."""
        group = request.properties["LogGroupName"]
        await request.call("logs", f"Delete{self.kind}", logGroupName=group, filterName=physical_id)

    async def find(self, request: Request) -> str | None:
        """The filter of that name."""
        name, group = self._name(request), request.properties["LogGroupName"]
        wanted = {"logGroupName": group, "filterNamePrefix": name}
        answer = await found(request.call("logs", f"Describe{self.kind}s", **wanted))
        filters = answer[f"{_lower_first(self.kind)}s"] if answer else []
        return name if any(each["filterName"] == name for each in filters) else None

    def _given(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        return {_lower_first(key): value for key, value in properties.items() if key != "FilterName"}

    async def _put(self, request: Request, name: str) -> None:
        await request.call("logs", f"Put{self.kind}", filterName=name, **self._given(request.properties))

    def _name(self, request: Request) -> str:
        return request.name(request.properties.get("FilterName"), limit=512)


class SubscriptionFilter(_Filter):
    """Sends a group's events to a function."""

    kind = "SubscriptionFilter"
    properties: ClassVar[Mapping[str, Any]] = {
        "ApplyOnTransformedLogs": BOOLEAN,
        "DestinationArn!": STRING,
        "Distribution": STRING,
        "EmitSystemFields": [STRING],
        "FieldSelectionCriteria": STRING,
        "FilterName": STRING,
        "FilterPattern!": STRING,
        "LogGroupName!": STRING,
        "RoleArn": STRING,
    }


class MetricFilter(_Filter):
    """Makes a metric of a group's events."""

    kind = "MetricFilter"
    properties: ClassVar[Mapping[str, Any]] = {
        "ApplyOnTransformedLogs": BOOLEAN,
        "EmitSystemFieldDimensions": [STRING],
        "FieldSelectionCriteria": STRING,
        "FilterName": STRING,
        "FilterPattern!": STRING,
        "LogGroupName!": STRING,
        "MetricTransformations!": [
            {
                "DefaultValue": NUMBER,
                "Dimensions": [{"Key!": STRING, "Value!": STRING}],
                "MetricName!": STRING,
                "MetricNamespace!": STRING,
                "MetricValue!": STRING,
                "Unit": STRING,
            }
        ],
    }

    def _given(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        given = super()._given(properties)
        (transformation,) = given["metricTransformations"]
        changed = {_lower_first(key): value for key, value in transformation.items()}
        if "dimensions" in changed:
            changed["dimensions"] = {each["Key"]: each["Value"] for each in changed["dimensions"]}
        return given | {"metricTransformations": [changed]}


def _lower_first(name: str) -> str:
    return name[0].lower() + name[1:]
