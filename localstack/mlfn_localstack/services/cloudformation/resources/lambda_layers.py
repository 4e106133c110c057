"""AWS::Lambda::LayerVersion and ::LayerVersionPermission through Lambda's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.services.cloudformation.resources.handler import Made, Request, ResourceType, found
from mlfn_localstack.services.cloudformation.schema import STRING

if TYPE_CHECKING:
    from collections.abc import Mapping


class LayerVersion(ResourceType):
    """A version of a layer; every change makes another one."""

    properties: ClassVar[Mapping[str, Any]] = {
        "CompatibleArchitectures": [STRING],
        "CompatibleRuntimes": [STRING],
        "Content!": {"S3Bucket!": STRING, "S3Key!": STRING, "S3ObjectVersion": STRING},
        "Description": STRING,
        "LayerName": STRING,
        "LicenseInfo": STRING,
    }
    create_only = frozenset(name.removesuffix("!") for name in properties)
    attributes = frozenset({"LayerVersionArn"})

    async def create(self, request: Request) -> Made:
        """Publish it."""
        given = {**request.properties, "LayerName": request.name(request.properties.get("LayerName"))}
        arn = (await request.call("lambda", "PublishLayerVersion", **given))["LayerVersionArn"]
        await request.created(arn)
        return _version(arn)

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Nothing of a version can change."""
        return _version(physical_id)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it."""
        await request.call("lambda", "DeleteLayerVersion", **_place(physical_id))


class LayerVersionPermission(ResourceType):
    """One statement of a layer version's resource policy."""

    properties: ClassVar[Mapping[str, Any]] = {
        "Action!": STRING,
        "LayerVersionArn!": STRING,
        "OrganizationId": STRING,
        "Principal!": STRING,
    }
    create_only = frozenset(name.removesuffix("!") for name in properties)
    attributes = frozenset({"Id"})

    async def create(self, request: Request) -> Made:
        """Add the statement."""
        statement, arn = request.name(None, limit=100), request.properties["LayerVersionArn"]
        given = request.pick("Action", "OrganizationId", "Principal")
        await request.call("lambda", "AddLayerVersionPermission", StatementId=statement, **_place(arn), **given)
        made = _permission(f"{arn}#{statement}")
        await request.created(made.physical_id)
        return made

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Nothing of a statement can change."""
        return _permission(physical_id)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Remove the statement."""
        arn, _, statement = physical_id.partition("#")
        await request.call("lambda", "RemoveLayerVersionPermission", StatementId=statement, **_place(arn))

    async def find(self, request: Request) -> str | None:
        """The statement of that name."""
        statement, arn = request.name(None, limit=100), request.properties["LayerVersionArn"]
        answer = await found(request.call("lambda", "GetLayerVersionPolicy", **_place(arn)))
        return f"{arn}#{statement}" if answer and f'"{statement}"' in answer["Policy"] else None


def _place(arn: str) -> dict[str, Any]:
    layer, _, version = arn.rpartition(":")
    return {"LayerName": layer, "VersionNumber": int(version)}


def _version(arn: str) -> Made:
    return Made(physical_id=arn, attributes={"LayerVersionArn": arn})


def _permission(physical_id: str) -> Made:
    return Made(physical_id=physical_id, attributes={"Id": physical_id})
