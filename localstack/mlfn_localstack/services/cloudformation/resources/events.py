"""AWS::Events::Rule through EventBridge's API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.services.cloudformation.resources.handler import (
    Made,
    Request,
    ResourceType,
    found,
    tag_change,
)
from mlfn_localstack.services.cloudformation.schema import INTEGER, JSON, STRING, TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEFAULT_BUS = "default"


class Rule(ResourceType):
    """A rule with its targets."""

    properties: ClassVar[Mapping[str, Any]] = {
        "Description": STRING,
        "EventBusName": STRING,
        "EventPattern": JSON,
        "Name": STRING,
        "RoleArn": STRING,
        "ScheduleExpression": STRING,
        "State": STRING,
        "Tags": TAGS,
        "Targets": [
            {
                "Arn!": STRING,
                "DeadLetterConfig": {"Arn": STRING},
                "Id!": STRING,
                "Input": STRING,
                "InputPath": STRING,
                "InputTransformer": {"InputPathsMap": {"*": STRING}, "InputTemplate!": STRING},
                "RetryPolicy": {"MaximumEventAgeInSeconds": INTEGER, "MaximumRetryAttempts": INTEGER},
                "RoleArn": STRING,
                "SqsParameters": {"MessageGroupId!": STRING},
            }
        ],
    }
    create_only = frozenset({"EventBusName", "Name"})
    attributes = frozenset({"Arn"})
    name_property = "Name"
    tag_style = "list"

    async def create(self, request: Request) -> Made:
        """Put the rule, then its targets."""
        name = self._name(request)
        tags = request.properties.get("Tags")
        await request.call("events", "PutRule", **self._rule(request), Tags=tags or None)
        await request.created(self._physical_id(request, name))
        return await self._complete(request, name, [])

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Put it anew; targets and tags that are gone are removed."""
        name = physical_id.rpartition("|")[2]
        await request.call("events", "PutRule", **(self._rule(request) | {"Name": name}))
        made = await self._complete(request, name, old.get("Targets", []))
        await retag(request, made.attributes["Arn"], old)
        return made

    async def delete(self, request: Request, physical_id: str) -> None:
        """Remove its targets, then the rule."""
        place = self._bus(request) | {"Rule": physical_id.rpartition("|")[2]}
        listed = await found(request.call("events", "ListTargetsByRule", **place))
        if listed and listed["Targets"]:
            await request.call("events", "RemoveTargets", **place, Ids=[target["Id"] for target in listed["Targets"]])
        await request.call("events", "DeleteRule", **self._bus(request), Name=place["Rule"])

    async def find(self, request: Request) -> str | None:
        """The rule of that name."""
        name = self._name(request)
        described = await found(request.call("events", "DescribeRule", **self._bus(request), Name=name))
        return self._physical_id(request, name) if described else None

    async def _complete(self, request: Request, name: str, before: list[dict[str, Any]]) -> Made:
        """The rule once it has the targets of the properties, and none of those before that are not among them."""
        place = self._bus(request) | {"Rule": name}
        targets = request.properties.get("Targets", [])
        gone = {target["Id"] for target in before} - {target["Id"] for target in targets}
        if gone:
            await request.call("events", "RemoveTargets", **place, Ids=sorted(gone))
        if targets:
            await request.call("events", "PutTargets", **place, Targets=targets)
        described = await request.call("events", "DescribeRule", **self._bus(request), Name=name)
        return Made(physical_id=self._physical_id(request, name), attributes={"Arn": described["Arn"]})

    def _name(self, request: Request) -> str:
        return request.name(request.properties.get("Name"))

    def _bus(self, request: Request) -> dict[str, Any]:
        return request.pick("EventBusName")

    def _physical_id(self, request: Request, name: str) -> str:
        """A rule's name; on a bus of one's own with the bus in front."""
        bus = request.properties.get("EventBusName", _DEFAULT_BUS).rpartition("event-bus/")[2]
        return name if bus == _DEFAULT_BUS else f"{bus}|{name}"

    def _rule(self, request: Request) -> dict[str, Any]:
        given = request.pick("Description", "EventBusName", "RoleArn", "ScheduleExpression", "State")
        pattern = request.properties.get("EventPattern")
        if pattern is not None:
            given["EventPattern"] = pattern if isinstance(pattern, str) else json.dumps(pattern)
        return {**given, "Name": self._name(request)}


async def retag(request: Request, arn: str, old: Mapping[str, Any]) -> None:
    """Bring the tags of a rule or a bus from those of `old` properties to the request's."""
    change = tag_change(request.properties, old)
    if change.put:
        tags = [{"Key": key, "Value": value} for key, value in change.put.items()]
        await request.call("events", "TagResource", ResourceARN=arn, Tags=tags)
    if change.removed:
        await request.call("events", "UntagResource", ResourceARN=arn, TagKeys=change.removed)
