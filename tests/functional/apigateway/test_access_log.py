"""Access logs: a line for every request of a stage, in the stage's format."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.apigatewayv2.access_log import fill

if TYPE_CHECKING:
    from tests.fixtures.lambda_lab import Run

GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:access"
NAMES = (
    "requestId",
    "routeKey",
    "status",
    "path",
    "httpMethod",
    "identity.sourceIp",
    "identity.userAgent",
    "integration.status",
    "integrationStatus",
    "integration.requestId",
    "integration.error",
    "error.responseType",
    "error.message",
)
FORMAT = json.dumps({name: f"$context.{name}" for name in NAMES})


async def lines(api: Any, count: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 15
    while len(found := [line for (name, _), each in api.lab.logs.items() if name == "access" for line in each]) < count:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    return [json.loads(line) for line in found]


async def logged_api(api: Any, code: str = "def handler(event, context):\n    return 'x'", **params: Any) -> None:
    await api.create(code, **params)
    await api.route("GET /x")
    settings = {"DestinationArn": GROUP, "Format": FORMAT}
    await api.do("UpdateStage", StageName="$default", AccessLogSettings=settings)


def test_a_request_is_logged_with_what_became_of_it(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await logged_api(api)
        answer = await api.request("GET", "/x", user_agent='curl "8"')
        (line,) = await lines(api, 1)
        return dict(answer.headers)["apigw-requestid"], line, api.lab.log()

    request_id, line, log = run_api(scenario)

    assert f"RequestId: {line['integration.requestId']}" in log
    assert {name: line[name] for name in NAMES if name != "integration.requestId"} == {
        "requestId": request_id,
        "routeKey": "GET /x",
        "status": "200",
        "path": "/x",
        "httpMethod": "GET",
        "identity.sourceIp": "127.0.0.1",
        "identity.userAgent": 'curl "8"',
        "integration.status": "200",
        "integrationStatus": "200",
        "integration.error": "-",
        "error.responseType": "-",
        "error.message": "-",
    }


@pytest.mark.parametrize(
    ("code", "path", "params", "logged"),
    [
        ("def handler(event, context):\n    return 1", "/none", {}, ("404", "-", "-", "RESOURCE_NOT_FOUND")),
        ("def handler(event, context):\n    1 / 0", "/x", {}, ("500", "GET /x", "200", "INTEGRATION_FAILURE")),
        (
            "def handler(event, context):\n    return 1",
            "/x",
            {"permit": False},
            ("500", "GET /x", "403", "INTEGRATION_FAILURE"),
        ),
    ],
    ids=["no route", "function error", "no permission"],
)
def test_a_refusal_is_logged_with_its_reason(
    run_api: Run, code: str, path: str, params: dict[str, bool], logged: tuple[str, ...]
) -> None:
    async def scenario(api: Any) -> Any:
        await logged_api(api, code, **params)
        await api.request("GET", path)
        return (await lines(api, 1))[0]

    line = run_api(scenario)

    assert tuple(line[name] for name in ("status", "routeKey", "integrationStatus", "error.responseType")) == logged


def test_a_stage_without_access_log_writes_none(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await logged_api(api)
        await api.do("DeleteAccessLogSettings", StageName="$default")
        await api.request("GET", "/x")
        await api.gateway.stop()
        return [group for group, _ in api.lab.logs]

    assert "access" not in run_api(scenario)


def test_only_log_groups_take_access_logs(run_api: Run) -> None:
    async def scenario(api: Any) -> None:
        await api.create()
        settings = {"DestinationArn": "arn:aws:firehose:us-east-1:0:deliverystream/amazon-apigateway-a", "Format": "x"}
        await api.do("UpdateStage", StageName="$default", AccessLogSettings=settings)

    with pytest.raises(ServiceError, match="BadRequestException"):
        run_api(scenario)


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ('{"a":"$context.a"}', '{"a":"x\\"\\ny"}'),
        ("$context.a - [$context.b] $context.c.d", 'x" y - [-] -'),
        ('{"a":"$context.a"}\n', '{"a":"x\\"\\ny"}'),
    ],
)
def test_values_cannot_break_out_of_a_format(template: str, line: str) -> None:
    assert fill(template, {"a": 'x"\ny', "c": 1}) == line
