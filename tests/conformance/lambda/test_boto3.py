"""boto3 against a running emulator: the wire, signatures and services together."""

from __future__ import annotations

import contextlib
import json
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.zip_functions import create_function, role_for

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

pytest.importorskip("awslambdaric")
LOGS = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def create(emulator: LiveEmulator, name: str, code: str) -> dict[str, Any]:
    """A zip function with a role of its own, active."""
    iam, client = emulator.client("iam"), emulator.client("lambda")
    role = role_for(emulator, name)
    iam.attach_role_policy(RoleName=name, PolicyArn=LOGS)
    created = create_function(client, name, role, code)
    client.get_waiter("function_active_v2").wait(FunctionName=name)
    return created


def test_a_function_is_created_invoked_and_logged(emulator: LiveEmulator) -> None:
    created = create(emulator, "boto-echo", "def handler(event, context):\n    print('seen')\n    return event")
    client = emulator.client("lambda")

    answer = client.invoke(FunctionName="boto-echo", Payload=b'{"a":1}', LogType="Tail")

    assert created["State"] == "Pending"
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert json.load(answer["Payload"]) == {"a": 1}
    events = emulator.client("logs").filter_log_events(logGroupName="/aws/lambda/boto-echo")["events"]
    assert "seen\n" in [event["message"] for event in events]


def test_the_log_has_what_a_call_printed_as_soon_as_it_is_answered(emulator: LiveEmulator) -> None:
    create(emulator, "boto-talk", "def handler(event, context):\n    print('seen', event)")
    client, logs = emulator.client("lambda"), emulator.client("logs")

    for number in range(20):
        client.invoke(FunctionName="boto-talk", Payload=json.dumps(number))

        page = logs.filter_log_events(logGroupName="/aws/lambda/boto-talk", filterPattern="seen")
        assert [event["message"] for event in page["events"]] == [f"seen {each}\n" for each in range(number + 1)]


def test_a_stream_that_was_deleted_does_not_come_back_with_what_was_printed_before(emulator: LiveEmulator) -> None:
    create(emulator, "boto-gone", "def handler(event, context):\n    print('seen')")
    emulator.client("lambda").invoke(FunctionName="boto-gone", LogType="Tail")
    logs = emulator.client("logs")
    (stream,) = logs.describe_log_streams(logGroupName="/aws/lambda/boto-gone")["logStreams"]

    logs.delete_log_stream(logGroupName="/aws/lambda/boto-gone", logStreamName=stream["logStreamName"])

    assert logs.describe_log_streams(logGroupName="/aws/lambda/boto-gone")["logStreams"] == []
    assert logs.filter_log_events(logGroupName="/aws/lambda/boto-gone", filterPattern="seen")["events"] == []


def test_older_clients_call_asynchronously_by_an_operation_of_its_own(emulator: LiveEmulator) -> None:
    create(emulator, "older", "def handler(event, context):\n    print('got', event['n'])\n")
    client, logs = emulator.client("lambda"), emulator.client("logs")

    answer = client.invoke_async(FunctionName="older", InvokeArgs=b'{"n": 7}')

    assert answer["Status"] == 202
    until = time.monotonic() + 60
    found: list[Any] = []
    while not found and time.monotonic() < until:
        with contextlib.suppress(logs.exceptions.ResourceNotFoundException):
            found = logs.filter_log_events(logGroupName="/aws/lambda/older", filterPattern="got")["events"]
        time.sleep(0.05)
    assert [event["message"].strip() for event in found] == ["got 7"]
    with pytest.raises(client.exceptions.InvalidRequestContentException):
        client.invoke_async(FunctionName="older", InvokeArgs=b"{")


def test_errors_have_the_classes_boto3_knows(emulator: LiveEmulator) -> None:
    client = emulator.client("lambda")

    with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
        client.invoke(FunctionName="nobody")

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert caught.value.response["Error"]["Message"].startswith("Function not found: arn:aws:lambda:")


def test_an_http_api_with_iam_takes_signed_requests_only(emulator: LiveEmulator) -> None:
    function = create(emulator, "boto-api", "def handler(event, context):\n    return event['requestContext']")
    gateway = emulator.client("apigatewayv2")
    api = gateway.create_api(Name="boto", ProtocolType="HTTP")
    integration = gateway.create_integration(
        ApiId=api["ApiId"],
        IntegrationType="AWS_PROXY",
        IntegrationUri=function["FunctionArn"],
        PayloadFormatVersion="2.0",
    )
    target = f"integrations/{integration['IntegrationId']}"
    gateway.create_route(ApiId=api["ApiId"], RouteKey="POST /x", Target=target, AuthorizationType="AWS_IAM")
    gateway.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True)
    emulator.client("lambda").add_permission(
        FunctionName="boto-api",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:us-east-1:000000000000:{api['ApiId']}/*/*/x",
    )

    unsigned, _ = post(f"{api['ApiEndpoint']}/x", {})
    status, context = post(f"{api['ApiEndpoint']}/x", signature(emulator, f"{api['ApiEndpoint']}/x"))

    assert (unsigned, status) == (403, 200)
    assert context["authorizer"]["iam"]["userArn"] == "arn:aws:iam::000000000000:root"
    assert context["routeKey"] == "POST /x"


def signature(emulator: LiveEmulator, url: str) -> dict[str, str]:
    """The headers of a signed POST of `{}`."""
    from botocore.auth import SigV4Auth  # noqa: PLC0415 - as boto3, loaded only where it is used
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415
    from botocore.credentials import Credentials  # noqa: PLC0415

    request = AWSRequest("POST", url, data=b"{}", headers={"Content-Type": "application/json"})
    keys = Credentials(emulator.credentials.access_key, emulator.credentials.secret_key)
    SigV4Auth(keys, "execute-api", "us-east-1").add_auth(request)
    return dict(request.headers.items())


def post(url: str, headers: dict[str, str]) -> tuple[int, Any]:
    """Status and JSON body of a POST of `{}`."""
    request = urllib.request.Request(url, b"{}", {"Content-Type": "application/json", **headers})  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
