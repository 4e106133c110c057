"""EventBridge Scheduler through boto3, and in a stack."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.target import MakeRole, Target


@pytest.fixture(scope="module")
def role(make_role: MakeRole) -> str:
    return make_role("scheduler.amazonaws.com", {"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:*:*:conf-*"})


@pytest.fixture
def queue(target: Target) -> Iterator[tuple[str, str]]:
    """The URL and ARN of a queue."""
    sqs = target.client("sqs")
    url = sqs.create_queue(QueueName=f"conf-{uuid.uuid4().hex[:12]}")["QueueUrl"]
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    yield url, answer["Attributes"]["QueueArn"]
    sqs.delete_queue(QueueUrl=url)


def _next(target: Target, url: str) -> Any:
    return target.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"][0]


def _given(name: str, arn: str, role: str, **changes: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "ScheduleExpression": "rate(1 hour)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": arn, "RoleArn": role, "Input": '{"n": 1}'},
        **changes,
    }


def test_a_schedule_is_made_shown_changed_and_deleted(
    target: Target, queue: tuple[str, str], role: str, name: str
) -> None:
    client, (url, arn) = target.client("scheduler"), queue
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    given = _given(name, arn, role, StartDate=start, Description="hourly")

    made = client.create_schedule(**given)["ScheduleArn"]
    shown = client.get_schedule(Name=name)
    with pytest.raises(client.exceptions.ConflictException):
        client.create_schedule(**given)
    client.update_schedule(**_given(name, arn, role))  # from now on, at once
    body = json.loads(_next(target, url)["Body"])
    listed = client.list_schedules(NamePrefix=name)["Schedules"]
    client.delete_schedule(Name=name)

    assert made.endswith(f":schedule/default/{name}")
    assert (shown["Description"], shown["StartDate"], shown["State"]) == ("hourly", start, "ENABLED")
    assert body == {"n": 1}
    assert [(each["Name"], each["Target"]["Arn"]) for each in listed] == [(name, arn)]
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_schedule(Name=name)


def test_without_input_the_target_hears_of_the_schedule(
    target: Target, queue: tuple[str, str], role: str, name: str
) -> None:
    client, (url, arn) = target.client("scheduler"), queue
    moment = datetime.now(UTC) + timedelta(seconds=1)
    given = _given(
        name, arn, role, ScheduleExpression=f"at({moment:%Y-%m-%dT%H:%M:%S})", ActionAfterCompletion="DELETE"
    )
    given["Target"].pop("Input")

    made = client.create_schedule(**given)["ScheduleArn"]
    event = json.loads(_next(target, url)["Body"])

    assert (event["source"], event["detail-type"], event["detail"]) == ("aws.scheduler", "Scheduled Event", "{}")
    assert event["resources"] == [made]


def test_a_group_takes_its_schedules_with_it(target: Target, queue: tuple[str, str], role: str, name: str) -> None:
    client, (_, arn) = target.client("scheduler"), queue
    group = client.create_schedule_group(Name=name, Tags=[{"Key": "a", "Value": "1"}])["ScheduleGroupArn"]
    client.create_schedule(**_given(name, arn, role, GroupName=name, State="DISABLED"))

    tags = client.list_tags_for_resource(ResourceArn=group)["Tags"]
    client.delete_schedule_group(Name=name)

    assert tags == [{"Key": "a", "Value": "1"}]
    with pytest.raises(ClientError):
        client.list_schedules(GroupName=name)


def test_a_role_that_does_not_trust_the_scheduler_is_refused(
    target: Target, queue: tuple[str, str], make_role: MakeRole, name: str
) -> None:
    other = make_role("lambda.amazonaws.com", {"Action": "sqs:SendMessage", "Resource": "*"})
    client = target.client("scheduler")

    with pytest.raises(client.exceptions.ValidationException, match="must allow AWS EventBridge Scheduler"):
        client.create_schedule(**_given(name, queue[1], other))


def test_a_stack_makes_and_moves_a_schedule(target: Target, queue: tuple[str, str], role: str, name: str) -> None:
    client, (url, arn) = target.client("cloudformation"), queue
    properties = {
        "GroupName": {"Ref": "Group"},
        "ScheduleExpression": "rate(1 hour)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": arn, "RoleArn": role, "Input": "{}"},
    }
    resources: dict[str, Any] = {
        "Group": {"Type": "AWS::Scheduler::ScheduleGroup"},
        "Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": properties},
    }

    def settled() -> str:
        while True:
            status = str(client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
            if not status.endswith("_IN_PROGRESS"):
                return status
            time.sleep(0.05)

    client.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    created = settled()
    _next(target, url)
    properties["State"] = "DISABLED"
    del properties["GroupName"]
    client.update_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    updated = settled()
    (listed,) = target.client("scheduler").list_schedules(GroupName="default", NamePrefix=name)["Schedules"]
    client.delete_stack(StackName=name)

    assert (created, updated) == ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    assert listed["State"] == "DISABLED"


@pytest.mark.parametrize("rate", ["rate(2 minute)", "rate(1 minute)", "rate(3 hours)"])
def test_a_schedules_rate_is_lax_about_its_plural(
    target: Target, queue: tuple[str, str], role: str, name: str, rate: str
) -> None:
    client, (_, arn) = target.client("scheduler"), queue

    client.create_schedule(**_given(name, arn, role, ScheduleExpression=rate))

    assert client.get_schedule(Name=name)["ScheduleExpression"] == rate
    client.delete_schedule(Name=name)
