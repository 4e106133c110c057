"""Alarms through boto3."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def cloudwatch(emulator: Any) -> Any:
    return emulator.client("cloudwatch")


@pytest.fixture
def name() -> str:
    return f"alarm-{uuid.uuid4().hex[:8]}"


def alarm(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "AlarmName": name,
        "Namespace": name,
        "MetricName": "Lost",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0.0,
        "ComparisonOperator": "GreaterThanThreshold",
        **changes,
    }


def state(cloudwatch: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    return found


def test_a_new_alarm_has_insufficient_data(cloudwatch: Any, name: str) -> None:
    cloudwatch.put_metric_alarm(**alarm(name, AlarmDescription="lost records"))

    found = state(cloudwatch, name)

    assert (found["StateValue"], found["StateReason"]) == ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")
    assert found["AlarmArn"] == f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{name}"
    assert (found["AlarmDescription"], found["AlarmActions"], found["Dimensions"]) == ("lost records", [], [])


def test_an_alarm_goes_off_when_its_metric_breaches(cloudwatch: Any, name: str) -> None:
    cloudwatch.put_metric_alarm(**alarm(name, TreatMissingData="notBreaching"))
    moment = datetime.now(UTC) - timedelta(minutes=1)

    datum = {"MetricName": "Lost", "Value": 3.0, "Timestamp": moment}
    cloudwatch.put_metric_data(Namespace=name, MetricData=[datum])

    deadline = time.monotonic() + 15
    while (found := state(cloudwatch, name))["StateValue"] != "ALARM":
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    assert "Threshold Crossed: 1 out of the last 1 datapoints [3.0 (" in found["StateReason"]
    history = cloudwatch.describe_alarm_history(AlarmName=name, HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    assert history[0]["HistorySummary"].endswith("to ALARM")


def test_set_alarm_state_is_kept_in_the_history(cloudwatch: Any, name: str) -> None:
    cloudwatch.put_metric_alarm(**alarm(name))

    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="drill")

    assert state(cloudwatch, name)["StateReason"] == "drill"
    found = cloudwatch.describe_alarm_history(AlarmName=name)["AlarmHistoryItems"]
    assert [one["HistorySummary"] for one in found] == [
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        f'Alarm "{name}" created',
    ]


def test_an_action_without_permission_is_recorded_as_failed(cloudwatch: Any, name: str) -> None:
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    cloudwatch.put_metric_alarm(**alarm(name, AlarmActions=[arn]))

    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="drill")

    found = cloudwatch.describe_alarm_history(AlarmName=name, HistoryItemType="Action")["AlarmHistoryItems"]
    assert [one["HistorySummary"] for one in found] == [f"Failed to execute action {arn}"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"AlarmActions": ["arn:aws:ssm:us-east-1:000000000000:t"]}, "not arn:aws:ssm:us-east-1:000000000000:t"),
        ({"DatapointsToAlarm": 2}, "DatapointsToAlarm must be less than or equal to EvaluationPeriods"),
        ({"Period": 7}, "The value 7 for parameter Period is not a valid period"),
        ({"TreatMissingData": "maybe"}, "TreatMissingData must be one of"),
    ],
    ids=["action", "datapoints", "period", "missing-data"],
)
def test_a_definition_that_does_not_fit_is_refused(cloudwatch: Any, name: str, changes: Any, message: str) -> None:
    with pytest.raises(ClientError, match=message):
        cloudwatch.put_metric_alarm(**alarm(name, **changes))


def test_an_alarm_that_is_not_there_cannot_be_set(cloudwatch: Any, name: str) -> None:
    with pytest.raises(cloudwatch.exceptions.ResourceNotFound):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="none")


def test_deleted_alarms_are_gone(cloudwatch: Any, name: str) -> None:
    cloudwatch.put_metric_alarm(**alarm(name))

    cloudwatch.delete_alarms(AlarmNames=[name])

    assert cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"] == []
