"""AWS::StepFunctions::StateMachineVersion and ::StateMachineAlias through Step Functions' API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.resources.handler import Made, Request, ResourceType, found
from mlfn_localstack.services.cloudformation.schema import INTEGER, STRING

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


class StateMachineAlias(ResourceType):
    """A name for one version, or for two that share what is started."""

    properties: ClassVar[Mapping[str, Any]] = {
        "DeploymentPreference": {
            "Alarms": [STRING],
            "Interval": INTEGER,
            "Percentage": INTEGER,
            "StateMachineVersionArn!": STRING,
            "Type!": STRING,
        },
        "Description": STRING,
        "Name": STRING,
        "RoutingConfiguration": [{"StateMachineVersionArn!": STRING, "Weight!": INTEGER}],
    }
    create_only = frozenset({"Name"})
    attributes = frozenset({"Arn"})
    name_property = "Name"

    async def create(self, request: Request) -> Made:
        """Create it."""
        answer = await request.call(
            "stepfunctions", "CreateStateMachineAlias", name=self._name(request), **_routed(request.properties)
        )
        await request.created(answer["stateMachineAliasArn"])
        return self._made(answer["stateMachineAliasArn"])

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Have it lead elsewhere."""
        params = {"stateMachineAliasArn": physical_id, **_routed(request.properties)}
        await request.call("stepfunctions", "UpdateStateMachineAlias", **params)
        return self._made(physical_id)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it; its versions stay."""
        await request.call("stepfunctions", "DeleteStateMachineAlias", stateMachineAliasArn=physical_id)

    async def find(self, request: Request) -> str | None:
        """The alias of that name."""
        version = _routed(request.properties)["routingConfiguration"][0]["stateMachineVersionArn"]
        arn = f"{version.rpartition(':')[0]}:{self._name(request)}"
        made = await found(request.call("stepfunctions", "DescribeStateMachineAlias", stateMachineAliasArn=arn))
        return arn if made else None

    def _name(self, request: Request) -> str:
        return request.name(request.properties.get("Name"), limit=80)

    def _made(self, arn: str) -> Made:
        return Made(physical_id=arn, attributes={"Arn": arn})


def _routed(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Where an alias leads, in the members of Step Functions.

    Raises:
        ServiceError: InvalidRequest: it leads nowhere, or would have to be moved bit by bit.
    """
    preference = properties.get("DeploymentPreference")
    if preference and preference["Type"] != "ALL_AT_ONCE":
        raise ServiceError("InvalidRequest", f"The emulator does not support deployments of type {preference['Type']}.")
    at_once = [{"StateMachineVersionArn": preference["StateMachineVersionArn"], "Weight": 100}] if preference else []
    routes = properties.get("RoutingConfiguration", at_once)
    if not routes:
        raise ServiceError("InvalidRequest", "RoutingConfiguration or DeploymentPreference is required.")
    return {
        "description": properties.get("Description"),
        "routingConfiguration": [
            {"stateMachineVersionArn": one["StateMachineVersionArn"], "weight": one["Weight"]} for one in routes
        ],
    }
