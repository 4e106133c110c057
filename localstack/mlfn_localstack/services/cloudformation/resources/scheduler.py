"""AWS::Scheduler::Schedule and AWS::Scheduler::ScheduleGroup through EventBridge Scheduler's API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.resources.handler import (
    Made,
    Request,
    ResourceType,
    found,
    tag_change,
)
from mlfn_localstack.services.cloudformation.schema import INTEGER, STRING, TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMES = ("StartDate", "EndDate")
_RETRIES = {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}


class Schedule(ResourceType):
    """A schedule with its target."""

    properties: ClassVar[Mapping[str, Any]] = {
        "Description": STRING,
        "EndDate": STRING,
        "FlexibleTimeWindow!": {"MaximumWindowInMinutes": INTEGER, "Mode!": STRING},
        "GroupName": STRING,
        "KmsKeyArn": STRING,
        "Name": STRING,
        "ScheduleExpression!": STRING,
        "ScheduleExpressionTimezone": STRING,
        "StartDate": STRING,
        "State": STRING,
        "Target!": {
            "Arn!": STRING,
            "DeadLetterConfig": {"Arn": STRING},
            "EventBridgeParameters": {"DetailType!": STRING, "Source!": STRING},
            "Input": STRING,
            "RetryPolicy": {"MaximumEventAgeInSeconds": INTEGER, "MaximumRetryAttempts": INTEGER},
            "RoleArn!": STRING,
            "SqsParameters": {"MessageGroupId": STRING},
        },
    }
    create_only = frozenset({"Name"})
    attributes = frozenset({"Arn"})
    name_property = "Name"

    async def create(self, request: Request) -> Made:
        """Create it."""
        name = self._name(request)
        await request.call("scheduler", "CreateSchedule", **(_given(request) | {"Name": name}))
        await request.created(name)
        return self._made(request, name)

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Put it anew; in another group it is made there and removed here."""
        given = _given(request) | {"Name": physical_id}
        if old and old.get("GroupName") != request.properties.get("GroupName"):
            if await self.find(request) is None:
                await request.call("scheduler", "CreateSchedule", **given)
            left = {"GroupName": old["GroupName"]} if "GroupName" in old else {}
            await found(request.call("scheduler", "DeleteSchedule", Name=physical_id, **left))
        else:
            await request.call("scheduler", "UpdateSchedule", **given)
        return self._made(request, physical_id)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it."""
        await request.call("scheduler", "DeleteSchedule", Name=physical_id, **request.pick("GroupName"))

    async def find(self, request: Request) -> str | None:
        """The schedule of that name."""
        name = self._name(request)
        wanted = {"Name": name, **request.pick("GroupName")}
        return name if await found(request.call("scheduler", "GetSchedule", **wanted)) else None

    async def read(self, request: Request, physical_id: str) -> dict[str, Any] | None:
        """What the schedule is now."""
        wanted = {"Name": physical_id, **request.pick("GroupName")}
        answer = await found(request.call("scheduler", "GetSchedule", **wanted))
        if answer is None:
            return None
        shown = {name: value for name, value in answer.items() if name in self._members()}
        given = {name: request.properties[name] for name in _TIMES if name in request.properties}
        same = {name: text for name, text in given.items() if name in shown and _moment(text) == shown[name]}
        shown["Target"] = _without_defaults(shown["Target"], request.properties.get("Target", {}))
        return {**shown, **{name: shown[name].isoformat() for name in _TIMES if name in shown}, **same}

    def _members(self) -> frozenset[str]:
        return frozenset(name.removesuffix("!") for name in self.properties)

    def _name(self, request: Request) -> str:
        return request.name(request.properties.get("Name"))

    def _made(self, request: Request, name: str) -> Made:
        group = request.properties.get("GroupName", "default")
        arn = f"arn:aws:scheduler:{request.region}:{request.account_id}:schedule/{group}/{name}"
        return Made(physical_id=name, attributes={"Arn": arn})


def _without_defaults(target: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, Any]:
    """A target without what a schedule has by default and its template does not ask for."""
    asked = declared.get("RetryPolicy", {})
    shown = target["RetryPolicy"].items()
    retries = {name: value for name, value in shown if name in asked or value != _RETRIES[name]}
    left = {name: value for name, value in target.items() if name != "RetryPolicy"}
    return left | ({"RetryPolicy": retries} if retries or "RetryPolicy" in declared else {})


class ScheduleGroup(ResourceType):
    """A group of schedules."""

    properties: ClassVar[Mapping[str, Any]] = {"Name": STRING, "Tags": TAGS}
    create_only = frozenset({"Name"})
    attributes = frozenset({"Arn", "State"})
    name_property = "Name"
    tag_style = "list"

    async def create(self, request: Request) -> Made:
        """Create it."""
        name = self._name(request)
        await request.call("scheduler", "CreateScheduleGroup", Name=name, Tags=request.properties.get("Tags") or None)
        await request.created(name)
        return self._made(request, name)

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change its tags."""
        made, change = self._made(request, physical_id), tag_change(request.properties, old)
        if change.put:
            tags = [{"Key": key, "Value": value} for key, value in change.put.items()]
            await request.call("scheduler", "TagResource", ResourceArn=made.attributes["Arn"], Tags=tags)
        if change.removed:
            arn = made.attributes["Arn"]
            await request.call("scheduler", "UntagResource", ResourceArn=arn, TagKeys=change.removed)
        return made

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it with its schedules."""
        await request.call("scheduler", "DeleteScheduleGroup", Name=physical_id)

    async def find(self, request: Request) -> str | None:
        """The group of that name."""
        name = self._name(request)
        return name if await found(request.call("scheduler", "GetScheduleGroup", Name=name)) else None

    def _name(self, request: Request) -> str:
        return request.name(request.properties.get("Name"))

    def _made(self, request: Request, name: str) -> Made:
        arn = f"arn:aws:scheduler:{request.region}:{request.account_id}:schedule-group/{name}"
        return Made(physical_id=name, attributes={"Arn": arn, "State": "ACTIVE"})


def _given(request: Request) -> dict[str, Any]:
    """The properties as the API takes them."""
    times = {name: _moment(request.properties[name]) for name in _TIMES if name in request.properties}
    return {**request.properties, **times}


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ServiceError("ValidationException", f"{text} is no date and time.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
