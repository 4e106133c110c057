"""AWS::StepFunctions::StateMachine through Step Functions' API."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.resources.handler import (
    Made,
    Request,
    ResourceType,
    changed,
    found,
    lower_first,
    settled,
    tag_change,
    tag_map,
    text_in_s3,
)
from mlfn_localstack.services.cloudformation.schema import BOOLEAN, JSON, STRING, TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOCATION = "DefinitionS3Location"
_POLL_BUSY = ["DELETING"]


class StateMachine(ResourceType):
    """A state machine."""

    properties: ClassVar[Mapping[str, Any]] = {
        "Definition": JSON,
        "DefinitionS3Location": {"Bucket!": STRING, "Key!": STRING, "Version": STRING},
        "DefinitionString": STRING,
        "DefinitionSubstitutions": {"*": STRING},
        "LoggingConfiguration": {
            "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": STRING}}],
            "IncludeExecutionData": BOOLEAN,
            "Level": STRING,
        },
        "RoleArn!": STRING,
        "StateMachineName": STRING,
        "StateMachineType": STRING,
        "Tags": TAGS,
        "TracingConfiguration": {"Enabled": BOOLEAN},
    }
    create_only = frozenset({"StateMachineName", "StateMachineType"})
    attributes = frozenset({"Arn", "Name", "StateMachineRevisionId"})
    name_property = "StateMachineName"
    identifier = "Arn"
    tag_style = "list"

    async def create(self, request: Request) -> Made:
        """Create it from its definition with the substitutions made."""
        given, name = request.properties, self._name(request)
        tags = [{"key": key, "value": value} for key, value in tag_map(given.get("Tags")).items()]
        answer = await request.call(
            "stepfunctions",
            "CreateStateMachine",
            name=name,
            type=given.get("StateMachineType"),
            tags=tags or None,
            **await _content(request),
        )
        arn = answer["stateMachineArn"]
        await request.created(arn)
        return await self._made(request, arn)

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change definition, role, logging and tags."""
        if changed(request.properties, old, self.properties.keys() - {"Tags"}) or "RoleArn" not in old:
            content = await _content(request)
            await request.call("stepfunctions", "UpdateStateMachine", stateMachineArn=physical_id, **content)
        change = tag_change(request.properties, old)
        if change.put:
            tags = [{"key": key, "value": value} for key, value in change.put.items()]
            await request.call("stepfunctions", "TagResource", resourceArn=physical_id, tags=tags)
        if change.removed:
            await request.call("stepfunctions", "UntagResource", resourceArn=physical_id, tagKeys=change.removed)
        return await self._made(request, physical_id)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it and wait until its name is free."""
        await request.call("stepfunctions", "DeleteStateMachine", stateMachineArn=physical_id)

        async def state() -> str:
            answer = await found(request.call("stepfunctions", "DescribeStateMachine", stateMachineArn=physical_id))
            return str(answer["status"]) if answer else "DELETED"

        try:
            await settled(state, busy=_POLL_BUSY)
        except ServiceError as error:
            if error.code != "StateMachineDoesNotExist":
                raise

    async def find(self, request: Request) -> str | None:
        """The state machine of that name."""
        arn = f"arn:aws:states:{request.region}:{request.account_id}:stateMachine:{self._name(request)}"
        try:
            await request.call("stepfunctions", "DescribeStateMachine", stateMachineArn=arn)
        except ServiceError as error:
            if error.code == "StateMachineDoesNotExist":
                return None
            raise
        return arn

    async def read(self, request: Request, physical_id: str) -> dict[str, Any] | None:
        """Its role and definition, as long as the template's definition gives the very same text."""
        try:
            answer = await request.call("stepfunctions", "DescribeStateMachine", stateMachineArn=physical_id)
        except ServiceError as error:
            if error.code == "StateMachineDoesNotExist":
                return None
            raise
        if _LOCATION in request.properties:
            return {"RoleArn": answer["roleArn"]}
        member = "DefinitionString" if "DefinitionString" in request.properties else "Definition"
        actual: Any = answer["definition"] if member == "DefinitionString" else json.loads(answer["definition"])
        unchanged = definition(request.properties) == answer["definition"]
        return {"RoleArn": answer["roleArn"], member: request.properties[member] if unchanged else actual}

    def _name(self, request: Request) -> str:
        return request.name(request.properties.get("StateMachineName"), limit=80)

    async def _made(self, request: Request, arn: str) -> Made:
        answer = await request.call("stepfunctions", "DescribeStateMachine", stateMachineArn=arn)
        revision = answer.get("revisionId", "INITIAL")
        return Made(
            physical_id=arn, attributes={"Arn": arn, "Name": answer["name"], "StateMachineRevisionId": revision}
        )


async def _content(request: Request) -> dict[str, Any]:
    properties = request.properties
    if _LOCATION in properties:
        text = await text_in_s3(request, properties[_LOCATION])
        properties = {**properties, "DefinitionString": text if text.lstrip().startswith("{") else _from_yaml(text)}
    content = {
        "definition": definition(properties),
        "roleArn": properties["RoleArn"],
        "loggingConfiguration": lower_first(properties.get("LoggingConfiguration")),
        "tracingConfiguration": lower_first(properties.get("TracingConfiguration")),
    }
    return {key: value for key, value in content.items() if value is not None}


def _from_yaml(text: str) -> str:
    from mlfn_localstack.services.cloudformation.yaml_text import load_yaml  # noqa: PLC0415 - a megabyte of memory

    return json.dumps(load_yaml(text))


def definition(properties: Mapping[str, Any]) -> str:
    """The definition's text; `${name}` is replaced where DefinitionSubstitutions has the name.

    Raises:
        ServiceError: there is no definition.
    """
    if "DefinitionString" in properties:
        text = properties["DefinitionString"]
    elif "Definition" in properties:
        text = json.dumps(properties["Definition"])
    else:
        raise ServiceError("InvalidRequest", f"Property Definition, DefinitionString or {_LOCATION} is required")
    values = properties.get("DefinitionSubstitutions", {})
    return re.sub(r"\$\{([^}]*)\}", lambda hit: values.get(hit[1], hit[0]), text)
