"""Metrics through boto3, in every protocol CloudWatch speaks."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
HOUR = {"StartTime": NOW - timedelta(hours=1), "EndTime": NOW + timedelta(minutes=2)}


@pytest.fixture
def cloudwatch(emulator: Any) -> Any:
    return emulator.client("cloudwatch")


@pytest.fixture
def namespace() -> str:
    return f"test-{uuid.uuid4().hex[:8]}"


def put(cloudwatch: Any, namespace: str, name: str, value: float, minutes_ago: int = 5) -> None:
    datum = {"MetricName": name, "Value": value, "Timestamp": NOW - timedelta(minutes=minutes_ago), "Unit": "Count"}
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[datum])


def stat(namespace: str, name: str, statistic: str, **more: Any) -> dict[str, Any]:
    metric = {"Namespace": namespace, "MetricName": name}
    return {"Id": name, "MetricStat": {"Metric": metric, "Period": 300, "Stat": statistic}, **more}


def test_statistics_are_of_each_period(cloudwatch: Any, namespace: str) -> None:
    for value in (1, 2, 6):
        put(cloudwatch, namespace, "Calls", value)

    found = cloudwatch.get_metric_statistics(
        Namespace=namespace,
        MetricName="Calls",
        Period=60,
        Statistics=["SampleCount", "Sum", "Average", "Minimum", "Maximum"],
        **HOUR,
    )

    assert found["Datapoints"] == [
        {
            "Timestamp": NOW - timedelta(minutes=5),
            "SampleCount": 3.0,
            "Sum": 9.0,
            "Average": 3.0,
            "Minimum": 1.0,
            "Maximum": 6.0,
            "Unit": "Count",
        }
    ]


def test_values_with_counts_give_percentiles(cloudwatch: Any, namespace: str) -> None:
    datum = {"MetricName": "Latency", "Values": [10.0, 200.0], "Counts": [99, 1], "Timestamp": NOW}
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[datum])

    queries = [stat(namespace, "Latency", name) | {"Id": key} for key, name in (("half", "p50"), ("most", "p99.5"))]
    found = cloudwatch.get_metric_data(MetricDataQueries=queries, **HOUR)["MetricDataResults"]

    assert [(one["Id"], one["Values"]) for one in found] == [("half", [10.0]), ("most", [200.0])]


def test_an_expression_is_over_series_that_need_not_be_returned(cloudwatch: Any, namespace: str) -> None:
    put(cloudwatch, namespace, "calls", 10)
    put(cloudwatch, namespace, "ends", 7)
    queries = [
        stat(namespace, "calls", "Sum", ReturnData=False),
        stat(namespace, "ends", "Sum", ReturnData=False),
        {"Id": "lost", "Expression": "calls - ends", "Label": "AuditLost"},
    ]

    found = cloudwatch.get_metric_data(MetricDataQueries=queries, **HOUR)["MetricDataResults"]

    assert [(one["Id"], one["Label"], one["Values"]) for one in found] == [("lost", "AuditLost", [3.0])]


def test_list_metrics_filters_by_dimension(cloudwatch: Any, namespace: str) -> None:
    for model in ("a", "b"):
        dimensions = [{"Name": "model", "Value": model}]
        datum = {"MetricName": "Calls", "Value": 1.0, "Dimensions": dimensions}
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=[datum])

    found = cloudwatch.list_metrics(Namespace=namespace, Dimensions=[{"Name": "model", "Value": "b"}])["Metrics"]

    assert found == [{"Namespace": namespace, "MetricName": "Calls", "Dimensions": [{"Name": "model", "Value": "b"}]}]


def test_a_large_request_that_boto3_compresses_is_read(cloudwatch: Any, namespace: str) -> None:
    many = [{"MetricName": f"Metric{index:04}", "Value": float(index)} for index in range(900)]

    cloudwatch.put_metric_data(Namespace=namespace, MetricData=many)

    pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace=namespace)
    assert sum(len(one["Metrics"]) for one in pages) == 900


@pytest.mark.parametrize(
    ("datum", "code"),
    [
        ({}, "MissingParameter"),
        ({"Value": 1.0, "Values": [1.0]}, "InvalidParameterCombination"),
        ({"Value": float("nan")}, "InvalidParameterValue"),
        ({"Value": 1.0, "Timestamp": NOW - timedelta(days=15)}, "InvalidParameterValue"),
    ],
    ids=["nothing", "two-forms", "nan", "too-old"],
)
def test_a_datum_that_does_not_fit_is_refused(cloudwatch: Any, namespace: str, datum: Any, code: str) -> None:
    with pytest.raises(ClientError) as raised:
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "Calls", **datum}])

    assert raised.value.response["Error"]["Code"] == code


def test_a_request_for_too_many_points_is_refused(cloudwatch: Any, namespace: str) -> None:
    queries = [{"Id": "all", "Expression": "FILL(m, 0)"}, stat(namespace, "m", "Sum")]

    with pytest.raises(ClientError, match="more than 100800 data points"):
        cloudwatch.get_metric_data(MetricDataQueries=queries, StartTime=0, EndTime=NOW)


def test_the_namespaces_of_aws_are_its_own(cloudwatch: Any) -> None:
    with pytest.raises(ClientError, match="The value AWS/Lambda for parameter Namespace is invalid"):
        cloudwatch.put_metric_data(Namespace="AWS/Lambda", MetricData=[{"MetricName": "Calls", "Value": 1.0}])


@pytest.mark.parametrize("protocol", ["smithy-rpc-v2-cbor", "json", "query"])
def test_every_protocol_of_cloudwatch_answers(emulator: Any, namespace: str, protocol: str, monkeypatch: Any) -> None:
    from botocore import session  # noqa: PLC0415 - half a second that unit tests need not pay

    core = session.get_session()
    loader = core.get_component("data_loader")
    model = loader.load_service_model("cloudwatch", "service-2")
    only = {**model, "metadata": {**model["metadata"], "protocol": protocol, "protocols": [protocol]}}
    load = loader.load_service_model
    monkeypatch.setattr(
        loader,
        "load_service_model",
        lambda name, kind, **more: only if kind == "service-2" else load(name, kind, **more),
    )
    root = emulator.credentials
    keys = {"aws_access_key_id": root.access_key, "aws_secret_access_key": root.secret_key}
    client: Any = core.create_client("cloudwatch", endpoint_url=emulator.endpoint, region_name="us-east-1", **keys)

    client.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "Calls", "Value": 1.0, "Timestamp": NOW}])

    found = client.get_metric_data(MetricDataQueries=[stat(namespace, "Calls", "Sum") | {"Id": "m"}], **HOUR)
    assert found["MetricDataResults"][0]["Values"] == [1.0]
    with pytest.raises(ClientError) as raised:
        client.set_alarm_state(AlarmName=namespace, StateValue="OK", StateReason="none")
    assert raised.value.response["Error"]["Code"] == "ResourceNotFound"


def test_labels_tell_what_varies(cloudwatch: Any, namespace: str) -> None:
    put(cloudwatch, namespace, "Calls", 1)
    metric = {"Namespace": namespace, "MetricName": "Calls"}

    def labels(*stats: tuple[str, int]) -> list[str]:
        queries = [
            {"Id": f"q{number}", "MetricStat": {"Metric": metric, "Stat": kind, "Period": period}}
            for number, (kind, period) in enumerate(stats)
        ]
        found = cloudwatch.get_metric_data(MetricDataQueries=queries, **HOUR)["MetricDataResults"]
        return [one["Label"] for one in found]

    assert labels(("Sum", 60)) == ["Calls"]
    assert labels(("Sum", 60), ("Maximum", 60)) == ["Calls Sum", "Calls Maximum"]
    assert labels(("Sum", 60), ("Sum", 300)) == ["Calls 60", "Calls 300"]
    assert labels(("Sum", 60), ("Maximum", 300)) == ["Calls Sum 60", "Calls Maximum 300"]


def test_units_are_not_mixed(cloudwatch: Any, namespace: str) -> None:
    for value, unit in ((3, "Seconds"), (20, "Milliseconds"), (30, "Milliseconds")):
        datum = {"MetricName": "Time", "Value": value, "Unit": unit, "Timestamp": NOW - timedelta(minutes=5)}
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=[datum])

    (found,) = cloudwatch.get_metric_data(MetricDataQueries=[stat(namespace, "Time", "Sum") | {"Id": "time"}], **HOUR)[
        "MetricDataResults"
    ]
    points = cloudwatch.get_metric_statistics(
        Namespace=namespace, MetricName="Time", Period=300, Statistics=["Sum"], **HOUR
    )["Datapoints"]

    told = "Multiple units returned: '[Milliseconds, Seconds]'"
    assert (found["Values"], found["Messages"]) == ([50.0], [{"Code": "MultipleUnits", "Value": told}])
    assert {one["Unit"]: one["Sum"] for one in points} == {"Seconds": 3.0, "Milliseconds": 50.0}
