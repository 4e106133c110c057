"""AWS::Events::EventBus, ::EventBusPolicy and ::Archive through EventBridge's API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.services.cloudformation.resources.events import retag
from mlfn_localstack.services.cloudformation.resources.handler import Made, Request, ResourceType, found
from mlfn_localstack.services.cloudformation.resources.iam_entity import document
from mlfn_localstack.services.cloudformation.schema import INTEGER, JSON, STRING, TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEFAULT_BUS = "default"


class EventBus(ResourceType):
    """An event bus, and who else may send events to it."""

    properties: ClassVar[Mapping[str, Any]] = {"Description": STRING, "Name!": STRING, "Policy": JSON, "Tags": TAGS}
    create_only = frozenset({"Name"})
    attributes = frozenset({"Arn", "Name"})
    name_property = "Name"
    tag_style = "list"

    async def create(self, request: Request) -> Made:
        """Create it, then put its policy."""
        given = request.pick("Name", "Description")
        name = given["Name"]
        await request.call("events", "CreateEventBus", **given, Tags=request.properties.get("Tags") or None)
        await request.created(name)
        await self._permit(request, name)
        return self._made(request, name)

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change its description, policy and tags."""
        description = request.properties.get("Description", "")
        await request.call("events", "UpdateEventBus", Name=physical_id, Description=description)
        if request.properties.get("Policy") != old.get("Policy"):
            if "Policy" not in request.properties:
                await request.call("events", "RemovePermission", EventBusName=physical_id, RemoveAllPermissions=True)
            await self._permit(request, physical_id)
        made = self._made(request, physical_id)
        await retag(request, made.attributes["Arn"], old)
        return made

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it."""
        await request.call("events", "DeleteEventBus", Name=physical_id)

    async def find(self, request: Request) -> str | None:
        """The bus of that name."""
        name: str = request.properties["Name"]
        return name if await found(request.call("events", "DescribeEventBus", Name=name)) else None

    async def _permit(self, request: Request, name: str) -> None:
        if "Policy" in request.properties:
            policy = document(request.properties["Policy"])
            await request.call("events", "PutPermission", EventBusName=name, Policy=policy)

    def _made(self, request: Request, name: str) -> Made:
        arn = f"arn:aws:events:{request.region}:{request.account_id}:event-bus/{name}"
        return Made(physical_id=name, attributes={"Arn": arn, "Name": name})


class EventBusPolicy(ResourceType):
    """One statement of a bus' policy, whole or by its parts."""

    properties: ClassVar[Mapping[str, Any]] = {
        "Action": STRING,
        "Condition": {"Key": STRING, "Type": STRING, "Value": STRING},
        "EventBusName": STRING,
        "Principal": STRING,
        "Statement": JSON,
        "StatementId!": STRING,
    }
    create_only = frozenset({"EventBusName", "StatementId"})

    async def create(self, request: Request) -> Made:
        """Put the statement."""
        bus = request.properties.get("EventBusName", _DEFAULT_BUS)
        physical_id = f"{bus}|{request.properties['StatementId']}"
        await request.created(physical_id)
        return await self.update(request, physical_id, {})

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Put the statement anew; the bus' others stay."""
        statement = request.properties.get("Statement")
        bus = request.pick("EventBusName")
        if statement is None:
            given = request.pick("Action", "Condition", "Principal", "StatementId")
            await request.call("events", "PutPermission", **bus, **given)
        else:
            described = await request.call("events", "DescribeEventBus", **_name(bus))
            sid = request.properties["StatementId"]
            others = json.loads(described.get("Policy", "{}")).get("Statement", [])
            kept = [each for each in others if each.get("Sid") != sid]
            parsed = json.loads(statement) if isinstance(statement, str) else statement
            policy = {"Version": "2012-10-17", "Statement": [*kept, {"Sid": sid, **parsed}]}
            await request.call("events", "PutPermission", **bus, Policy=json.dumps(policy))
        return Made(physical_id=physical_id, attributes={})

    async def delete(self, request: Request, physical_id: str) -> None:
        """Remove the statement."""
        given = request.pick("EventBusName", "StatementId")
        await found(request.call("events", "RemovePermission", **given))


class Archive(ResourceType):
    """An archive of a bus' events."""

    properties: ClassVar[Mapping[str, Any]] = {
        "ArchiveName": STRING,
        "Description": STRING,
        "EventPattern": JSON,
        "RetentionDays": INTEGER,
        "SourceArn!": STRING,
    }
    create_only = frozenset({"ArchiveName", "SourceArn"})
    attributes = frozenset({"Arn"})
    name_property = "ArchiveName"

    async def create(self, request: Request) -> Made:
        """Create it."""
        name = self._name(request)
        source = request.properties["SourceArn"]
        created = await request.call(
            "events", "CreateArchive", ArchiveName=name, EventSourceArn=source, **self._settings(request)
        )
        await request.created(name)
        return Made(physical_id=name, attributes={"Arn": created["ArchiveArn"]})

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change its settings."""
        updated = await request.call("events", "UpdateArchive", ArchiveName=physical_id, **self._settings(request))
        return Made(physical_id=physical_id, attributes={"Arn": updated["ArchiveArn"]})

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it with its events."""
        await request.call("events", "DeleteArchive", ArchiveName=physical_id)

    async def find(self, request: Request) -> str | None:
        """The archive of that name."""
        name = self._name(request)
        return name if await found(request.call("events", "DescribeArchive", ArchiveName=name)) else None

    def _name(self, request: Request) -> str:
        return request.name(request.properties.get("ArchiveName"), limit=48)

    def _settings(self, request: Request) -> dict[str, Any]:
        given = request.pick("Description", "RetentionDays")
        pattern = request.properties.get("EventPattern")
        return given if pattern is None else given | {"EventPattern": document(pattern)}


def _name(bus: Mapping[str, Any]) -> dict[str, Any]:
    return {"Name": bus["EventBusName"]} if bus else {}
