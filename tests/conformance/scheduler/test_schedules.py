"""What EventBridge Scheduler takes and shows, as AWS was recorded to in 2025."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.emulator import LiveEmulator

OFF = {"Mode": "OFF"}


@pytest.fixture(scope="module")
def target(emulator: LiveEmulator) -> Iterator[dict[str, str]]:
    """A queue, and who may write to it."""
    iam, sqs, name = emulator.client("iam"), emulator.client("sqs"), f"scheduled-{uuid.uuid4().hex[:8]}"
    trust = {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    yield {"Arn": arn, "RoleArn": role, "Input": "{}"}
    sqs.delete_queue(QueueUrl=url)
    iam.delete_role(RoleName=name)


@pytest.fixture
def scheduler(emulator: LiveEmulator) -> Any:
    return emulator.client("scheduler")


@pytest.mark.parametrize(
    "expression",
    [
        "cron()",
        "cron(0 1 * * * *)",
        "cron(5 4 * * NOT *)",
        "cron(75 8 1 * ? *)",
        "rate()",
        "rate(5)",
        "rate(5 seconds)",
        "rate(-5 minutes)",
        "rate( 5 minutes )",
        " rate(5 minutes)",
        "at(2030-12-31)",
        "at(2030-12-31T23:59:59Z)",
    ],
)
def test_an_expression_that_is_wrong_is_named(scheduler: Any, target: dict[str, str], expression: str) -> None:
    asked = {"Name": "wrong", "ScheduleExpression": expression, "FlexibleTimeWindow": OFF, "Target": target}

    with pytest.raises(ClientError) as caught:
        scheduler.create_schedule(**asked)

    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": f"Invalid Schedule Expression {expression}.",
    }


def test_what_a_schedule_leaves_out_is_shown_with_its_default(scheduler: Any, target: dict[str, str]) -> None:
    name = f"plain-{uuid.uuid4().hex[:8]}"
    asked = {"Name": name, "ScheduleExpression": "rate(9 hours)", "FlexibleTimeWindow": OFF, "Target": target}
    scheduler.create_schedule(State="DISABLED", **asked)

    shown = scheduler.get_schedule(Name=name)

    scheduler.delete_schedule(Name=name)
    retries = {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}
    assert shown["Target"] == {**target, "RetryPolicy": retries}
    defaults = ("GroupName", "ScheduleExpressionTimezone", "ActionAfterCompletion")
    assert tuple(shown[key] for key in defaults) == ("default", "UTC", "NONE")
