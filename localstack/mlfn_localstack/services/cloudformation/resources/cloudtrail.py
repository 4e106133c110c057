"""AWS::CloudTrail::Trail through CloudTrail's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.services.cloudformation.resources.handler import (
    Made,
    Request,
    ResourceType,
    changed,
    found,
    tag_change,
)
from mlfn_localstack.services.cloudformation.schema import BOOLEAN, STRING, TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

_SETTINGS = (
    "EnableLogFileValidation",
    "IncludeGlobalServiceEvents",
    "IsMultiRegionTrail",
    "S3BucketName",
    "S3KeyPrefix",
)
_DEFAULT_SELECTORS = [{"ReadWriteType": "All", "IncludeManagementEvents": True}]


class Trail(ResourceType):
    """A trail with its event selectors."""

    properties: ClassVar[Mapping[str, Any]] = {
        "EnableLogFileValidation": BOOLEAN,
        "EventSelectors": [
            {
                "DataResources": [{"Type!": STRING, "Values": [STRING]}],
                "ExcludeManagementEventSources": [STRING],
                "IncludeManagementEvents": BOOLEAN,
                "ReadWriteType": STRING,
            }
        ],
        "IncludeGlobalServiceEvents": BOOLEAN,
        "IsLogging!": BOOLEAN,
        "IsMultiRegionTrail": BOOLEAN,
        "S3BucketName!": STRING,
        "S3KeyPrefix": STRING,
        "Tags": TAGS,
        "TrailName": STRING,
    }
    create_only = frozenset({"TrailName"})
    attributes = frozenset({"Arn"})
    name_property = "TrailName"
    identifier = "TrailName"
    tag_style = "list"

    async def create(self, request: Request) -> Made:
        """Create it, choose its events, and start it if it is to log."""
        name = self._name(request)
        tags = request.properties.get("Tags")
        await request.call("cloudtrail", "CreateTrail", Name=name, TagsList=tags, **request.pick(*_SETTINGS))
        await request.created(name)
        await self._selectors(request, name, {})
        await self._logging(request, name, {"IsLogging": False})
        return self._made(request, name)

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change settings, events, tags, and whether it logs."""
        if changed(request.properties, old, _SETTINGS):
            await request.call("cloudtrail", "UpdateTrail", Name=physical_id, **request.pick(*_SETTINGS))
        await self._selectors(request, physical_id, old)
        await self._logging(request, physical_id, old)
        made, change = self._made(request, physical_id), tag_change(request.properties, old)
        arn = made.attributes["Arn"]
        if change.put:
            tags = [{"Key": key, "Value": value} for key, value in change.put.items()]
            await request.call("cloudtrail", "AddTags", ResourceId=arn, TagsList=tags)
        if change.removed:
            gone = [{"Key": key} for key in change.removed]
            await request.call("cloudtrail", "RemoveTags", ResourceId=arn, TagsList=gone)
        return made

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it; its log files stay."""
        await request.call("cloudtrail", "DeleteTrail", Name=physical_id)

    async def find(self, request: Request) -> str | None:
        """The trail of that name."""
        name = self._name(request)
        return name if await found(request.call("cloudtrail", "GetTrail", Name=name)) else None

    async def read(self, request: Request, physical_id: str) -> dict[str, Any] | None:
        """What the trail is now."""
        answer = await found(request.call("cloudtrail", "GetTrail", Name=physical_id))
        if answer is None:
            return None
        trail = answer["Trail"]
        status = await request.call("cloudtrail", "GetTrailStatus", Name=physical_id)
        actual = {name: trail[name] for name in _SETTINGS if name in trail}
        actual["EnableLogFileValidation"] = trail["LogFileValidationEnabled"]
        return {**actual, "IsLogging": status["IsLogging"]}

    async def _selectors(self, request: Request, name: str, old: Mapping[str, Any]) -> None:
        if changed(request.properties, old, ["EventSelectors"]):
            selectors = request.properties.get("EventSelectors", _DEFAULT_SELECTORS)
            await request.call("cloudtrail", "PutEventSelectors", TrailName=name, EventSelectors=selectors)

    async def _logging(self, request: Request, name: str, old: Mapping[str, Any]) -> None:
        if changed(request.properties, old, ["IsLogging"]):
            operation = "StartLogging" if request.properties["IsLogging"] else "StopLogging"
            await request.call("cloudtrail", operation, Name=name)

    def _name(self, request: Request) -> str:
        return request.name(request.properties.get("TrailName"), limit=128)

    def _made(self, request: Request, name: str) -> Made:
        arn = f"arn:aws:cloudtrail:{request.region}:{request.account_id}:trail/{name}"
        return Made(physical_id=name, attributes={"Arn": arn})
