"""AWS::Lambda::Version and AWS::Lambda::Alias through Lambda's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.resources.handler import (
    Made,
    Request,
    ResourceType,
    changed,
    found,
    settled,
)
from mlfn_localstack.services.cloudformation.schema import INTEGER, NUMBER, STRING

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROVISIONED = {"ProvisionedConcurrentExecutions!": INTEGER}


class Version(ResourceType):
    """A published version: an unchanged function has none to publish, and CloudFormation says so."""

    properties: ClassVar[Mapping[str, Any]] = {
        "CodeSha256": STRING,
        "Description": STRING,
        "FunctionName!": STRING,
        "ProvisionedConcurrencyConfig": _PROVISIONED,
    }
    create_only = frozenset({"CodeSha256", "Description", "FunctionName", "ProvisionedConcurrencyConfig"})
    attributes = frozenset({"Version", "FunctionArn"})

    async def create(self, request: Request) -> Made:
        """Publish; the version must be one that was not there before."""
        function = request.properties["FunctionName"]
        before = await self._versions(request, function)
        answer = await request.call(
            "lambda", "PublishVersion", FunctionName=function, **request.pick("Description", "CodeSha256")
        )
        version = answer["Version"]
        if version in before:
            raise ServiceError(
                "AlreadyExists",
                f"A version for this Lambda function exists ( {version} ). "
                "Modify the function to create a new version.",
                status=409,
            )
        await request.created(answer["FunctionArn"])
        await provision(request, function, version, {})
        return _made(answer["FunctionArn"])

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Nothing of a version can change but what it takes to be complete."""
        await provision(request, request.properties["FunctionName"], physical_id.rsplit(":", 1)[1], old)
        return _made(physical_id)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete that version."""
        function, version = request.properties["FunctionName"], physical_id.rsplit(":", 1)[1]
        if "ProvisionedConcurrencyConfig" in request.properties:
            await found(_unprovision(request, function, version))
        await request.call("lambda", "DeleteFunction", FunctionName=function, Qualifier=version)

    async def find(self, request: Request) -> str | None:
        """The newest version, if it holds what the function is now and carries the same description."""
        function = request.properties["FunctionName"]
        versions = await self._versions(request, function)
        if not versions:
            return None
        newest = versions[max(versions, key=int)]
        latest = await request.call("lambda", "GetFunctionConfiguration", FunctionName=function)
        same = newest["CodeSha256"] == latest["CodeSha256"]
        told = newest.get("Description") == request.properties.get("Description", latest.get("Description"))
        return str(newest["FunctionArn"]) if same and told else None

    async def _versions(self, request: Request, function: str) -> dict[str, dict[str, Any]]:
        versions: dict[str, dict[str, Any]] = {}
        marker = None
        while True:
            page = await request.call("lambda", "ListVersionsByFunction", FunctionName=function, Marker=marker)
            versions |= {one["Version"]: one for one in page["Versions"] if one["Version"] != "$LATEST"}
            marker = page.get("NextMarker")
            if not marker:
                return versions


class Alias(ResourceType):
    """A name for one version, or two with weights."""

    properties: ClassVar[Mapping[str, Any]] = {
        "Description": STRING,
        "FunctionName!": STRING,
        "FunctionVersion!": STRING,
        "Name!": STRING,
        "ProvisionedConcurrencyConfig": _PROVISIONED,
        "RoutingConfig": {"AdditionalVersionWeights": [{"FunctionVersion!": STRING, "FunctionWeight!": NUMBER}]},
    }
    create_only = frozenset({"FunctionName", "Name"})
    attributes = frozenset({"AliasArn"})

    async def create(self, request: Request) -> Made:
        """Create it."""
        answer = await request.call("lambda", "CreateAlias", **self._params(request, {}))
        await request.created(answer["AliasArn"])
        await provision(request, request.properties["FunctionName"], request.properties["Name"], {})
        return _alias(answer["AliasArn"])

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Point it elsewhere; weights stay unless the template speaks of them."""
        if changed(request.properties, old, ["Description", "FunctionVersion", "RoutingConfig"]):
            await request.call("lambda", "UpdateAlias", **self._params(request, old))
        await provision(request, request.properties["FunctionName"], request.properties["Name"], old)
        return _alias(physical_id)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it."""
        await request.call(
            "lambda",
            "DeleteAlias",
            FunctionName=request.properties["FunctionName"],
            Name=request.properties["Name"],
        )

    async def find(self, request: Request) -> str | None:
        """The alias of that name."""
        function, name = request.properties["FunctionName"], request.properties["Name"]
        answer = await found(request.call("lambda", "GetAlias", FunctionName=function, Name=name))
        return str(answer["AliasArn"]) if answer else None

    async def read(self, request: Request, physical_id: str) -> dict[str, Any] | None:
        """The version it points at, and its weights."""
        function, name = request.properties["FunctionName"], request.properties["Name"]
        answer = await found(request.call("lambda", "GetAlias", FunctionName=function, Name=name))
        if answer is None:
            return None
        weights = answer.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        shown = [{"FunctionVersion": version, "FunctionWeight": weight} for version, weight in weights.items()]
        return {
            "Description": answer.get("Description"),
            "FunctionVersion": answer["FunctionVersion"],
            "RoutingConfig": {"AdditionalVersionWeights": shown} if shown else None,
        }

    def _params(self, request: Request, old: Mapping[str, Any]) -> dict[str, Any]:
        params = request.pick("FunctionName", "Name", "FunctionVersion", "Description")
        if "RoutingConfig" in request.properties or "RoutingConfig" in old:
            weights = request.properties.get("RoutingConfig", {}).get("AdditionalVersionWeights", [])
            params["RoutingConfig"] = {
                "AdditionalVersionWeights": {one["FunctionVersion"]: one["FunctionWeight"] for one in weights}
            }
        return params


async def provision(request: Request, function: str, qualifier: str, old: Mapping[str, Any]) -> None:
    """Set or lift provisioned concurrency and wait until it is there."""
    config = request.properties.get("ProvisionedConcurrencyConfig")
    if config == old.get("ProvisionedConcurrencyConfig"):
        return
    if config is None:
        await _unprovision(request, function, qualifier)
        return
    await request.call(
        "lambda", "PutProvisionedConcurrencyConfig", FunctionName=function, Qualifier=qualifier, **config
    )

    async def state() -> str:
        answer = await request.call(
            "lambda", "GetProvisionedConcurrencyConfig", FunctionName=function, Qualifier=qualifier
        )
        return str(answer["Status"])

    if await settled(state, busy=["IN_PROGRESS"]) == "FAILED":
        raise ServiceError("NotStabilized", f"Provisioned concurrency of {function}:{qualifier} could not be allocated")


async def _unprovision(request: Request, function: str, qualifier: str) -> dict[str, Any]:
    return await request.call(
        "lambda", "DeleteProvisionedConcurrencyConfig", FunctionName=function, Qualifier=qualifier
    )


def _made(arn: str) -> Made:
    return Made(physical_id=arn, attributes={"FunctionArn": arn, "Version": arn.rsplit(":", 1)[1]})


def _alias(arn: str) -> Made:
    return Made(physical_id=arn, attributes={"AliasArn": arn})
