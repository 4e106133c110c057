"""Metrics that functions, APIs and log events leave without anybody putting them."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.conformance.clients.conftest import archive
from tests.fixtures.target import PYTHON_RUNTIME, trust

CODE = """
import json, time
def handler(event, context):
    if event == "raise":
        raise ValueError("no")
    if isinstance(event, dict) and "lost" in event:
        metrics = {"Namespace": event["namespace"], "Dimensions": [["model"]], "Metrics": [{"Name": "Lost"}]}
        now = int(time.time() * 1000)
        aws = {"Timestamp": now, "CloudWatchMetrics": [metrics]}
        print(json.dumps({"_aws": aws, "model": "m", "Lost": event["lost"]}))
    if isinstance(event, dict) and "alarmData" in event:
        print("ALARM", event["alarmData"]["alarmName"], event["alarmData"]["state"]["value"])
    return event
"""


@pytest.fixture(scope="module")
def function(emulator: Any) -> Iterator[str]:
    iam, name = emulator.client("iam"), f"metered-{uuid.uuid4().hex[:8]}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]["Arn"]
    code = {"ZipFile": archive({"app.py": CODE})}
    settings = {"Runtime": PYTHON_RUNTIME, "Handler": "app.handler", "Role": role, "Code": code}
    emulator.client("lambda").create_function(FunctionName=name, **settings)
    yield name
    emulator.client("lambda").delete_function(FunctionName=name)


def sums(emulator: Any, namespace: str, names: list[str], dimensions: dict[str, str]) -> dict[str, float]:
    now = datetime.now(UTC)
    found = {}
    for name in names:
        answer = emulator.client("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=1),
            Period=3600,
            Statistics=["Sum"],
        )
        found[name] = sum(point["Sum"] for point in answer["Datapoints"])
    return found


def until(read: Any, expected: Any) -> None:
    deadline = time.monotonic() + 10
    while (found := read()) != expected:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


def test_calls_of_a_function_are_counted_by_alias_and_version(emulator: Any, function: str) -> None:
    client = emulator.client("lambda")
    version = client.publish_version(FunctionName=function)["Version"]
    client.create_alias(FunctionName=function, Name="live", FunctionVersion=version)
    for payload in (b'"fine"', b'"raise"', b"1"):
        client.invoke(FunctionName=function, Qualifier="live", Payload=payload)

    names = ["Invocations", "Errors", "Throttles"]
    expected = {"Invocations": 3.0, "Errors": 1.0, "Throttles": 0.0}
    resource = {"FunctionName": function, "Resource": f"{function}:live"}
    until(lambda: sums(emulator, "AWS/Lambda", names, resource), expected)
    until(lambda: sums(emulator, "AWS/Lambda", names, resource | {"ExecutedVersion": version}), expected)
    assert sums(emulator, "AWS/Lambda", ["Duration"], resource)["Duration"] > 0


def test_a_refused_call_is_a_throttle(emulator: Any, function: str) -> None:
    client = emulator.client("lambda")
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError, match="TooManyRequestsException"):
        client.invoke(FunctionName=function, Payload=b"1")
    client.delete_function_concurrency(FunctionName=function)

    until(lambda: sums(emulator, "AWS/Lambda", ["Throttles"], {"FunctionName": function}), {"Throttles": 1.0})


def test_a_line_in_embedded_metric_format_becomes_a_metric(emulator: Any, function: str) -> None:
    event = {"lost": 4, "namespace": f"emf-{function}"}

    emulator.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))

    until(lambda: sums(emulator, f"emf-{function}", ["Lost"], {"model": "m"}), {"Lost": 4.0})


def test_requests_to_an_api_are_counted(emulator: Any) -> None:
    import urllib.error  # noqa: PLC0415 - kept beside its only use
    import urllib.request  # noqa: PLC0415 - kept beside its only use

    client = emulator.client("apigatewayv2")
    api = client.create_api(Name="metered", ProtocolType="HTTP")["ApiId"]
    client.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{emulator.endpoint}/_aws/execute-api/{api}/nowhere")  # noqa: S310 - the emulator's own

    expected = {"Count": 1.0, "4xx": 1.0, "5xx": 0.0}
    until(lambda: sums(emulator, "AWS/ApiGateway", list(expected), {"ApiId": api, "Stage": "$default"}), expected)


def test_an_alarm_calls_a_function_that_lets_it(emulator: Any, function: str) -> None:
    client, cloudwatch = emulator.client("lambda"), emulator.client("cloudwatch")
    arn = client.get_function(FunctionName=function)["Configuration"]["FunctionArn"]
    client.add_permission(
        FunctionName=function,
        StatementId="alarm",
        Action="lambda:InvokeFunction",
        Principal="lambda.alarms.cloudwatch.amazonaws.com",
    )
    cloudwatch.put_metric_alarm(
        AlarmName=function,
        AlarmActions=[arn],
        Namespace="none",
        MetricName="none",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )

    cloudwatch.set_alarm_state(AlarmName=function, StateValue="ALARM", StateReason="drill")

    def lines() -> bool:
        logs = emulator.client("logs")
        try:
            events = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return False  # the function has not started yet
        return any(f"ALARM {function} ALARM" in event["message"] for event in events)

    until(lines, True)
