"""AWS::Lambda::Permission, ::Url, ::EventInvokeConfig and ::EventSourceMapping through Lambda's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.services.cloudformation.resources.handler import (
    Made,
    Request,
    ResourceType,
    found,
    settled,
    tag_change,
    tag_map,
)
from mlfn_localstack.services.cloudformation.schema import BOOLEAN, INTEGER, NUMBER, STRING, TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEFAULTS: dict[str, Any] = {
    "BatchSize": 100,
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {"OnFailure": {}},
    "Enabled": True,
    "FilterCriteria": {},
    "FunctionResponseTypes": [],
    "MaximumBatchingWindowInSeconds": 0,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
}
"""What a mapping's settings become when a template leaves them out again."""
_QUEUE_DEFAULTS: dict[str, Any] = {
    "BatchSize": 10,
    "Enabled": True,
    "FilterCriteria": {},
    "FunctionResponseTypes": [],
    "MaximumBatchingWindowInSeconds": 0,
    "ScalingConfig": {},
}
"""The same, of a queue."""


class Permission(ResourceType):
    """One statement of a function's resource policy."""

    properties: ClassVar[Mapping[str, Any]] = {
        "Action!": STRING,
        "EventSourceToken": STRING,
        "FunctionName!": STRING,
        "FunctionUrlAuthType": STRING,
        "InvokedViaFunctionUrl": BOOLEAN,
        "Principal!": STRING,
        "PrincipalOrgID": STRING,
        "SourceAccount": STRING,
        "SourceArn": STRING,
    }
    create_only = frozenset(name.removesuffix("!") for name in properties)
    attributes = frozenset({"Id"})

    async def create(self, request: Request) -> Made:
        """Add the statement."""
        statement = request.name(None, limit=100)
        given = {key: value for key, value in request.properties.items() if key != "FunctionName"}
        target = qualified(request.properties["FunctionName"])
        await request.call("lambda", "AddPermission", StatementId=statement, **target, **given)
        await request.created(statement)
        return _made(statement)

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Nothing of a statement can change."""
        return _made(physical_id)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Remove the statement."""
        target = qualified(request.properties["FunctionName"])
        await request.call("lambda", "RemovePermission", StatementId=physical_id, **target)

    async def find(self, request: Request) -> str | None:
        """The statement of that name."""
        answer = await found(request.call("lambda", "GetPolicy", **qualified(request.properties["FunctionName"])))
        statement = request.name(None, limit=100)
        return statement if answer and f'"{statement}"' in answer["Policy"] else None


class Url(ResourceType):
    """The HTTP address of a function or an alias."""

    properties: ClassVar[Mapping[str, Any]] = {
        "AuthType!": STRING,
        "Cors": {
            "AllowCredentials": BOOLEAN,
            "AllowHeaders": [STRING],
            "AllowMethods": [STRING],
            "AllowOrigins": [STRING],
            "ExposeHeaders": [STRING],
            "MaxAge": INTEGER,
        },
        "InvokeMode": STRING,
        "Qualifier": STRING,
        "TargetFunctionArn!": STRING,
    }
    create_only = frozenset({"TargetFunctionArn", "Qualifier"})
    attributes = frozenset({"FunctionArn", "FunctionUrl"})

    async def create(self, request: Request) -> Made:
        """Create it."""
        made = _address(await request.call("lambda", "CreateFunctionUrlConfig", **_owner(request), **_given(request)))
        await request.created(made.physical_id)
        return made

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change who may call it and from where."""
        settings = {"Cors": {}, "InvokeMode": "BUFFERED", **_given(request)}
        return _address(await request.call("lambda", "UpdateFunctionUrlConfig", **_owner(request), **settings))

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it."""
        await request.call("lambda", "DeleteFunctionUrlConfig", **_owner(request))

    async def find(self, request: Request) -> str | None:
        """The one address of the function or alias."""
        answer = await found(request.call("lambda", "GetFunctionUrlConfig", **_owner(request)))
        return _address(answer).physical_id if answer else None


class EventInvokeConfig(ResourceType):
    """How asynchronous calls are retried and where their results go."""

    properties: ClassVar[Mapping[str, Any]] = {
        "DestinationConfig": {"OnFailure": {"Destination!": STRING}, "OnSuccess": {"Destination!": STRING}},
        "FunctionName!": STRING,
        "MaximumEventAgeInSeconds": INTEGER,
        "MaximumRetryAttempts": INTEGER,
        "Qualifier!": STRING,
    }
    create_only = frozenset({"FunctionName", "Qualifier"})

    async def create(self, request: Request) -> Made:
        """Put it."""
        physical_id = f"{request.properties['FunctionName']}|{request.properties['Qualifier']}"
        await request.call("lambda", "PutFunctionEventInvokeConfig", **request.properties)
        await request.created(physical_id)
        return Made(physical_id=physical_id, attributes={})

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Put it anew."""
        await request.call("lambda", "PutFunctionEventInvokeConfig", **request.properties)
        return Made(physical_id=physical_id, attributes={})

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it."""
        await request.call("lambda", "DeleteFunctionEventInvokeConfig", **request.pick("FunctionName", "Qualifier"))


class EventSourceMapping(ResourceType):
    """A stream or queue whose records call a function."""

    properties: ClassVar[Mapping[str, Any]] = {
        "BatchSize": INTEGER,
        "BisectBatchOnFunctionError": BOOLEAN,
        "DestinationConfig": {"OnFailure": {"Destination": STRING}},
        "Enabled": BOOLEAN,
        "EventSourceArn!": STRING,
        "FilterCriteria": {"Filters": [{"Pattern": STRING}]},
        "FunctionName!": STRING,
        "FunctionResponseTypes": [STRING],
        "MaximumBatchingWindowInSeconds": INTEGER,
        "MaximumRecordAgeInSeconds": INTEGER,
        "MaximumRetryAttempts": INTEGER,
        "ParallelizationFactor": INTEGER,
        "ScalingConfig": {"MaximumConcurrency": INTEGER},
        "StartingPosition": STRING,
        "StartingPositionTimestamp": NUMBER,
        "Tags": TAGS,
        "TumblingWindowInSeconds": INTEGER,
    }
    create_only = frozenset({"EventSourceArn", "StartingPosition", "StartingPositionTimestamp"})
    attributes = frozenset({"Id", "EventSourceMappingArn"})
    tag_style = "list"

    async def create(self, request: Request) -> Made:
        """Create it and wait until it reads."""
        given = {key: value for key, value in request.properties.items() if key != "Tags"}
        tags = tag_map(request.properties.get("Tags")) or None
        answer = await request.call("lambda", "CreateEventSourceMapping", Tags=tags, **given)
        await request.created(answer["UUID"])
        return await self._ready(request, answer["UUID"])

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change what can change."""
        given = {key: value for key, value in request.properties.items() if key not in self.create_only | {"Tags"}}
        defaults = _QUEUE_DEFAULTS if ":sqs:" in request.properties["EventSourceArn"] else _DEFAULTS
        left_out = {name: value for name, value in defaults.items() if name in old and name not in given}
        await request.call("lambda", "UpdateEventSourceMapping", UUID=physical_id, **given, **left_out)
        made = await self._ready(request, physical_id)
        change, arn = tag_change(request.properties, old), made.attributes["EventSourceMappingArn"]
        if change.put:
            await request.call("lambda", "TagResource", Resource=arn, Tags=change.put)
        if change.removed:
            await request.call("lambda", "UntagResource", Resource=arn, TagKeys=change.removed)
        return made

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it."""
        await request.call("lambda", "DeleteEventSourceMapping", UUID=physical_id)

    async def find(self, request: Request) -> str | None:
        """The mapping of that source to that function: there can be only one."""
        answer = await request.call(
            "lambda", "ListEventSourceMappings", **request.pick("EventSourceArn", "FunctionName")
        )
        mappings = answer["EventSourceMappings"]
        return str(mappings[0]["UUID"]) if mappings else None

    async def _ready(self, request: Request, mapping: str) -> Made:
        async def state() -> str:
            return str((await request.call("lambda", "GetEventSourceMapping", UUID=mapping))["State"])

        await settled(state, busy=["Creating", "Enabling", "Updating", "Disabling"])
        arn = f"arn:aws:lambda:{request.region}:{request.account_id}:event-source-mapping:{mapping}"
        return Made(physical_id=mapping, attributes={"Id": mapping, "EventSourceMappingArn": arn})


def qualified(function: str) -> dict[str, str]:
    """A function's name and qualifier, from a name or an ARN that may carry one."""
    parts = function.split(":")
    if function.startswith("arn:"):
        parts = parts[6:]
    if len(parts) == 1:
        return {"FunctionName": parts[0]}
    return {"FunctionName": parts[0], "Qualifier": parts[1]}


def _made(statement: str) -> Made:
    return Made(physical_id=statement, attributes={"Id": statement})


def _owner(request: Request) -> dict[str, str]:
    return {"FunctionName": request.properties["TargetFunctionArn"], **request.pick("Qualifier")}


def _given(request: Request) -> dict[str, Any]:
    return request.pick("AuthType", "Cors", "InvokeMode")


def _address(answer: Mapping[str, Any]) -> Made:
    attributes = {name: answer[name] for name in ("FunctionArn", "FunctionUrl")}
    return Made(physical_id=answer["FunctionArn"], attributes=attributes)
