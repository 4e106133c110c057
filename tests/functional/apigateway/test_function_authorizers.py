"""Lambda functions that decide who may take a route."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from tests.fixtures.lambda_lab import Run

ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"
PATH = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{ARN}/invocations"
SIMPLE = "{'isAuthorized': event['headers'].get('x-key') == 'right', 'context': {'tenant': 't1', 'n': 1}}"


def code(decision: str) -> str:
    """A function that is its own authorizer: it decides, and otherwise answers its event."""
    return (
        "calls = []\n"
        "def handler(event, context):\n"
        "    if event.get('type') == 'REQUEST':\n"
        "        calls.append(event)\n"
        f"        return {decision}\n"
        "    return {'event': event, 'calls': calls}"
    )


async def guarded(api: Any, decision: str, **authorizer: Any) -> str:
    """The id of an authorizer of the API's route `GET /x`."""
    await api.create(code(decision))
    wanted = {
        "Name": "a",
        "AuthorizerType": "REQUEST",
        "AuthorizerUri": PATH,
        "AuthorizerPayloadFormatVersion": "2.0",
        "EnableSimpleResponses": True,
        "IdentitySource": ["$request.header.x-key"],
    }
    made = await api.do("CreateAuthorizer", **(wanted | authorizer))
    await api.route("GET /x", AuthorizationType="CUSTOM", AuthorizerId=made["AuthorizerId"])
    return str(made["AuthorizerId"])


def test_a_simple_answer_lets_in_or_not(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await guarded(api, SIMPLE)
        keys: list[dict[str, str]] = [{"x_key": "right"}, {"x_key": "wrong"}, {}]
        return [await api.request("GET", "/x", **key) for key in keys]

    right, wrong, none = run_api(scenario)

    event = json.loads(right.body)["event"]
    assert event["requestContext"]["authorizer"] == {"lambda": {"tenant": "t1", "n": 1}}
    assert (wrong.status, wrong.body) == (403, b'{"message":"Forbidden"}')
    assert (none.status, none.body) == (401, b'{"message":"Unauthorized"}')


def test_an_authorizer_sees_the_request_without_its_body(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await guarded(api, SIMPLE)
        return api.id, await api.request("GET", "/x?q=1", b"{}", x_key="right")

    api_id, answer = run_api(scenario)

    (seen,) = json.loads(answer.body)["calls"]
    assert (seen["version"], seen["type"], seen["routeKey"]) == ("2.0", "REQUEST", "GET /x")
    assert seen["routeArn"] == f"arn:aws:execute-api:us-east-1:000000000000:{api_id}/$default/GET/x"
    assert seen["identitySource"] == ["right"]
    assert "body" not in seen
    assert "isBase64Encoded" not in seen


def test_an_answer_is_kept_for_the_same_identity_until_it_is_reset(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await guarded(api, SIMPLE)
        bodies = [json.loads((await api.request("GET", "/x", x_key="right")).body) for _ in range(2)]
        await api.do("ResetAuthorizersCache", StageName="$default")
        return [*bodies, json.loads((await api.request("GET", "/x", x_key="right")).body)]

    assert [len(body["calls"]) for body in run_api(scenario)] == [1, 1, 2]


def test_an_answer_is_not_kept_for_a_request_that_says_more_of_who_it_is(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await guarded(api, SIMPLE)
        once = ("x-key", "right")
        requests = (once,), (once, ("x-key", "wrong"))
        return [(await api.request("GET", "/x", more=headers)).status for headers in requests]

    assert run_api(scenario) == [200, 403]


def test_without_identity_sources_every_request_is_asked_about(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await guarded(api, SIMPLE, IdentitySource=[])
        return [json.loads((await api.request("GET", "/x", x_key="right")).body) for _ in range(2)]

    assert [len(body["calls"]) for body in run_api(scenario)] == [1, 2]


@pytest.mark.parametrize(("effect", "status"), [("Allow", 200), ("Deny", 403)])
def test_a_policy_decides_about_the_route(run_api: Run, effect: str, status: int) -> None:
    decision = (
        "{'principalId': 'p', 'policyDocument': {'Version': '2012-10-17', 'Statement': [{'Action': "
        f"'execute-api:Invoke', 'Effect': '{effect}', 'Resource': event['methodArn']}}]}}, 'context': {{'k': 'v'}}}}"
    )

    async def scenario(api: Any) -> Any:
        await guarded(api, decision, AuthorizerPayloadFormatVersion="1.0", EnableSimpleResponses=False)
        return await api.request("GET", "/x", x_key="any")

    answer = run_api(scenario)

    assert answer.status == status
    if status == 200:
        (seen,) = json.loads(answer.body)["calls"]
        assert (seen["version"], seen["authorizationToken"], seen["resource"]) == ("1.0", "any", "/x")


@pytest.mark.parametrize("decision", ["{'isAuthorized': 'yes'}", "'no'", "1 / 0"], ids=["word", "text", "error"])
def test_what_is_no_decision_is_an_internal_server_error(run_api: Run, decision: str) -> None:
    async def scenario(api: Any) -> Any:
        await guarded(api, decision)
        return await api.request("GET", "/x", x_key="right")

    answer = run_api(scenario)

    assert (answer.status, answer.body) == (500, b'{"message":"Internal Server Error"}')


def test_the_functions_policy_has_to_name_the_authorizer(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await api.lab.create(code(SIMPLE))
        api.id = (await api.do("CreateApi", Name="a", ProtocolType="HTTP"))["ApiId"]
        await api.do("CreateStage", StageName="$default", AutoDeploy=True)
        api.integration = await api.integrate(ARN)
        made = await api.do(
            "CreateAuthorizer",
            Name="a",
            AuthorizerType="REQUEST",
            AuthorizerUri=PATH,
            AuthorizerPayloadFormatVersion="2.0",
            EnableSimpleResponses=True,
        )
        await api.route("GET /x", AuthorizationType="CUSTOM", AuthorizerId=made["AuthorizerId"])
        before = await api.request("GET", "/x", x_key="wrong")
        await api.permit(f"arn:aws:execute-api:us-east-1:000000000000:{api.id}/authorizers/{made['AuthorizerId']}")
        return before.status, (await api.request("GET", "/x", x_key="wrong")).status

    assert run_api(scenario) == (500, 403)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"AuthorizerPayloadFormatVersion": None},
            "AuthorizerPayloadFormatVersion is a required parameter for REQUEST",
        ),
        ({"AuthorizerPayloadFormatVersion": "1.0"}, "EnableSimpleResponses"),
        ({"AuthorizerUri": "f"}, "Invalid function ARN or invalid uri"),
        ({"AuthorizerResultTtlInSeconds": 3_601}, "between 0 and 3600"),
        ({"IdentitySource": ["header.x"]}, "Identity sources begin with"),
        ({"JwtConfiguration": {"Issuer": "https://i.example"}}, "not a parameter of REQUEST authorizers"),
        ({"AuthorizerCredentialsArn": "arn:aws:iam::0:role/r"}, "does not support AuthorizerCredentialsArn"),
    ],
    ids=str,
)
def test_an_authorizer_that_cannot_decide_is_refused(run_api: Run, params: dict[str, Any], message: str) -> None:
    async def scenario(api: Any) -> Any:
        await guarded(api, SIMPLE, **params)

    with pytest.raises(ServiceError, match=message):
        run_api(scenario)


def test_a_route_takes_only_an_authorizer_of_its_kind(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        identifier = await guarded(api, SIMPLE)
        await api.route("GET /y", AuthorizationType="JWT", AuthorizerId=identifier)

    with pytest.raises(ServiceError) as caught:
        run_api(scenario)

    assert caught.value.message == (
        "Invalid authorizer ID specified. Setting the authorization type to JWT requires a valid JWT authorizer."
    )


def test_scopes_are_for_tokens(run_api: Run) -> None:
    async def scenario(api: Any) -> Any:
        await api.create()
        await api.route("GET /y", AuthorizationScopes=["read"])

    with pytest.raises(ServiceError, match="Authorization Scopes are only valid for COGNITO_USER_POOLS and JWT"):
        run_api(scenario)
