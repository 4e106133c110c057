"""HTTP APIs are configured as with AWS, and what is not supported is refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from tests.fixtures.lambda_lab import Run


def refused(run_api: Run, operation: str, **params: Any) -> ServiceError:
    async def scenario(api: Any) -> None:
        await api.create()
        await api.do(operation, **params)

    with pytest.raises(ServiceError) as caught:
        run_api(scenario)
    return caught.value


def test_an_api_knows_its_endpoint(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await api.create(Description="d", Tags={"a": "b"})
        return api.id, await api.do("GetApi"), await api.do("GetApis")

    api_id, shown, listed = run_api(scenario)

    assert shown["ApiEndpoint"] == f"http://127.0.0.1:4566/_aws/execute-api/{api_id}"
    assert (shown["Description"], shown["Tags"]) == ("d", {"a": "b"})
    assert listed["Items"] == [shown]


def test_deleting_an_api_deletes_all_of_it(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await api.create()
        await api.route("GET /x")
        await api.do("DeleteApi")
        rows = api.lab.environment.store.execute("SELECT kind FROM documents WHERE kind LIKE 'apigatewayv2.%'")
        return rows.fetchall(), (await api.request("GET", "/x")).status

    assert run_api(scenario) == ([], 404)


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("CreateApi", {"Name": "w", "ProtocolType": "WEBSOCKET"}, "BadRequestException"),
        ("CreateRoute", {"RouteKey": "FETCH /x"}, "BadRequestException"),
        ("CreateRoute", {"RouteKey": "GET x"}, "BadRequestException"),
        ("CreateRoute", {"RouteKey": "GET /x", "Target": "integrations/none"}, "BadRequestException"),
        ("CreateRoute", {"RouteKey": "GET /x", "ApiKeyRequired": True}, "BadRequestException"),
        ("CreateRoute", {"RouteKey": "GET /x", "AuthorizationType": "JWT"}, "BadRequestException"),
        ("CreateIntegration", {"IntegrationType": "HTTP_PROXY", "IntegrationUri": "http://x"}, "BadRequestException"),
        ("CreateIntegration", {"IntegrationType": "AWS_PROXY", "IntegrationUri": "f"}, "BadRequestException"),
        ("CreateStage", {"StageName": "$default"}, "ConflictException"),
        ("CreateStage", {"StageName": "a b"}, "BadRequestException"),
        ("GetRoute", {"RouteId": "none"}, "NotFoundException"),
        ("GetStage", {"StageName": "none"}, "NotFoundException"),
        ("GetApi", {"ApiId": "none"}, "NotFoundException"),
        ("CreateDeployment", {"StageName": "$default"}, "BadRequestException"),
    ],
    ids=str,
)
def test_what_api_gateway_refuses_is_refused(run_api: Run, operation: str, params: Any, code: str) -> None:
    assert refused(run_api, operation, **params).code == code


def test_a_route_key_is_used_once(run_api: Run) -> None:
    async def scenario(api: Any) -> None:
        await api.create()
        await api.route("GET /x")
        await api.route("GET /x")

    with pytest.raises(ServiceError, match="Route with key GET /x already exists for this API"):
        run_api(scenario)


def test_an_integration_in_use_is_not_deleted(run_api: Run) -> None:
    async def scenario(api: Any) -> None:
        await api.create()
        await api.route("GET /x")
        await api.do("DeleteIntegration", IntegrationId=api.integration)

    with pytest.raises(ServiceError) as caught:
        run_api(scenario)
    assert caught.value.code == "ConflictException"


def test_tags_of_apis_and_stages(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await api.create(Tags={"a": "1"})
        arn = f"arn:aws:apigateway:us-east-1::/apis/{api.id}"
        await api.do("TagResource", ResourceArn=arn, Tags={"b": "2"})
        await api.do("UntagResource", ResourceArn=arn, TagKeys=["a"])
        await api.do("TagResource", ResourceArn=f"{arn}/stages/$default", Tags={"c": "3"})
        return [(await api.do("GetTags", ResourceArn=name))["Tags"] for name in (arn, f"{arn}/stages/$default")]

    assert run_api(scenario) == [{"b": "2"}, {"c": "3"}]


def test_lists_come_in_pages(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await api.create()
        for name in "abc":
            await api.route(f"GET /{name}")
        first = await api.do("GetRoutes", MaxResults="2")
        return first, await api.do("GetRoutes", MaxResults="2", NextToken=first["NextToken"])

    first, second = run_api(scenario)

    assert (len(first["Items"]), len(second["Items"]), "NextToken" in second) == (2, 1, False)
