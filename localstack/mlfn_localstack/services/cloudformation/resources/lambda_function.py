"""AWS::Lambda::Function through Lambda's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.inline import archive_of
from mlfn_localstack.services.cloudformation.resources.handler import (
    Made,
    Request,
    ResourceType,
    changed,
    found,
    settled,
    tag_change,
    tag_map,
)
from mlfn_localstack.services.cloudformation.schema import BOOLEAN, INTEGER, STRING, TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONFIGURATION = {
    "DeadLetterConfig": {"TargetArn": STRING},
    "Description": STRING,
    "Environment": {"Variables": {"*": STRING}},
    "EphemeralStorage": {"Size!": INTEGER},
    "Handler": STRING,
    "ImageConfig": {"Command": [STRING], "EntryPoint": [STRING], "WorkingDirectory": STRING},
    "KmsKeyArn": STRING,
    "Layers": [STRING],
    "LoggingConfig": {
        "ApplicationLogLevel": STRING,
        "LogFormat": STRING,
        "LogGroup": STRING,
        "SystemLogLevel": STRING,
    },
    "MemorySize": INTEGER,
    "Role!": STRING,
    "Runtime": STRING,
    "SnapStart": {"ApplyOn!": STRING},
    "Timeout": INTEGER,
    "TracingConfig": {"Mode": STRING},
    "VpcConfig": {"SecurityGroupIds": [STRING], "SubnetIds": [STRING], "Ipv6AllowedForDualStack": BOOLEAN},
}
_CONFIGURATION_NAMES = tuple(name.removesuffix("!") for name in _CONFIGURATION)
_DEFAULTS: dict[str, Any] = {
    "DeadLetterConfig": {"TargetArn": ""},
    "Description": "",
    "Environment": {"Variables": {}},
    "EphemeralStorage": {"Size": 512},
    "KmsKeyArn": "",
    "Layers": [],
    "MemorySize": 128,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
}
"""What Lambda sets where a template says nothing: an update that drops a property goes back to it."""


def _members(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties by the names that Lambda's API has for them."""
    return {"KMSKeyArn" if name == "KmsKeyArn" else name: value for name, value in properties.items()}


class Function(ResourceType):
    """A function: code, configuration and reserved concurrency."""

    properties: ClassVar[Mapping[str, Any]] = {
        "Architectures": [STRING],
        "Code!": {
            "ImageUri": STRING,
            "S3Bucket": STRING,
            "S3Key": STRING,
            "S3ObjectVersion": STRING,
            "SourceKMSKeyArn": STRING,
            "ZipFile": STRING,
        },
        "CodeSigningConfigArn": STRING,
        "FunctionName": STRING,
        "PackageType": STRING,
        "ReservedConcurrentExecutions": INTEGER,
        "Tags": TAGS,
        **_CONFIGURATION,
    }
    create_only = frozenset({"FunctionName", "PackageType"})
    attributes = frozenset({"Arn"})
    name_property = "FunctionName"
    identifier = "FunctionName"
    tag_style = "list"

    async def create(self, request: Request) -> Made:
        """Create the function and wait until it can be called."""
        name, given = self._name(request), request.properties
        await request.call(
            "lambda",
            "CreateFunction",
            FunctionName=name,
            Code=_code(given),
            Tags=tag_map(given.get("Tags")) or None,
            **_members(request.pick("Architectures", "CodeSigningConfigArn", "PackageType", *_CONFIGURATION_NAMES)),
        )
        await request.created(name)
        await self._concurrency(request, name, {})
        return await self._ready(request, name)

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change configuration, then code: each is complete before the next begins."""
        new = request.properties
        if changed(new, old, _CONFIGURATION_NAMES):
            reset = {name: value for name, value in _DEFAULTS.items() if name in old and name not in new}
            await request.call(
                "lambda",
                "UpdateFunctionConfiguration",
                FunctionName=physical_id,
                **_members(reset),
                **_members(request.pick(*_CONFIGURATION_NAMES)),
            )
            await self._ready(request, physical_id)
        await self._signing(request, physical_id, old)
        if changed(new, old, ["Code", "Architectures"]):
            await request.call(
                "lambda",
                "UpdateFunctionCode",
                FunctionName=physical_id,
                **_code(new),
                **request.pick("Architectures"),
            )
        await self._concurrency(request, physical_id, old)
        made = await self._ready(request, physical_id)
        await self._tags(request, made.attributes["Arn"], old)
        return made

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it with all its versions and aliases."""
        await request.call("lambda", "DeleteFunction", FunctionName=physical_id)

    async def find(self, request: Request) -> str | None:
        """The function of that name."""
        name = self._name(request)
        return name if await found(request.call("lambda", "GetFunction", FunctionName=name)) else None

    async def read(self, request: Request, physical_id: str) -> dict[str, Any] | None:
        """Its configuration, reserved concurrency and tags; code cannot be read back."""
        answer = await found(request.call("lambda", "GetFunction", FunctionName=physical_id))
        if answer is None:
            return None
        configuration = answer["Configuration"]
        if "KMSKeyArn" in configuration:
            configuration = configuration | {"KmsKeyArn": configuration["KMSKeyArn"]}
        actual = {name: configuration[name] for name in _CONFIGURATION_NAMES if name in configuration}
        actual |= {name: configuration[name] for name in ("Architectures", "PackageType") if name in configuration}
        actual.setdefault("Environment", {"Variables": {}})
        actual["LoggingConfig"] = {
            name: configuration["LoggingConfig"].get(name) for name in request.properties.get("LoggingConfig", {})
        }
        if "VpcConfig" in actual:
            wanted = request.properties.get("VpcConfig", {"SubnetIds": [], "SecurityGroupIds": []})
            actual["VpcConfig"] = {name: actual["VpcConfig"][name] for name in wanted}
        actual["Layers"] = [layer["Arn"] for layer in configuration.get("Layers", ())]
        actual["SnapStart"] = {"ApplyOn": configuration["SnapStart"]["ApplyOn"]}
        actual["ImageConfig"] = configuration.get("ImageConfigResponse", {}).get("ImageConfig", {})
        reserved = answer.get("Concurrency", {}).get("ReservedConcurrentExecutions")
        tags = [{"Key": key, "Value": value} for key, value in answer.get("Tags", {}).items()]
        return {**actual, "ReservedConcurrentExecutions": reserved, "Tags": tags}

    def _name(self, request: Request) -> str:
        return request.name(request.properties.get("FunctionName"))

    async def _ready(self, request: Request, name: str) -> Made:
        seen: dict[str, Any] = {}

        async def state() -> str:
            seen.update(await request.call("lambda", "GetFunctionConfiguration", FunctionName=name))
            return f"{seen.get('State', 'Active')}/{seen.get('LastUpdateStatus', 'Successful')}"

        busy = ("Pending/InProgress", "Pending/Successful", "Active/InProgress", "Inactive/InProgress")
        if "Failed" in await settled(state, busy=busy):
            reason = seen.get("StateReason") or seen.get("LastUpdateStatusReason") or "no reason given"
            raise ServiceError("NotStabilized", f"Function {name} did not become active: {reason}")
        return Made(physical_id=name, attributes={"Arn": seen["FunctionArn"]})

    async def _signing(self, request: Request, name: str, old: Mapping[str, Any]) -> None:
        wanted = request.properties.get("CodeSigningConfigArn")
        if wanted == old.get("CodeSigningConfigArn"):
            return
        operation = "PutFunctionCodeSigningConfig" if wanted else "DeleteFunctionCodeSigningConfig"
        await request.call("lambda", operation, FunctionName=name, **request.pick("CodeSigningConfigArn"))

    async def _concurrency(self, request: Request, name: str, old: Mapping[str, Any]) -> None:
        reserved = request.properties.get("ReservedConcurrentExecutions")
        if reserved == old.get("ReservedConcurrentExecutions"):
            return
        if reserved is None:
            await request.call("lambda", "DeleteFunctionConcurrency", FunctionName=name)
        else:
            await request.call(
                "lambda", "PutFunctionConcurrency", FunctionName=name, ReservedConcurrentExecutions=reserved
            )

    async def _tags(self, request: Request, arn: str, old: Mapping[str, Any]) -> None:
        change = tag_change(request.properties, old)
        if change.put:
            await request.call("lambda", "TagResource", Resource=arn, Tags=change.put)
        if change.removed:
            await request.call("lambda", "UntagResource", Resource=arn, TagKeys=change.removed)


def _code(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The code as the API takes it; inline text becomes an archive."""
    code = dict(properties["Code"])
    if "ZipFile" not in code:
        return code
    return {**code, "ZipFile": archive_of(code["ZipFile"], str(properties.get("Runtime", "")))}
