"""AWS::CloudFormation::Stack: a stack whose life is part of another's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.errors import NO_UPDATES, ToldFailureError
from mlfn_localstack.services.cloudformation.resources.handler import (
    Made,
    Request,
    ResourceType,
    settled,
)
from mlfn_localstack.services.cloudformation.schema import INTEGER, STRING, TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

_OUTPUTS = "Outputs."
_UPDATED = "LastUpdatedTime"
_BUSY = (
    "CREATE_IN_PROGRESS",
    "ROLLBACK_IN_PROGRESS",
    "UPDATE_IN_PROGRESS",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_ROLLBACK_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    "DELETE_IN_PROGRESS",
)
_DONE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


class NestedStack(ResourceType):
    """A stack that another one makes, changes and deletes."""

    properties: ClassVar[Mapping[str, Any]] = {
        "NotificationARNs": [STRING],
        "Parameters": {"*": STRING},
        "Tags": TAGS,
        "TemplateURL!": STRING,
        "TimeoutInMinutes": INTEGER,
    }
    tag_style = "list"
    system_tags = False
    reexamined = True

    def has_attribute(self, name: str) -> bool:
        """Whatever the other template puts out."""
        return name.startswith(_OUTPUTS)

    async def create(self, request: Request) -> Made:
        """Create it, and leave it as it is if that fails: it goes with the rollback of the stack around it."""
        params = _params(request) | {"OnFailure": "DO_NOTHING", "ParentStackId": request.stack_id}
        params |= request.pick("TimeoutInMinutes")
        name = request.name(None, limit=128)
        made = await request.call("cloudformation", "CreateStack", StackName=name, **params)
        await request.created(made["StackId"])
        stack = await _settled(request, made["StackId"])
        if stack["StackStatus"] not in _DONE:
            reason = stack.get("StackStatusReason", "")
            raise ToldFailureError(f"Embedded stack {stack['StackId']} was not successfully created: {reason} ")
        return _made(stack)

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Have it look at its template again, and change what differs, or have it be what it was."""
        stack = await _settled(request, physical_id)
        if request.remembered is not None and _is_as_before(stack, request.remembered):
            return _made(stack)
        params = _params(request) if request.remembered is None else {"Reverting": True}
        try:
            await request.call("cloudformation", "UpdateStack", StackName=physical_id, **params)
        except ServiceError as error:
            if error.message != NO_UPDATES:
                raise
            return _made(stack)
        stack = await _settled(request, physical_id)
        if stack["StackStatus"] != "UPDATE_COMPLETE":
            raise ToldFailureError(await _why_not_updated(request, physical_id))
        return _made(stack)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it with all that it made."""
        await request.call("cloudformation", "DeleteStack", StackName=physical_id)
        stack = await _settled(request, physical_id)
        if stack["StackStatus"] != "DELETE_COMPLETE":
            reason = stack.get("StackStatusReason", "")
            raise ToldFailureError(f"Embedded stack {physical_id} was not successfully deleted: {reason} ")

    async def find(self, request: Request) -> str | None:
        """The stack of that name."""
        try:
            answer = await request.call("cloudformation", "DescribeStacks", StackName=request.name(None, limit=128))
        except ServiceError:
            return None
        return str(answer["Stacks"][0]["StackId"])


def _params(request: Request) -> dict[str, Any]:
    """What creating and updating have in common."""
    parameters = request.properties.get("Parameters", {})
    return {
        "TemplateURL": request.properties["TemplateURL"],
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Capabilities": list(request.capabilities),
        **request.pick("NotificationARNs", "Tags"),
    }


async def _settled(request: Request, stack_id: str) -> dict[str, Any]:
    """The stack once nothing is under way."""
    seen: list[dict[str, Any]] = []

    async def status() -> str:
        seen[:] = (await request.call("cloudformation", "DescribeStacks", StackName=stack_id))["Stacks"]
        return str(seen[0]["StackStatus"])

    await settled(status, busy=_BUSY)
    return seen[0]


async def _why_not_updated(request: Request, stack_id: str) -> str:
    """What its events say of why it went back."""
    status = "UPDATE_ROLLBACK_IN_PROGRESS"
    events = (await request.call("cloudformation", "DescribeStackEvents", StackName=stack_id))["StackEvents"]
    own = (one for one in events if one["PhysicalResourceId"] == stack_id and one["ResourceStatus"] == status)
    reason = next((one.get("ResourceStatusReason", "") for one in own), "")
    return f"Embedded stack {stack_id} was not successfully updated. Currently in {status} with reason: {reason}"


def _is_as_before(stack: Mapping[str, Any], remembered: Mapping[str, Any]) -> bool:
    """Whether it went back by itself, or was never changed."""
    return stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE" or _updated(stack) == remembered.get(_UPDATED)


def _updated(stack: Mapping[str, Any]) -> str:
    return str(stack.get("LastUpdatedTime", ""))


def _made(stack: Mapping[str, Any]) -> Made:
    outputs = {f"{_OUTPUTS}{one['OutputKey']}": one["OutputValue"] for one in stack.get("Outputs", ())}
    return Made(physical_id=stack["StackId"], attributes=outputs | {_UPDATED: _updated(stack)})
