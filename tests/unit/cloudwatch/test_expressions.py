"""Metric math."""

from __future__ import annotations

from typing import Any

import pytest

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudwatch.expressions import evaluate

SERIES = {"m1": {0.0: 10.0, 60.0: 20.0, 120.0: 40.0}, "m2": {0.0: 4.0, 120.0: 8.0}, "zero": {0.0: 0.0}}
TIMES = [0.0, 60.0, 120.0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("m1 - m2", {0.0: 6.0, 120.0: 32.0}),
        ("m1 - FILL(m2, 0)", {0.0: 6.0, 60.0: 20.0, 120.0: 32.0}),
        ("FILL(m2, REPEAT)", {0.0: 4.0, 60.0: 4.0, 120.0: 8.0}),
        ("-m2 + 2 * (1 + 1)", {0.0: 0.0, 120.0: -4.0}),
        ("2 ^ 3", 8.0),
        ("-" * 2000 + "2", 2.0),
        ("100 * m2 / m1", {0.0: 40.0, 120.0: 20.0}),
        ("m1 / zero", {}),
        ("SUM(m1)", 70.0),
        ("MAX(METRICS())", {0.0: 10.0, 60.0: 20.0, 120.0: 40.0}),
        ("RATE(m1) * PERIOD(m1)", {60.0: 10.0, 120.0: 20.0}),
        ("DIFF(m1)", {60.0: 10.0, 120.0: 20.0}),
        ("m1 > 15", {0.0: 0.0, 60.0: 1.0, 120.0: 1.0}),
        ("IF(m1 > 15 && m1 < 30, 1, 0)", {0.0: 0.0, 60.0: 1.0, 120.0: 0.0}),
        ("IF(m1 > 15, m1)", {60.0: 20.0, 120.0: 40.0}),
    ],
)
def test_expressions_give(text: str, expected: Any) -> None:
    assert evaluate(text, SERIES, 60, TIMES) == expected


@pytest.mark.parametrize(
    "text", ["", "m1 +", "m9", "m1 m2", "(m1", "NOPE(m1)", "METRICS()", "m1 $ 2", "(" * 1000, "SUM(" * 500]
)
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ServiceError, match="Error in expression"):
        evaluate(text, SERIES, 60, TIMES)
