"""AWS::CloudFormation::Macro: a name under which templates ask a function to transform them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.errors import ToldFailureError
from mlfn_localstack.services.cloudformation.resources.handler import Made, Request, ResourceType
from mlfn_localstack.services.cloudformation.schema import STRING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Macro(ResourceType):
    """A macro: nothing exists of it but that the stack has it."""

    properties: ClassVar[Mapping[str, Any]] = {
        "Description": STRING,
        "FunctionName!": STRING,
        "LogGroupName": STRING,
        "LogRoleARN": STRING,
        "Name!": STRING,
    }
    create_only = frozenset({"Name"})
    name_property = "Name"
    system_tags = False

    async def create(self, request: Request) -> Made:
        """Take the name, unless another stack has it."""
        name = str(request.properties["Name"])
        owner = await _owner(request, name)
        if owner not in (None, request.stack_id):
            raise ToldFailureError(f"{name} already exists in stack {owner}")
        await request.created(name)
        return Made(physical_id=name, attributes={})

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Nothing to do: the stack remembers what was said."""
        return Made(physical_id=physical_id, attributes={})

    async def delete(self, request: Request, physical_id: str) -> None:
        """Nothing to do."""


async def _owner(request: Request, name: str) -> str | None:
    """The stack that has a macro of this name."""
    try:
        answer = await request.call("cloudformation", "DescribeStackResources", PhysicalResourceId=name)
    except ServiceError:
        return None
    macros = (
        one
        for one in answer["StackResources"]
        if one["PhysicalResourceId"] == name and one["ResourceType"] == request.type
    )
    return next((str(one["StackId"]) for one in macros), None)
