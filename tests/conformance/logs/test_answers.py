"""What CloudWatch Logs shows and refuses, word for word as AWS was recorded to (2022 to 2026)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.fixtures.zip_functions import create_function, role_for

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

GROUP = "answers"
ACCOUNT, REGION = "000000000000", "us-east-1"
ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:answers-logs"
CROSS_ACCOUNT = (
    "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to create cross account "
    "lambda triggers."
)


@pytest.fixture(scope="module")
def logs(emulator: LiveEmulator) -> Any:
    """CloudWatch Logs with a group of one stream that nobody wrote to."""
    client = emulator.client("logs", config=Config(retries={"total_max_attempts": 1}))
    client.create_log_group(logGroupName=GROUP)
    client.create_log_stream(logGroupName=GROUP, logStreamName="s")
    return client


def subscribe(logs: Any, destination: str, group: str = GROUP) -> None:
    """A filter that lets everything through."""
    logs.put_subscription_filter(logGroupName=group, filterName="f", filterPattern="", destinationArn=destination)


def test_a_group_is_described(logs: Any) -> None:
    (group,) = logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]

    assert group.pop("creationTime")
    assert group == {
        "arn": f"{ARN}:*",
        "deletionProtectionEnabled": False,
        "logGroupArn": ARN,
        "logGroupClass": "STANDARD",
        "logGroupName": GROUP,
        "metricFilterCount": 0,
        "storedBytes": 0,
    }


@pytest.mark.parametrize("named", [{"logGroupName": GROUP}, {"logGroupIdentifier": GROUP}, {"logGroupIdentifier": ARN}])
def test_a_stream_that_nobody_wrote_to_has_no_times_and_no_token(logs: Any, named: dict[str, str]) -> None:
    (stream,) = logs.describe_log_streams(**named)["logStreams"]

    assert stream.pop("creationTime")
    assert stream == {"arn": f"{ARN}:log-stream:s", "logStreamName": "s", "storedBytes": 0}


@pytest.mark.parametrize(
    ("operation", "params", "code", "message"),
    [
        (
            "describe_log_groups",
            {"logGroupNamePrefix": "a", "logGroupNamePattern": "a"},
            "InvalidParameterException",
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        ),
        (
            "describe_log_streams",
            {"logGroupName": GROUP, "logGroupIdentifier": GROUP},
            "ValidationException",
            "LogGroup name and LogGroup ARN are mutually exclusive parameters.",
        ),
        (
            "create_log_group",
            {"logGroupName": "kept", "deletionProtectionEnabled": True},
            "InvalidParameterException",
            "The emulator does not support deletionProtectionEnabled of log groups.",
        ),
    ],
    ids=["groups", "streams", "protection"],
)
def test_refusals(logs: Any, operation: str, params: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(logs, operation)(**params)

    assert caught.value.response["Error"] == {"Code": code, "Message": message}


@pytest.mark.parametrize(
    ("destination", "code", "message"),
    [
        (FUNCTION.replace(ACCOUNT, "111111111111"), "AccessDeniedException", CROSS_ACCOUNT),
        (
            f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/s",
            "InvalidParameterException",
            "destinationArn for vendor kinesis cannot be used without roleArn",
        ),
    ],
    ids=["another-account", "kinesis"],
)
def test_destinations_that_are_refused(logs: Any, destination: str, code: str, message: str) -> None:
    with pytest.raises(ClientError) as caught:
        subscribe(logs, destination)

    assert caught.value.response["Error"] == {"Code": code, "Message": message}


@pytest.mark.parametrize(
    ("region", "let_in"), [(f"{REGION}.", True), ("", True), ("eu-west-1.", False)], ids=["here", "any", "elsewhere"]
)
def test_a_function_may_let_its_own_region_in(logs: Any, emulator: LiveEmulator, region: str, let_in: bool) -> None:
    functions = emulator.client("lambda")
    name = f"answers-logs-{region.rstrip('.')}"
    code = "def handler(event, context):\n    return event"
    arn = create_function(functions, name, role_for(emulator, name), code)["FunctionArn"]
    functions.add_permission(
        FunctionName=name,
        StatementId="logs",
        Action="lambda:InvokeFunction",
        Principal=f"logs.{region}amazonaws.com",
        SourceArn=f"{ARN}:*",
    )

    if let_in:
        subscribe(logs, arn)
        logs.delete_subscription_filter(logGroupName=GROUP, filterName="f")
        return
    with pytest.raises(ClientError, match="Make sure you have given CloudWatch Logs permission"):
        subscribe(logs, arn)
