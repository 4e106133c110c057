"""Metric filters and resource policies as AWS was recorded to keep and refuse them in 2026."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

GROUP = "answers-metrics"
LONG = "X" * 600
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "route53.amazonaws.com"},
            "Action": "logs:PutLogEvents",
            "Resource": "*",
        }
    ],
}


@pytest.fixture(scope="module")
def logs(emulator: LiveEmulator) -> Any:
    """CloudWatch Logs with a group of one stream."""
    client = emulator.client("logs")
    client.create_log_group(logGroupName=GROUP)
    client.create_log_stream(logGroupName=GROUP, logStreamName="s")
    return client


def put(logs: Any, name: str, pattern: str = "pattern", **more: Any) -> None:
    """A filter that makes the metric of its own name."""
    transformation = {"metricName": name, "metricNamespace": "answers", "metricValue": "1"} | more
    logs.put_metric_filter(
        logGroupName=GROUP, filterName=name, filterPattern=pattern, metricTransformations=[transformation]
    )


def transformation(number: int) -> dict[str, str]:
    """A metric."""
    return {"metricName": f"metric{number}", "metricNamespace": f"namespace{number}", "metricValue": "1"}


def refused(call: Any, **params: Any) -> dict[str, str]:
    """The error of a call."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error: Any = caught.value.response["Error"]
    return dict(error)


def too_long(member: str, most: int, value: str = LONG) -> str:
    """How AWS refuses what is too long."""
    return (
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
        f"Member must have length less than or equal to {most}"
    )


def test_a_metric_filter_is_described_and_counted(logs: Any) -> None:
    put(logs, "described", " ", defaultValue=0)

    (shown,) = logs.describe_metric_filters(metricName="described", metricNamespace="answers")["metricFilters"]

    assert shown.pop("creationTime")
    assert shown == {
        "applyOnTransformedLogs": False,
        "filterName": "described",
        "filterPattern": " ",
        "logGroupName": GROUP,
        "metricTransformations": [
            {"defaultValue": 0.0, "metricName": "described", "metricNamespace": "answers", "metricValue": "1"}
        ],
    }
    assert logs.describe_metric_filters(filterNamePrefix="descr")["metricFilters"][0]["filterName"] == "described"
    assert logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"][0]["metricFilterCount"] >= 1
    logs.delete_metric_filter(logGroupName=GROUP, filterName="described")
    assert logs.describe_metric_filters(logGroupName=GROUP, filterNamePrefix="descr")["metricFilters"] == []


@pytest.mark.parametrize(
    ("operation", "params", "message"),
    [
        ("put_metric_filter", {"filterName": LONG}, too_long("filterName", 512)),
        ("put_metric_filter", {"filterPattern": LONG * 2}, too_long("filterPattern", 1024, LONG * 2)),
        (
            "put_metric_filter",
            {"metricTransformations": [transformation(1), transformation(2)]},
            too_long(
                "metricTransformations",
                1,
                "[MetricTransformation(metricName=metric1, metricNamespace=namespace1, metricValue=1, "
                "defaultValue=null, unit=null, dimensions=null), MetricTransformation(metricName=metric2, "
                "metricNamespace=namespace2, metricValue=1, defaultValue=null, unit=null, dimensions=null)]",
            ),
        ),
        ("delete_metric_filter", {"filterName": LONG}, too_long("filterName", 512)),
        (
            "delete_metric_filter",
            {"logGroupName": LONG},
            "Invalid LogGroup or LogStream, both must have length less than or equal to 512.",
        ),
        ("describe_metric_filters", {"filterNamePrefix": LONG}, too_long("filterNamePrefix", 512)),
        (
            "describe_metric_filters",
            {"metricName": LONG, "metricNamespace": "n"},
            too_long("metricName", 255),
        ),
        (
            "create_log_group",
            {"logGroupName": LONG},
            "Invalid LogGroup or LogStream, both must have length less than or equal to 512.",
        ),
    ],
    ids=["name", "pattern", "two", "deleted name", "deleted group", "prefix", "metric", "group"],
)
def test_refusals(logs: Any, operation: str, params: dict[str, Any], message: str) -> None:
    whole: dict[str, Any] = {
        "logGroupName": GROUP,
        "filterName": "f",
        "filterPattern": "p",
        "metricTransformations": [transformation(1)],
    }
    needed: dict[str, dict[str, Any]] = {
        "put_metric_filter": whole,
        "delete_metric_filter": {"logGroupName": GROUP, "filterName": "f"},
    }

    error = refused(getattr(logs, operation), **needed.get(operation, {}) | params)

    assert error == {"Code": "InvalidParameterException", "Message": message}


def total(emulator: LiveEmulator, metric: str, dimensions: list[dict[str, str]]) -> list[float]:
    """Sum and number of a metric's values in the last minutes."""
    now = datetime.now(UTC)
    points = emulator.client("cloudwatch").get_metric_statistics(
        Namespace="answers",
        MetricName=metric,
        Dimensions=dimensions,
        StartTime=now - timedelta(minutes=10),
        EndTime=now + timedelta(minutes=10),
        Period=3600,
        Statistics=["Sum", "SampleCount"],
    )["Datapoints"]
    return [sum(point[name] for point in points) for name in ("Sum", "SampleCount")]


@pytest.mark.parametrize(
    ("metric", "pattern", "more", "dimensions", "expected"),
    [
        ("counted", "ERROR", {}, [], [1, 1]),
        ("json", "{ $.latency > 10 }", {"metricValue": "$.latency"}, [], [62, 2]),
        (
            "by-model",
            "{ $.latency > 0 }",
            {"metricValue": "$.latency", "dimensions": {"Model": "$.model"}},
            [{"Name": "Model", "Value": "m"}],
            [25, 2],
        ),
        ("spaces", "[level = INFO, took, unit]", {"metricValue": "$took"}, [], [7, 1]),
        ("none", "NOTHING", {"defaultValue": 0}, [], [0, 1]),
    ],
    ids=["counted", "json", "dimension", "spaces", "default"],
)
def test_events_that_fit_make_a_metric(
    emulator: LiveEmulator, logs: Any, metric: str, pattern: str, more: Any, dimensions: Any, expected: list[float]
) -> None:
    put(logs, metric, pattern, **more)
    messages = [
        json.dumps({"latency": 20, "model": "m"}),
        json.dumps({"latency": 42, "model": "other"}),
        json.dumps({"latency": 5, "model": "m"}),
        "ERROR something broke",
        "INFO 7 ms",
    ]

    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": message} for message in messages]
    logs.put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=events)
    logs.delete_metric_filter(logGroupName=GROUP, filterName=metric)

    assert total(emulator, metric, dimensions) == expected


def test_an_empty_list_of_fields_fits_everything(logs: Any) -> None:
    logs.create_log_stream(logGroupName=GROUP, logStreamName="everything")
    events = [{"timestamp": int(time.time() * 1000), "message": "any words"}]
    logs.put_log_events(logGroupName=GROUP, logStreamName="everything", logEvents=events)

    found = logs.filter_log_events(logGroupName=GROUP, logStreamNames=["everything"], filterPattern="[]")

    assert [event["message"] for event in found["events"]] == ["any words"]


def test_a_resource_policy_is_kept(logs: Any) -> None:
    put = logs.put_resource_policy(policyName="answers", policyDocument=json.dumps(POLICY))["resourcePolicy"]

    assert put.pop("lastUpdatedTime")
    assert put == {"policyName": "answers", "policyDocument": json.dumps(POLICY), "policyScope": "ACCOUNT"}
    assert "answers" in [policy["policyName"] for policy in logs.describe_resource_policies()["resourcePolicies"]]
    logs.delete_resource_policy(policyName="answers")
    assert refused(logs.delete_resource_policy, policyName="answers") == {
        "Code": "ResourceNotFoundException",
        "Message": "Policy with name [answers] does not exist.",
    }


def test_an_account_has_ten_resource_policies(logs: Any) -> None:
    names = [f"policy-{number}" for number in range(10)]
    for name in names:
        logs.put_resource_policy(policyName=name, policyDocument=json.dumps(POLICY))

    error = refused(logs.put_resource_policy, policyName="one-more", policyDocument=json.dumps(POLICY))

    assert error == {"Code": "LimitExceededException", "Message": "Resource limit exceeded."}
    for name in names:
        logs.delete_resource_policy(policyName=name)


def test_groups_that_were_searched_for_do_not_tell_their_size(logs: Any) -> None:
    (group,) = logs.describe_log_groups(logGroupNamePattern=GROUP)["logGroups"]

    assert group.keys() == {
        *("arn", "creationTime", "logGroupArn", "logGroupClass", "logGroupName", "metricFilterCount")
    }
    assert logs.list_log_groups(logGroupNamePattern="no-such")["logGroups"] == []
    assert logs.list_log_groups(logGroupNamePattern=f"^{GROUP}|x-none")["logGroups"][0]["logGroupName"] == GROUP


def test_a_stack_makes_a_metric_filter(emulator: LiveEmulator, logs: Any) -> None:
    properties = {
        "LogGroupName": GROUP,
        "FilterPattern": "ERROR",
        "MetricTransformations": [
            {
                "MetricName": "stacked",
                "MetricNamespace": "answers",
                "MetricValue": "$.n",
                "Dimensions": [{"Key": "Model", "Value": "$.model"}],
            }
        ],
    }
    template = {"Resources": {"Filter": {"Type": "AWS::Logs::MetricFilter", "Properties": properties}}}
    stacks = emulator.client("cloudformation")

    stacks.create_stack(StackName="answers-metric-filter", TemplateBody=json.dumps(template))
    stacks.get_waiter("stack_create_complete").wait(StackName="answers-metric-filter", WaiterConfig={"Delay": 1})

    (shown,) = logs.describe_metric_filters(metricName="stacked", metricNamespace="answers")["metricFilters"]
    assert shown["metricTransformations"][0]["dimensions"] == {"Model": "$.model"}
    stacks.delete_stack(StackName="answers-metric-filter")
    stacks.get_waiter("stack_delete_complete").wait(StackName="answers-metric-filter", WaiterConfig={"Delay": 1})
    assert logs.describe_metric_filters(metricName="stacked", metricNamespace="answers")["metricFilters"] == []
