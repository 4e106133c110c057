"""HTTP APIs from OpenAPI documents, with API Gateway's extensions."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:answers"
URI = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
INTEGRATION = {"type": "aws_proxy", "httpMethod": "POST", "uri": URI, "payloadFormatVersion": "2.0"}
TOKENS = {
    "type": "oauth2",
    "x-amazon-apigateway-authorizer": {
        "type": "jwt",
        "identitySource": "$request.header.Authorization",
        "jwtConfiguration": {"issuer": "https://issuer.example", "audience": ["app"]},
    },
}
ASKED = {
    "type": "apiKey",
    "name": "unused",
    "in": "header",
    "x-amazon-apigateway-authorizer": {
        "type": "request",
        "identitySource": "$request.header.Authorization, $request.querystring.key",
        "authorizerUri": URI,
        "authorizerPayloadFormatVersion": "2.0",
        "enableSimpleResponses": True,
    },
}
SIGNED = {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}


def operation(**members: Any) -> dict[str, Any]:
    return {"x-amazon-apigateway-integration": INTEGRATION, "responses": {}} | members


def document(paths: dict[str, Any], **members: Any) -> str:
    """A definition that knows callers by tokens, by signatures or by asking a function."""
    schemes = {"tokens": TOKENS, "signed": SIGNED, "asked": ASKED}
    info = {"title": f"import-{uuid.uuid4().hex[:8]}", "version": "1.0"}
    components = {"securitySchemes": schemes, "x-amazon-apigateway-integrations": {"shared": INTEGRATION}}
    return json.dumps({"openapi": "3.0.1", "info": info, "paths": paths, "components": components} | members)


@pytest.fixture(scope="module")
def gateway(emulator: LiveEmulator) -> Any:
    return emulator.client("apigatewayv2")


def routes(gateway: Any, api: str) -> dict[str, dict[str, Any]]:
    """An API's routes by their keys."""
    return {one["RouteKey"]: one for one in gateway.get_routes(ApiId=api)["Items"]}


def test_a_document_becomes_routes_with_integrations_and_authorizers(gateway: Any) -> None:
    body = document(
        {
            "/items": {
                "get": operation(operationId="list", security=[{"NONE": []}]),
                "post": operation(security=[{"signed": []}]),
            },
            "/items/{id}": {
                "delete": operation(security=[{"tokens": ["write"]}]),
                "put": operation(security=[{"asked": []}]),
                "parameters": [],
            },
            "/shared": {
                "x-amazon-apigateway-any-method": {
                    "x-amazon-apigateway-integration": {"$ref": "#/components/x-amazon-apigateway-integrations/shared"}
                }
            },
            "/$default": {"x-amazon-apigateway-any-method": operation(isDefaultRoute=True)},
        },
        tags=[{"name": "team", "x-amazon-apigateway-tag-value": "web"}, {"name": "plain"}],
        **{"x-amazon-apigateway-cors": {"allowOrigins": ["https://app.example"], "maxAge": 5}},
    )

    made = gateway.import_api(Body=body)

    found = routes(gateway, made["ApiId"])
    authorizers = {one["Name"]: one for one in gateway.get_authorizers(ApiId=made["ApiId"])["Items"]}
    items = {"GET /items", "POST /items", "DELETE /items/{id}", "PUT /items/{id}"}
    assert set(found) == items | {"ANY /shared", "$default"}
    assert (found["GET /items"]["OperationName"], found["GET /items"]["AuthorizationType"]) == ("list", "NONE")
    assert found["POST /items"]["AuthorizationType"] == "AWS_IAM"
    assert found["DELETE /items/{id}"]["AuthorizerId"] == authorizers["tokens"]["AuthorizerId"]
    assert found["PUT /items/{id}"]["AuthorizerId"] == authorizers["asked"]["AuthorizerId"]
    assert found["PUT /items/{id}"]["AuthorizationType"] == "CUSTOM"
    assert authorizers["asked"]["IdentitySource"] == ["$request.header.Authorization", "$request.querystring.key"]
    assert found["DELETE /items/{id}"]["AuthorizationScopes"] == ["write"]
    assert made["Tags"] == {"team": "web"}
    assert made["CorsConfiguration"] == {"AllowOrigins": ["https://app.example"], "MaxAge": 5}
    for one in found.values():
        integration = gateway.get_integration(ApiId=made["ApiId"], IntegrationId=one["Target"].split("/")[1])
        assert integration["IntegrationUri"] == URI


def test_what_is_imported_again_replaces_what_was(gateway: Any) -> None:
    before = document({"/old": {"get": operation()}}, **{"x-amazon-apigateway-cors": {"allowOrigins": ["*"]}})
    api = gateway.import_api(Body=before)["ApiId"]
    after = document({"/new": {"get": operation()}})

    answer = gateway.reimport_api(ApiId=api, Body=after)

    assert set(routes(gateway, api)) == {"GET /new"}
    assert len(gateway.get_integrations(ApiId=api)["Items"]) == 1
    assert answer["Name"] == json.loads(after)["info"]["title"]
    assert "CorsConfiguration" not in answer


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "Unable to parse API definition"),
        ("[]", "it is no object"),
        ('{"swagger": "2.0"}', "no OpenAPI 3 document"),
        (document({"/x": {"get": operation(security=[{"nobody": []}])}}), "does not support the security scheme"),
        (document({"x": {"get": operation()}}), "route key is not formatted properly"),
    ],
    ids=["no JSON", "a list", "an older version", "a scheme", "a path"],
)
def test_a_document_that_is_refused_leaves_everything_as_it_was(gateway: Any, body: str, message: str) -> None:
    good = document({"/kept": {"get": operation(security=[{"tokens": []}])}})
    api = gateway.import_api(Body=good)["ApiId"]
    kept = routes(gateway, api)
    others = len(gateway.get_apis()["Items"])

    for imported in ({}, {"ApiId": api}):
        with pytest.raises(ClientError, match=message) as caught:
            (gateway.reimport_api if imported else gateway.import_api)(Body=body, **imported)
        assert caught.value.response["Error"]["Code"] == "BadRequestException"

    assert routes(gateway, api) == kept
    assert len(gateway.get_apis()["Items"]) == others


def test_a_stacks_api_is_imported_with_what_its_import_is_told(gateway: Any, emulator: LiveEmulator) -> None:
    cloudformation = emulator.client("cloudformation")
    body = json.loads(document({"/items": {"get": operation()}}))
    properties = {"Body": body, "BasePath": "ignore", "FailOnWarnings": True}
    resources = {"Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": properties}}
    outputs = {"Id": {"Value": {"Ref": "Api"}}}
    name = f"imported-{uuid.uuid4().hex[:8]}"

    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources, "Outputs": outputs}))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]

    assert set(routes(gateway, stack["Outputs"][0]["OutputValue"])) == {"GET /items"}
    cloudformation.delete_stack(StackName=name)
