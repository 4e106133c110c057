"""Requests as payload format 1.0, as AWS's users recorded them, and the answers that it takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fixtures.lambda_lab import Run

ECHO = "import json\ndef handler(event, context):\n    return {'statusCode': 200, 'body': json.dumps(event)}"
ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"
FAILED = (500, b'{"message":"Internal Server Error"}')


def asked(run_api: Run, route: str, method: str, path: str, code: str = ECHO, **request: Any) -> Any:
    """The answer to a request at a route whose integration has payload format 1.0."""

    async def scenario(api: Any) -> Any:
        await api.create(code)
        target = await api.integrate(ARN, PayloadFormatVersion="1.0")
        await api.route(route, Target=f"integrations/{target}")
        return await api.request(method, path, **request)

    return run_api(scenario)


def test_a_function_sees_the_route_and_all_values(run_api: Run) -> None:
    answer = asked(run_api, "POST /users/{user}/items", "POST", "/users/1/items?a=1&a=2&b", body=b'{"x":1}', x_own="v")

    event = json.loads(answer.body)
    context = event["requestContext"]
    assert (event["version"], event["resource"], event["path"]) == ("1.0", "/users/{user}/items", "/users/1/items")
    assert event["queryStringParameters"] == {"a": "2", "b": ""}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [""]}
    assert event["headers"]["Content-Type"] == "application/json"
    assert event["multiValueHeaders"]["x-own"] == ["v"]
    assert event["multiValueHeaders"]["X-Forwarded-For"] == ["127.0.0.1"]
    assert (event["pathParameters"], event["stageVariables"]) == ({"user": "1"}, None)
    assert (event["body"], event["isBase64Encoded"]) == ('{"x":1}', False)
    assert (context["resourceId"], context["resourcePath"]) == ("POST /users/{user}/items", "/users/{user}/items")
    assert context["extendedRequestId"] == context["requestId"] == dict(answer.headers)["apigw-requestid"]
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert "authorizer" not in context


def test_what_is_not_there_is_null(run_api: Run) -> None:
    event = json.loads(asked(run_api, "$default", "GET", "/pets").body)

    assert {event[name] for name in ("body", "pathParameters", "queryStringParameters", "stageVariables")} == {None}
    assert event["multiValueQueryStringParameters"] is None
    assert (event["resource"], event["requestContext"]["resourceId"]) == ("$default", "$default")
    assert event["requestContext"]["identity"]["cognitoAmr"] is None


def test_a_greedy_variable_takes_an_empty_rest(run_api: Run) -> None:
    event = json.loads(asked(run_api, "ANY /handler/{proxy+}", "POST", "/handler/").body)

    assert event["pathParameters"] == {"proxy": ""}


def test_a_signer_is_told_as_identity(run_api: Run) -> None:
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    async def scenario(api: Any) -> Any:
        api.lab.environment.store.documents("iam-user").put(
            "jane", {"Arn": "arn:aws:iam::000000000000:user/jane", "Inline": {"p": policy}, "Attached": []}
        )
        await api.create(ECHO)
        target = await api.integrate(ARN, PayloadFormatVersion="1.0")
        await api.route("GET /x", Target=f"integrations/{target}", AuthorizationType="AWS_IAM")
        return await api.request("GET", "/x", authorization="jane")

    context = json.loads(run_api(scenario).body)["requestContext"]

    assert context["identity"]["userArn"] == "arn:aws:iam::000000000000:user/jane"
    assert context["identity"]["accountId"] == "000000000000"


def test_an_answer_may_have_several_values_of_a_header(run_api: Run) -> None:
    result = {
        "statusCode": 201,
        "headers": {"x-one": "1", "x-two": "lost"},
        "multiValueHeaders": {"X-Two": ["a", "b"], "set-cookie": ["c=1", "d=2"]},
        "body": "made",
    }

    answer = asked(run_api, "GET /x", "GET", "/x", f"def handler(e, c):\n    return {result}")

    assert (answer.status, answer.body) == (201, b"made")
    assert [pair for pair in answer.headers if pair[0] in {"x-one", "x-two", "set-cookie"}] == [
        ("x-one", "1"),
        ("x-two", "a"),
        ("x-two", "b"),
        ("set-cookie", "c=1"),
        ("set-cookie", "d=2"),
    ]


@pytest.mark.parametrize("result", ["{'message': 'plain'}", "'text'", "None"], ids=["object", "text", "null"])
def test_nothing_is_inferred_from_a_result(run_api: Run, result: str) -> None:
    answer = asked(run_api, "GET /x", "GET", "/x", f"def handler(e, c):\n    return {result}")

    assert (answer.status, answer.body) == FAILED
