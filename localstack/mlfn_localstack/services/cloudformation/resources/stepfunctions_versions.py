"""AWS::StepFunctions::StateMachineVersion through Step Functions' API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.services.cloudformation.resources.handler import Made, Request, ResourceType, found
from mlfn_localstack.services.cloudformation.schema import STRING

if TYPE_CHECKING:
    from collections.abc import Mapping


class StateMachineVersion(ResourceType):
    """A published version: what the state machine is when the resource is made."""

    properties: ClassVar[Mapping[str, Any]] = {
        "Description": STRING,
        "StateMachineArn!": STRING,
        "StateMachineRevisionId": STRING,
    }
    create_only = frozenset({"Description", "StateMachineArn", "StateMachineRevisionId"})
    attributes = frozenset({"Arn"})

    async def create(self, request: Request) -> Made:
        """Publish; a revision that was published before keeps its version."""
        given = request.properties
        answer = await request.call(
            "stepfunctions",
            "PublishStateMachineVersion",
            stateMachineArn=given["StateMachineArn"],
            description=given.get("Description"),
            revisionId=given.get("StateMachineRevisionId"),
        )
        arn = answer["stateMachineVersionArn"]
        await request.created(arn)
        return Made(physical_id=arn, attributes={"Arn": arn})

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Nothing of a version can change: a creation that was interrupted goes on with it."""
        return Made(physical_id=physical_id, attributes={"Arn": physical_id})

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete that version."""
        await request.call("stepfunctions", "DeleteStateMachineVersion", stateMachineVersionArn=physical_id)

    async def find(self, request: Request) -> str | None:
        """The version that holds what the state machine is now."""
        machine = request.properties["StateMachineArn"]
        described = await found(request.call("stepfunctions", "DescribeStateMachine", stateMachineArn=machine))
        newest = await found(request.call("stepfunctions", "ListStateMachineVersions", stateMachineArn=machine))
        versions = newest["stateMachineVersions"] if newest else []
        if described is None or not versions:
            return None
        arn = str(versions[0]["stateMachineVersionArn"])
        published = await request.call("stepfunctions", "DescribeStateMachine", stateMachineArn=arn)
        return arn if published.get("revisionId") == described.get("revisionId") else None
