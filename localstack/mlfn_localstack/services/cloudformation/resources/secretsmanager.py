"""AWS::SecretsManager::Secret, ::ResourcePolicy and ::RotationSchedule through Secrets Manager's API."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.services.cloudformation.resources.handler import (
    Made,
    Request,
    ResourceType,
    changed,
    found,
    tag_change,
)
from mlfn_localstack.services.cloudformation.schema import BOOLEAN, INTEGER, JSON, STRING, TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

_GENERATED: Mapping[str, Any] = {
    "ExcludeCharacters": STRING,
    "ExcludeLowercase": BOOLEAN,
    "ExcludeNumbers": BOOLEAN,
    "ExcludePunctuation": BOOLEAN,
    "ExcludeUppercase": BOOLEAN,
    "GenerateStringKey": STRING,
    "IncludeSpace": BOOLEAN,
    "PasswordLength": INTEGER,
    "RequireEachIncludedType": BOOLEAN,
    "SecretStringTemplate": STRING,
}
_IN_TEMPLATE = ("GenerateStringKey", "SecretStringTemplate")


class Secret(ResourceType):
    """A secret whose value the template gives, or which is made up when the secret is."""

    properties: ClassVar[Mapping[str, Any]] = {
        "Description": STRING,
        "GenerateSecretString": _GENERATED,
        "KmsKeyId": STRING,
        "Name": STRING,
        "SecretString": STRING,
        "Tags": TAGS,
    }
    create_only = frozenset({"Name"})
    attributes = frozenset({"Id"})
    name_property = "Name"
    identifier = "Id"
    tag_style = "list"

    async def create(self, request: Request) -> Made:
        """Create it with its value."""
        answer = await request.call(
            "secretsmanager",
            "CreateSecret",
            Name=request.name(request.properties.get("Name"), limit=255),
            ClientRequestToken=str(uuid.uuid4()),
            SecretString=await self._value(request),
            Tags=request.properties.get("Tags") or None,
            **request.pick("Description", "KmsKeyId"),
        )
        await request.created(answer["ARN"])
        return _made(answer["ARN"])

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change what differs; a value is made up anew only if it is to be made in another way."""
        new = request.properties
        if changed(new, old, ["Description", "KmsKeyId", "SecretString", "GenerateSecretString"]):
            is_valued = changed(new, old, ["SecretString", "GenerateSecretString"])
            await request.call(
                "secretsmanager",
                "UpdateSecret",
                SecretId=physical_id,
                ClientRequestToken=str(uuid.uuid4()),
                Description=new.get("Description", ""),
                KmsKeyId=new.get("KmsKeyId"),
                SecretString=await self._value(request) if is_valued else None,
            )
        change = tag_change(new, old)
        if change.put:
            tags = [{"Key": key, "Value": value} for key, value in change.put.items()]
            await request.call("secretsmanager", "TagResource", SecretId=physical_id, Tags=tags)
        if change.removed:
            await request.call("secretsmanager", "UntagResource", SecretId=physical_id, TagKeys=change.removed)
        return _made(physical_id)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it at once, so that its name is free."""
        await request.call("secretsmanager", "DeleteSecret", SecretId=physical_id, ForceDeleteWithoutRecovery=True)

    async def find(self, request: Request) -> str | None:
        """The secret of that name."""
        name = request.name(request.properties.get("Name"), limit=255)
        answer = await found(request.call("secretsmanager", "DescribeSecret", SecretId=name))
        return str(answer["ARN"]) if answer else None

    async def read(self, request: Request, physical_id: str) -> dict[str, Any] | None:
        """Everything but its value, which drift detection does not look at."""
        answer = await found(request.call("secretsmanager", "DescribeSecret", SecretId=physical_id))
        if answer is None or "DeletedDate" in answer:
            return None
        return {name: answer[name] for name in ("Description", "KmsKeyId", "Name", "Tags") if name in answer}

    async def _value(self, request: Request) -> str | None:
        given: Mapping[str, Any] | None = request.properties.get("GenerateSecretString")
        if given is None:
            value: str | None = request.properties.get("SecretString")
            return value
        asked = {name: value for name, value in given.items() if name not in _IN_TEMPLATE}
        password = (await request.call("secretsmanager", "GetRandomPassword", **asked))["RandomPassword"]
        if "GenerateStringKey" not in given:
            return str(password)
        return json.dumps({**json.loads(given.get("SecretStringTemplate", "{}")), given["GenerateStringKey"]: password})


def _made(arn: str) -> Made:
    return Made(physical_id=arn, attributes={"Id": arn})


class ResourcePolicy(ResourceType):
    """Who may use a secret beside those whom IAM lets."""

    properties: ClassVar[Mapping[str, Any]] = {
        "BlockPublicPolicy": BOOLEAN,
        "ResourcePolicy!": JSON,
        "SecretId!": STRING,
    }
    create_only = frozenset({"SecretId"})

    async def create(self, request: Request) -> Made:
        """Put it."""
        await self._put(request)
        await request.created(request.properties["SecretId"])
        return Made(physical_id=request.properties["SecretId"], attributes={})

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Put it anew."""
        await self._put(request)
        return Made(physical_id=physical_id, attributes={})

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it."""
        await request.call("secretsmanager", "DeleteResourcePolicy", SecretId=physical_id)

    async def _put(self, request: Request) -> None:
        await request.call(
            "secretsmanager",
            "PutResourcePolicy",
            SecretId=request.properties["SecretId"],
            ResourcePolicy=json.dumps(request.properties["ResourcePolicy"]),
            **request.pick("BlockPublicPolicy"),
        )


class RotationSchedule(ResourceType):
    """How a secret is rotated, by a function that is there already."""

    properties: ClassVar[Mapping[str, Any]] = {
        "RotateImmediatelyOnUpdate": BOOLEAN,
        "RotationLambdaARN!": STRING,
        "RotationRules": {"AutomaticallyAfterDays": INTEGER, "Duration": STRING, "ScheduleExpression": STRING},
        "SecretId!": STRING,
    }
    create_only = frozenset({"SecretId"})

    async def create(self, request: Request) -> Made:
        """Set it, and rotate for the first time."""
        await self._rotate(request)
        await request.created(request.properties["SecretId"])
        return Made(physical_id=request.properties["SecretId"], attributes={})

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Set it anew, and rotate."""
        await self._rotate(request)
        return Made(physical_id=physical_id, attributes={})

    async def delete(self, request: Request, physical_id: str) -> None:
        """Rotate no more."""
        await request.call("secretsmanager", "CancelRotateSecret", SecretId=physical_id)

    async def _rotate(self, request: Request) -> None:
        await request.call(
            "secretsmanager",
            "RotateSecret",
            SecretId=request.properties["SecretId"],
            ClientRequestToken=str(uuid.uuid4()),
            RotateImmediately=request.properties.get("RotateImmediatelyOnUpdate", True),
            **request.pick("RotationLambdaARN", "RotationRules"),
        )
