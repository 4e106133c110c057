"""Requests to an HTTP API reach functions, or are refused as API Gateway refuses them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fixtures.lambda_lab import Run

FORBIDDEN = {"message": "Forbidden"}


def test_a_request_reaches_the_function_as_payload_2(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await api.create()
        await api.route("POST /models/{name}")
        return await api.request("POST", "/models/sentiment?q=1", b'{"text":"good"}')

    answer = run_api(scenario)

    event = json.loads(answer.body)
    assert answer.status == 200
    assert event["routeKey"] == "POST /models/{name}"
    assert event["rawPath"] == "/models/sentiment"
    assert event["pathParameters"] == {"name": "sentiment"}
    assert event["body"] == '{"text":"good"}'
    assert "apigw-requestid" in dict(answer.headers)


@pytest.mark.parametrize(("method", "path"), [("GET", "/models/x"), ("POST", "/other"), ("POST", "/")])
def test_a_request_without_route_is_not_found(run_api: Run, method: str, path: str) -> None:
    async def scenario(api: Any) -> Any:
        await api.create()
        await api.route("POST /models/{name}")
        return await api.request(method, path)

    answer = run_api(scenario)

    assert (answer.status, answer.body) == (404, b'{"message":"Not Found"}')


def test_an_iam_route_refuses_the_unsigned_and_those_whom_no_policy_lets_in(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await api.create()
        await api.route("POST /x", AuthorizationType="AWS_IAM")
        return await api.request("POST", "/x"), await api.request("POST", "/x", authorization="jane")

    for answer in run_api(scenario):
        assert (answer.status, json.loads(answer.body)) == (403, FORBIDDEN)


def test_an_iam_route_tells_the_function_who_signed(run_api: Run) -> None:
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*:*:*/*/POST/x"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    async def scenario(api: Any) -> Any:
        api.lab.environment.store.documents("iam-user").put(
            "jane", {"Arn": "arn:aws:iam::000000000000:user/jane", "Inline": {"p": policy}, "Attached": []}
        )
        await api.create()
        await api.route("POST /x", AuthorizationType="AWS_IAM")
        return await api.request("POST", "/x", authorization="jane")

    event = json.loads(run_api(scenario).body)

    assert event["requestContext"]["authorizer"]["iam"]["userArn"] == "arn:aws:iam::000000000000:user/jane"


def test_without_permission_on_the_function_the_gateway_fails(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await api.create(permit=False)
        await api.permit("arn:aws:execute-api:us-east-1:000000000000:other/*/*")
        await api.route("POST /x")
        return await api.request("POST", "/x")

    answer = run_api(scenario)

    assert (answer.status, answer.body) == (500, b'{"message":"Internal Server Error"}')


def test_permission_is_asked_of_the_alias_that_is_called(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await api.create()
        await api.lab.do("PublishVersion")
        await api.lab.do("CreateAlias", Name="api", FunctionVersion="1")
        path = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
        target = await api.integrate(f"{path}arn:aws:lambda:us-east-1:000000000000:function:f:api/invocations")
        await api.route("POST /x", Target=f"integrations/{target}")
        before = await api.request("POST", "/x")
        await api.permit(f"arn:aws:execute-api:us-east-1:000000000000:{api.id}/*/POST/x", Qualifier="api")
        return before, await api.request("POST", "/x")

    before, after = run_api(scenario)

    assert (before.status, after.status) == (500, 200)


def test_a_function_error_is_an_internal_server_error(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await api.create("def handler(e, c):\n    raise ValueError('secret input')")
        await api.route("$default")
        return await api.request("GET", "/anything")

    answer = run_api(scenario)

    assert (answer.status, answer.body) == (500, b'{"message":"Internal Server Error"}')


def test_the_integration_time_limit_answers_503(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await api.create("import time\ndef handler(e, c):\n    time.sleep(2)")
        target = await api.integrate("arn:aws:lambda:us-east-1:000000000000:function:f", TimeoutInMillis=100)
        await api.route("GET /slow", Target=f"integrations/{target}")
        return await api.request("GET", "/slow")

    answer = run_api(scenario)

    assert (answer.status, answer.body) == (503, b'{"message":"Service Unavailable"}')


def test_a_stage_throttles(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await api.create()
        await api.route("GET /x")
        settings = {"ThrottlingBurstLimit": 2, "ThrottlingRateLimit": 0.001}
        await api.do("UpdateStage", StageName="$default", DefaultRouteSettings=settings)
        return [(await api.request("GET", "/x")).status for _ in range(3)]

    assert run_api(scenario) == [200, 200, 429]


def test_a_body_over_10_mb_is_refused(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await api.create()
        await api.route("POST /x")
        return await api.request("POST", "/x", b"x" * (10 * 1024 * 1024 + 1))

    assert run_api(scenario).status == 413


def test_a_preflight_is_answered_by_the_gateway(run_api: Run) -> None:
    cors = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["POST"], "AllowHeaders": ["x-a"], "MaxAge": 60}

    async def scenario(api: Any) -> Any:
        await api.create(CorsConfiguration=cors)
        await api.route("POST /x")
        wanted = {"access_control_request_method": "POST"}
        allowed = await api.request("OPTIONS", "/x", origin="https://a.example", **wanted)
        return allowed, await api.request("OPTIONS", "/x", origin="https://evil.example", **wanted)

    allowed, refused = run_api(scenario)

    assert allowed.status == refused.status == 204
    assert dict(allowed.headers)["access-control-allow-origin"] == "https://a.example"
    assert dict(allowed.headers)["access-control-max-age"] == "60"
    assert not any(name.startswith("access-control") for name, _ in refused.headers)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [({}, None), ({"origin": "https://evil.example"}, None), ({"origin": "https://a.example"}, "https://a.example")],
)
def test_what_a_function_says_of_other_origins_is_ignored_once_the_api_says_it(
    run_api: Run, origin: dict[str, str], allowed: str | None
) -> None:
    answers = {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*", "x-own": "1"}}

    async def scenario(api: Any) -> Any:
        await api.create(
            f"def handler(e, c):\n    return {answers!r}", CorsConfiguration={"AllowOrigins": ["https://a.example"]}
        )
        await api.route("GET /x")
        return dict((await api.request("GET", "/x", **origin)).headers)

    headers = run_api(scenario)

    assert headers["x-own"] == "1"
    assert headers.get("access-control-allow-origin") == allowed


def test_another_stage_serves_its_deployment_until_the_next(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await api.create()
        await api.route("GET /a")
        deployment = (await api.do("CreateDeployment"))["DeploymentId"]
        await api.do("CreateStage", StageName="test", DeploymentId=deployment)
        await api.route("GET /b")
        return [(await api.request("GET", path)).status for path in ("/b", "/test/a", "/test/b")]

    assert run_api(scenario) == [200, 200, 404]


def test_apis_survive_a_restart(run_api: Run) -> None:
    async def before(api: Any) -> Any:
        await api.create()
        await api.route("GET /x")
        return api.id

    api_id = run_api(before)

    async def after(api: Any) -> Any:
        api.id = api_id
        return (await api.request("GET", "/x")).status

    assert run_api(after) == 200


@pytest.mark.parametrize(
    ("token", "challenge"),
    [("", "Bearer"), ("Bearer a.b.c", "invalid_token"), ("Bearer eyJhbGciOiJub25lIn0.e30.", "signing method")],
    ids=["none", "malformed", "alg-none"],
)
def test_a_jwt_route_refuses_what_is_no_token_of_its_issuer(run_api: Run, token: str, challenge: str) -> None:
    async def scenario(api: Any) -> Any:
        await api.create()
        authorizer = await api.do(
            "CreateAuthorizer",
            Name="jwt",
            AuthorizerType="JWT",
            IdentitySource=["$request.header.Authorization"],
            JwtConfiguration={"Issuer": "https://issuer.example", "Audience": ["api"]},
        )
        await api.route("GET /x", AuthorizationType="JWT", AuthorizerId=authorizer["AuthorizerId"])
        return await api.request("GET", "/x", **({"authorization": token} if token else {}))

    answer = run_api(scenario)

    assert (answer.status, answer.body) == (401, b'{"message":"Unauthorized"}')
    assert challenge in dict(answer.headers)["www-authenticate"]


def test_a_function_goes_on_after_its_integration_has_run_out_of_time(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await api.create("import time\ndef handler(e, c):\n    time.sleep(.3)\n    print('done')")
        target = await api.integrate("arn:aws:lambda:us-east-1:000000000000:function:f", TimeoutInMillis=50)
        await api.route("GET /slow", Target=f"integrations/{target}")
        answer = await api.request("GET", "/slow")
        return answer.status, await api.lab.log_has("done")

    assert run_api(scenario)[0] == 503


def test_a_function_gets_a_length_and_a_trace_with_every_request(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await api.create()
        await api.route("GET /x")
        trace = "Root=1-67891233-abcdef012345678912345678"
        return await api.request("GET", "/x"), await api.request("GET", "/x", x_amzn_trace_id=trace)

    plain, traced = (json.loads(answer.body)["headers"] for answer in run_api(scenario))

    assert plain["content-length"] == "0"
    assert re.fullmatch("Root=1-[0-9a-f]{8}-[0-9a-f]{24}", plain["x-amzn-trace-id"])
    assert traced["x-amzn-trace-id"] == "Root=1-67891233-abcdef012345678912345678"


@pytest.mark.parametrize(("size", "status"), [(10_000, 200), (10_240, 431)])
def test_a_request_line_and_its_headers_have_10_kb(run_api: Run, size: int, status: int) -> None:
    async def scenario(api: Any) -> Any:
        await api.create()
        await api.route("GET /x")
        return await api.request("GET", "/x", x_big="a" * size)

    answer = run_api(scenario)

    assert answer.status == status
    if status == 431:
        assert answer.body == b'{"message":"Request Header Fields Too Large"}'
