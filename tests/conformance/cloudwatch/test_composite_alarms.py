"""Alarms about other alarms."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.refusals import refusal

if TYPE_CHECKING:
    from tests.fixtures.target import Target

ARN = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:"


@pytest.fixture
def cloudwatch(emulator: Any) -> Any:
    return emulator.client("cloudwatch")


@pytest.fixture
def names(cloudwatch: Any) -> Iterator[tuple[str, str, str]]:
    """A composite alarm that is yet to be made, and two alarms that never have data."""
    prefix = f"composite-{uuid.uuid4().hex[:8]}"
    top, one, two = f"{prefix}-top", f"{prefix}-one", f"{prefix}-two"
    for name in (one, two):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="none",
            MetricName="none",
            Statistic="Sum",
            Period=86_400,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="ignore",
        )
        move(cloudwatch, name, "OK")
    yield top, one, two
    cloudwatch.delete_alarms(AlarmNames=[top])
    cloudwatch.delete_alarms(AlarmNames=[one, two])


def move(cloudwatch: Any, name: str, state: str) -> None:
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="drill")


def shown(cloudwatch: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])
    (alarm,) = found["CompositeAlarms"]
    assert found["MetricAlarms"] == []
    return dict(alarm)


def triggering(alarm: dict[str, Any]) -> list[tuple[str, str]]:
    data = json.loads(alarm["StateReasonData"])["triggeringAlarms"]
    return [(each["arn"], each["state"]["value"]) for each in data]


def test_a_composite_alarm_begins_in_the_state_of_its_rule(cloudwatch: Any, names: tuple[str, str, str]) -> None:
    top, one, two = names
    rule = f'ALARM({one}) OR ALARM("{two}")'

    cloudwatch.put_composite_alarm(AlarmName=top, AlarmRule=rule, AlarmDescription="either")

    alarm = shown(cloudwatch, top)
    assert (alarm["AlarmArn"], alarm["AlarmRule"], alarm["AlarmDescription"]) == (ARN + top, rule, "either")
    assert (alarm["ActionsEnabled"], alarm["AlarmActions"], alarm["OKActions"]) == (True, [], [])
    reason = f"{ARN}{top} was created and its alarm rule evaluates to OK"
    assert (alarm["StateValue"], alarm["StateReason"]) == ("OK", reason)
    assert triggering(alarm) == [(ARN + one, "OK"), (ARN + two, "OK")]


def test_a_composite_alarm_follows_the_alarms_below_it(cloudwatch: Any, names: tuple[str, str, str]) -> None:
    top, one, two = names
    cloudwatch.put_composite_alarm(AlarmName=top, AlarmRule=f"ALARM({one}) AND NOT ALARM({two})")

    move(cloudwatch, one, "ALARM")

    alarm = shown(cloudwatch, top)
    assert alarm["StateValue"] == "ALARM"
    assert alarm["StateReason"].startswith(f"{ARN}{one} transitioned to ALARM at ")
    assert alarm["StateReason"].endswith(" UTC")
    assert triggering(alarm) == [(ARN + one, "ALARM")]
    move(cloudwatch, two, "ALARM")
    assert shown(cloudwatch, top)["StateValue"] == "OK"
    history = cloudwatch.describe_alarm_history(AlarmName=top, HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    summaries = [entry["HistorySummary"] for entry in history]
    assert summaries[:2] == ["Alarm updated from ALARM to OK", "Alarm updated from OK to ALARM"]
    assert {entry["AlarmType"] for entry in history} == {"CompositeAlarm"}


def test_another_rule_is_looked_at_at_once(cloudwatch: Any, names: tuple[str, str, str]) -> None:
    top, one, _ = names
    cloudwatch.put_composite_alarm(AlarmName=top, AlarmRule=f"ALARM({one})")

    cloudwatch.put_composite_alarm(AlarmName=top, AlarmRule=f"OK({one})")

    alarm = shown(cloudwatch, top)
    reason = f"{ARN}{top} was updated and its new alarm rule evaluates to ALARM"
    assert (alarm["StateValue"], alarm["StateReason"]) == ("ALARM", reason)


def test_composite_alarms_stand_on_composite_alarms(cloudwatch: Any, names: tuple[str, str, str]) -> None:
    top, one, _ = names
    higher = f"{top}-higher"
    cloudwatch.put_composite_alarm(AlarmName=top, AlarmRule=f"ALARM({one})")
    cloudwatch.put_composite_alarm(AlarmName=higher, AlarmRule=f"ALARM({top})")

    move(cloudwatch, one, "ALARM")

    assert shown(cloudwatch, higher)["StateReason"].startswith(f"{ARN}{top} transitioned to ALARM at ")
    cloudwatch.delete_alarms(AlarmNames=[higher])


def test_a_topic_is_told_the_rule_and_who_set_it_off(
    emulator: Any, cloudwatch: Any, names: tuple[str, str, str]
) -> None:
    top, one, _ = names
    sns, sqs = emulator.client("sns"), emulator.client("sqs")
    topic, url = sns.create_topic(Name=top)["TopicArn"], sqs.create_queue(QueueName=top)["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": queue}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    cloudwatch.put_composite_alarm(AlarmName=top, AlarmRule=f"ALARM({one})", AlarmActions=[topic])

    move(cloudwatch, one, "ALARM")

    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    told = json.loads(message["Body"])
    assert (told["NewStateValue"], told["OldStateValue"], told["AlarmRule"]) == ("ALARM", "OK", f"ALARM({one})")
    assert [(child["Arn"], child["State"]["Value"]) for child in told["TriggeringChildren"]] == [(ARN + one, "ALARM")]
    assert "Trigger" not in told


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("ALARM(", "Error in AlarmRule [Unexpected end at char 6]"),
        ("()", "Error in AlarmRule [Unsupported token ')' at char 1]"),
        (" ALARM(a)", "AlarmRule must not contain leading or trailing whitespace or be null"),
        (
            "ALARM(gone) OR OK(away)",
            "Could not save the composite alarm as alarms [gone, away] in the alarm rule do not exist",
        ),
    ],
    ids=["cut off", "empty", "space", "nobody"],
)
def test_rules_that_are_refused(cloudwatch: Any, rule: str, message: str) -> None:
    assert refusal(cloudwatch.put_composite_alarm, AlarmName="x", AlarmRule=rule) == ("ValidationError", message)


def test_an_alarm_that_others_depend_on_stays(cloudwatch: Any, names: tuple[str, str, str]) -> None:
    top, one, two = names
    cloudwatch.put_composite_alarm(AlarmName=top, AlarmRule=f"ALARM({one}) OR ALARM({two})")

    message = f"Cannot delete {one} as there are composite alarm(s) depending on it."
    assert refusal(cloudwatch.delete_alarms, AlarmNames=[one]) == ("ValidationError", message)
    both = f"Cannot delete {one},{two} as there are composite alarm(s) depending on them."
    assert refusal(cloudwatch.delete_alarms, AlarmNames=[one, two])[1] == both


def test_composite_alarms_are_listed_when_asked_for(cloudwatch: Any, names: tuple[str, str, str]) -> None:
    top, one, two = names
    cloudwatch.put_composite_alarm(AlarmName=top, AlarmRule=f"ALARM({one}) OR ALARM({two})")
    prefix = top.removesuffix("-top")

    unasked = cloudwatch.describe_alarms(AlarmNamePrefix=prefix)
    every = cloudwatch.describe_alarms(AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    below = cloudwatch.describe_alarms(ChildrenOfAlarmName=top, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    above = cloudwatch.describe_alarms(ParentsOfAlarmName=one, AlarmTypes=["CompositeAlarm"])

    assert [len(unasked[kind]) for kind in ("MetricAlarms", "CompositeAlarms")] == [2, 0]
    assert [len(every[kind]) for kind in ("MetricAlarms", "CompositeAlarms")] == [2, 1]
    assert [alarm["AlarmName"] for alarm in below["MetricAlarms"]] == [one, two]
    assert above["CompositeAlarms"] == [{"AlarmName": top, "AlarmArn": ARN + top}]


def test_a_stack_has_a_composite_alarm(target: Target, name: str) -> None:
    client, metric = target.client("cloudformation"), "AWS::CloudWatch::Alarm"
    properties = {
        "AlarmName": f"{name}-one",
        "Namespace": "none",
        "MetricName": "none",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    rule = {"AlarmName": f"{name}-top", "AlarmRule": {"Fn::Sub": "ALARM(${One})"}}
    resources = {
        "One": {"Type": metric, "Properties": properties},
        "Top": {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": rule},
    }

    client.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))

    client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    alarm = shown(target.client("cloudwatch"), f"{name}-top")
    assert alarm["AlarmRule"] == f"ALARM({name}-one)"
    client.delete_stack(StackName=name)
    client.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
