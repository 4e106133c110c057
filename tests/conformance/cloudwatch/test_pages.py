"""Data of metrics in pages of so many points."""

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
    """CloudWatch."""
    return emulator.client("cloudwatch")


def test_series_go_on_in_the_next_page(cloudwatch: Any) -> None:
    namespace = f"pages-{uuid.uuid4().hex[:8]}"
    for name in ("A", "B"):
        for minutes in (10, 20, 30):
            moment = NOW - timedelta(minutes=minutes)
            datum = {"MetricName": name, "Value": minutes, "Timestamp": moment}
            cloudwatch.put_metric_data(Namespace=namespace, MetricData=[datum])
    queries = [
        {
            "Id": name.lower(),
            "MetricStat": {"Metric": {"Namespace": namespace, "MetricName": name}, "Period": 60, "Stat": "Sum"},
        }
        for name in ("A", "B")
    ]

    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, MaxDatapoints=2, ScanBy="TimestampAscending", **HOUR
    )

    shown = [[(one["Id"], one["StatusCode"], one["Values"]) for one in page["MetricDataResults"]] for page in pages]
    assert shown == [
        [("a", "PartialData", [30, 20])],
        [("a", "Complete", [10]), ("b", "PartialData", [30])],
        [("b", "Complete", [20, 10])],
    ]


def test_options_of_labels_are_refused_by_name(cloudwatch: Any) -> None:
    with pytest.raises(ClientError, match="does not support LabelOptions"):
        cloudwatch.get_metric_data(
            MetricDataQueries=[{"Id": "a", "Expression": "1+1"}], LabelOptions={"Timezone": "+0400"}, **HOUR
        )
