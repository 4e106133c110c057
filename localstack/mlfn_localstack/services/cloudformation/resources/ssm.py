"""AWS::SSM::Parameter through the Parameter Store's API."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.resources.handler import (
    Made,
    Request,
    ResourceType,
    changed,
    found,
    tag_change,
    tag_map,
)
from mlfn_localstack.services.cloudformation.schema import JSON, STRING

if TYPE_CHECKING:
    from collections.abc import Mapping

_SETTINGS = ("AllowedPattern", "DataType", "Description", "Policies", "Tier", "Type", "Value")
_TYPES = ("String", "StringList")


class Parameter(ResourceType):
    """A text with its tags."""

    properties: ClassVar[Mapping[str, Any]] = {
        "AllowedPattern": STRING,
        "DataType": STRING,
        "Description": STRING,
        "Name": STRING,
        "Policies": STRING,
        "Tags": JSON,
        "Tier": STRING,
        "Type!": STRING,
        "Value!": STRING,
    }
    create_only = frozenset({"Name"})
    attributes = frozenset({"Type", "Value"})
    name_property = "Name"
    identifier = "Name"
    tag_style = "map"

    async def create(self, request: Request) -> Made:
        """Put it, where there is none of that name."""
        name = _name(request)
        await _put(request, name, Tags=_pairs(tag_map(request.properties.get("Tags"))) or None)
        await request.created(name)
        return _made(request, name)

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Put another version of it."""
        if changed(request.properties, old, _SETTINGS):
            await _put(request, physical_id, Overwrite=True)
        change = tag_change(request.properties, old)
        about = {"ResourceType": "Parameter", "ResourceId": physical_id}
        if change.put:
            await request.call("ssm", "AddTagsToResource", **about, Tags=_pairs(change.put))
        if change.removed:
            await request.call("ssm", "RemoveTagsFromResource", **about, TagKeys=change.removed)
        return _made(request, physical_id)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it with its versions."""
        await request.call("ssm", "DeleteParameter", Name=physical_id)

    async def find(self, request: Request) -> str | None:
        """The parameter of that name."""
        name = _name(request)
        return name if await found(request.call("ssm", "GetParameter", Name=name)) is not None else None

    async def read(self, request: Request, physical_id: str) -> dict[str, Any] | None:
        """Its newest version and its tags."""
        answer = await found(request.call("ssm", "GetParameter", Name=physical_id))
        if answer is None:
            return None
        parameter = answer["Parameter"]
        tags = await request.call("ssm", "ListTagsForResource", ResourceType="Parameter", ResourceId=physical_id)
        shown = {name: parameter[name] for name in ("DataType", "Name", "Type", "Value")}
        return {**shown, "Tags": tag_map(tags["TagList"])}


def _name(request: Request) -> str:
    """The name given, or one as CloudFormation makes it for parameters."""
    given: str | None = request.properties.get("Name")
    return given or f"CFN-{request.logical_id}-{hashlib.sha256(request.token.encode()).hexdigest()[:12]}"


async def _put(request: Request, name: str, **more: Any) -> None:
    if request.properties["Type"] not in _TYPES:
        raise ServiceError("ValidationException", "A stack can make parameters of type String and StringList alone.")
    await request.call("ssm", "PutParameter", Name=name, **request.pick(*_SETTINGS), **more)


def _made(request: Request, name: str) -> Made:
    return Made(physical_id=name, attributes=request.pick("Type", "Value"))


def _pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
