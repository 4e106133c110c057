"""AWS::ApiGatewayV2::* through API Gateway's version 2 API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudformation.resources.handler import (
    Made,
    Request,
    ResourceType,
    changed,
    found,
    tag_change,
    text_in_s3,
)
from mlfn_localstack.services.cloudformation.schema import BOOLEAN, INTEGER, JSON, NUMBER, STRING

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEXTS = {"*": STRING}
_THROTTLING = {
    "DataTraceEnabled": BOOLEAN,
    "DetailedMetricsEnabled": BOOLEAN,
    "LoggingLevel": STRING,
    "ThrottlingBurstLimit": INTEGER,
    "ThrottlingRateLimit": NUMBER,
}


_DOCUMENTS = ("Body", "BodyS3Location")
_IMPORTING = ("BasePath", "FailOnWarnings")


class Api(ResourceType):
    """An HTTP or WebSocket API."""

    properties: ClassVar[Mapping[str, Any]] = {
        "ApiKeySelectionExpression": STRING,
        "BasePath": STRING,
        "Body": JSON,
        "BodyS3Location": {"Bucket": STRING, "Etag": STRING, "Key": STRING, "Version": STRING},
        "CorsConfiguration": {
            "AllowCredentials": BOOLEAN,
            "AllowHeaders": [STRING],
            "AllowMethods": [STRING],
            "AllowOrigins": [STRING],
            "ExposeHeaders": [STRING],
            "MaxAge": INTEGER,
        },
        "Description": STRING,
        "DisableExecuteApiEndpoint": BOOLEAN,
        "FailOnWarnings": BOOLEAN,
        "Name": STRING,
        "ProtocolType": STRING,
        "RouteSelectionExpression": STRING,
        "Tags": _TEXTS,
        "Version": STRING,
    }
    create_only = frozenset({"ProtocolType"})
    attributes = frozenset({"ApiId", "ApiEndpoint"})
    tag_style = "map"

    async def create(self, request: Request) -> Made:
        """Create it, or import what a document defines."""
        body = await _document(request)
        if body is None:
            _check_named(request)
            answer = await request.call("apigatewayv2", "CreateApi", **_own(request))
            await request.created(answer["ApiId"])
            return self._made(answer)
        answer = await request.call("apigatewayv2", "ImportApi", Body=body, **_importing(request))
        await request.created(answer["ApiId"])
        return await self._set(request, answer["ApiId"], {})

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change everything but its protocol."""
        body = await _document(request)
        if body is not None and changed(request.properties, old, (*_DOCUMENTS, *_IMPORTING)):
            await request.call("apigatewayv2", "ReimportApi", ApiId=physical_id, Body=body, **_importing(request))
        return await self._set(request, physical_id, old)

    async def _set(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """What the properties beside a document say; they come first."""
        new = {key: value for key, value in _own(request).items() if key not in {"ProtocolType", "Tags"}}
        if "CorsConfiguration" in old and "CorsConfiguration" not in new:
            await found(request.call("apigatewayv2", "DeleteCorsConfiguration", ApiId=physical_id))
        await request.call("apigatewayv2", "UpdateApi", ApiId=physical_id, **new)
        await _retag(request, f"arn:aws:apigateway:{request.region}::/apis/{physical_id}", old)
        return self._made(await request.call("apigatewayv2", "GetApi", ApiId=physical_id))

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it."""
        await request.call("apigatewayv2", "DeleteApi", ApiId=physical_id)

    async def find(self, request: Request) -> str | None:
        """The newest API of that name that has no stage yet: names are not unique, but a finished one has stages."""
        apis = (await request.call("apigatewayv2", "GetApis"))["Items"]
        name = request.properties.get("Name") or (request.properties.get("Body") or {}).get("info", {}).get("title")
        named = [api for api in apis if api["Name"] == name]
        for api in sorted(named, key=lambda one: str(one.get("CreatedDate")), reverse=True):
            if not (await request.call("apigatewayv2", "GetStages", ApiId=api["ApiId"]))["Items"]:
                return str(api["ApiId"])
        return None

    def _made(self, answer: Mapping[str, Any]) -> Made:
        attributes = {"ApiId": answer["ApiId"], "ApiEndpoint": answer["ApiEndpoint"]}
        return Made(physical_id=answer["ApiId"], attributes=attributes)


class Stage(ResourceType):
    """A stage of an API."""

    properties: ClassVar[Mapping[str, Any]] = {
        "AccessLogSettings": {"DestinationArn": STRING, "Format": STRING},
        "ApiId!": STRING,
        "AutoDeploy": BOOLEAN,
        "DefaultRouteSettings": _THROTTLING,
        "DeploymentId": STRING,
        "Description": STRING,
        "RouteSettings": JSON,
        "StageName!": STRING,
        "StageVariables": _TEXTS,
        "Tags": _TEXTS,
    }
    create_only = frozenset({"ApiId", "StageName"})
    tag_style = "map"

    async def create(self, request: Request) -> Made:
        """Create it."""
        await request.call("apigatewayv2", "CreateStage", **request.properties)
        name = request.properties["StageName"]
        await request.created(name)
        return Made(physical_id=name, attributes={})

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change its settings."""
        new = {key: value for key, value in request.properties.items() if key != "Tags"}
        api = new["ApiId"]
        if "AccessLogSettings" in old and "AccessLogSettings" not in new:
            await request.call("apigatewayv2", "DeleteAccessLogSettings", ApiId=api, StageName=physical_id)
        await request.call("apigatewayv2", "UpdateStage", **new)
        await _retag(request, f"arn:aws:apigateway:{request.region}::/apis/{api}/stages/{physical_id}", old)
        return Made(physical_id=physical_id, attributes={})

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it."""
        await request.call("apigatewayv2", "DeleteStage", ApiId=request.properties["ApiId"], StageName=physical_id)

    async def find(self, request: Request) -> str | None:
        """The stage of that name."""
        answer = await found(request.call("apigatewayv2", "GetStage", **request.pick("ApiId", "StageName")))
        return str(answer["StageName"]) if answer else None


class _Part(ResourceType):
    """What is part of an API under an id that API Gateway gives."""

    kind: ClassVar[str]
    plural: ClassVar[str]
    key: ClassVar[str]
    """The property by which an interrupted creation is found again."""
    create_only = frozenset({"ApiId"})

    async def create(self, request: Request) -> Made:
        """Create it."""
        answer = await request.call("apigatewayv2", f"Create{self.kind}", **request.properties)
        physical_id = answer[f"{self.kind}Id"]
        await request.created(physical_id)
        return self._made(physical_id)

    async def update(self, request: Request, physical_id: str, old: Mapping[str, Any]) -> Made:
        """Change it."""
        params = {**request.properties, f"{self.kind}Id": physical_id}
        await request.call("apigatewayv2", f"Update{self.kind}", **params)
        return self._made(physical_id)

    async def delete(self, request: Request, physical_id: str) -> None:
        """Delete it."""
        params = {"ApiId": request.properties["ApiId"], f"{self.kind}Id": physical_id}
        await request.call("apigatewayv2", f"Delete{self.kind}", **params)

    async def find(self, request: Request) -> str | None:
        """The one that has the same key."""
        answer = await request.call("apigatewayv2", f"Get{self.plural}", ApiId=request.properties["ApiId"])
        wanted = request.properties.get(self.key)
        ids = [one[f"{self.kind}Id"] for one in answer["Items"] if wanted and one.get(self.key) == wanted]
        return str(ids[-1]) if ids else None

    def _made(self, physical_id: str) -> Made:
        return Made(physical_id=physical_id, attributes={f"{self.kind}Id": physical_id})


class Integration(_Part):
    """What answers a route."""

    kind, plural, key = "Integration", "Integrations", "IntegrationUri"
    properties: ClassVar[Mapping[str, Any]] = {
        "ApiId!": STRING,
        "ConnectionType": STRING,
        "CredentialsArn": STRING,
        "Description": STRING,
        "IntegrationMethod": STRING,
        "IntegrationSubtype": STRING,
        "IntegrationType!": STRING,
        "IntegrationUri": STRING,
        "PassthroughBehavior": STRING,
        "PayloadFormatVersion": STRING,
        "RequestParameters": _TEXTS,
        "TimeoutInMillis": INTEGER,
    }
    attributes = frozenset({"IntegrationId"})


class Route(_Part):
    """A method and path."""

    kind, plural, key = "Route", "Routes", "RouteKey"
    properties: ClassVar[Mapping[str, Any]] = {
        "ApiId!": STRING,
        "ApiKeyRequired": BOOLEAN,
        "AuthorizationScopes": [STRING],
        "AuthorizationType": STRING,
        "AuthorizerId": STRING,
        "OperationName": STRING,
        "RouteKey!": STRING,
        "Target": STRING,
    }
    attributes = frozenset({"RouteId"})


class Authorizer(_Part):
    """Who checks callers: a JWT issuer or a function."""

    kind, plural, key = "Authorizer", "Authorizers", "Name"
    properties: ClassVar[Mapping[str, Any]] = {
        "ApiId!": STRING,
        "AuthorizerCredentialsArn": STRING,
        "AuthorizerPayloadFormatVersion": STRING,
        "AuthorizerResultTtlInSeconds": INTEGER,
        "AuthorizerType!": STRING,
        "AuthorizerUri": STRING,
        "EnableSimpleResponses": BOOLEAN,
        "IdentitySource": [STRING],
        "JwtConfiguration": {"Audience": [STRING], "Issuer": STRING},
        "Name!": STRING,
    }
    attributes = frozenset({"AuthorizerId"})


async def _document(request: Request) -> str | None:
    """The OpenAPI document that defines an API, as text; None if none does."""
    body, place = (request.properties.get(name) for name in _DOCUMENTS)
    if body is not None:
        return body if isinstance(body, str) else json.dumps(body)
    return None if place is None else await text_in_s3(request, place)


def _own(request: Request) -> dict[str, Any]:
    """An API's properties without those that name a document."""
    return {key: value for key, value in request.properties.items() if key not in {*_DOCUMENTS, *_IMPORTING}}


def _importing(request: Request) -> dict[str, Any]:
    """How a document is imported, in the words of the imports' parameters."""
    asked: dict[str, Any] = request.pick("FailOnWarnings")
    base = request.properties.get("BasePath")
    return asked if base is None else {**asked, "Basepath": base}


def _check_named(request: Request) -> None:
    if not {"Name", "ProtocolType"} <= set(request.properties):
        raise ServiceError("InvalidRequest", "Name and ProtocolType are required for an API without a Body.")


async def _retag(request: Request, arn: str, old: Mapping[str, Any]) -> None:
    change = tag_change(request.properties, old)
    if change.put:
        await request.call("apigatewayv2", "TagResource", ResourceArn=arn, Tags=change.put)
    if change.removed:
        await request.call("apigatewayv2", "UntagResource", ResourceArn=arn, TagKeys=change.removed)
