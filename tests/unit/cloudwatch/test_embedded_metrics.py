"""Embedded metric format: what of a log line becomes a metric."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlfn_localstack.services.logs.embedded_metrics import read_metrics


def line(definition: dict[str, Any], **members: Any) -> str:
    return json.dumps({"_aws": {"Timestamp": 1_700_000_000_000, "CloudWatchMetrics": [definition]}, **members})


DEFINITION = {
    "Namespace": "mlfn",
    "Dimensions": [["model"], ["model", "stage"]],
    "Metrics": [{"Name": "Lost", "Unit": "Count"}],
}


def test_a_metric_is_published_under_each_dimension_set() -> None:
    found = list(read_metrics(line(DEFINITION, model="m", stage="dev", Lost=[1, 2.5])))

    assert [(namespace, one["MetricName"], one["Unit"], one["Values"]) for namespace, one in found] == [
        ("mlfn", "Lost", "Count", [1.0, 2.5])
    ] * 2
    assert found[0][1]["Dimensions"] == [{"Name": "model", "Value": "m"}]
    assert found[0][1]["Timestamp"].timestamp() == 1_700_000_000


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("no JSON", 0),
        (json.dumps({"_aws": {"CloudWatchMetrics": [DEFINITION]}, "model": "m", "Lost": 1}), 0),
        (line(DEFINITION, model="m", stage="dev"), 0),
        (line(DEFINITION, model="m", Lost=1), 1),
        (line(DEFINITION, model="m", stage="dev", Lost="1"), 0),
        (line(DEFINITION, model="m", stage="dev", Lost=True), 0),
        (line(DEFINITION, model="m", stage="dev", Lost=[1] * 101), 0),
        (line({**DEFINITION, "Dimensions": [[]]}, Lost=1), 1),
        (line({"Metrics": DEFINITION["Metrics"]}, Lost=1), 0),
        ("[" * 100_000, 0),
    ],
    ids=["text", "no-time", "no-value", "a-dimension-is-missing", "text-value", "boolean", "too-many", "no-dimensions",
         "no-namespace", "deep"],
)  # fmt: skip
def test_what_does_not_fit_the_format_is_left_out(text: str, count: int) -> None:
    assert len(list(read_metrics(text))) == count
