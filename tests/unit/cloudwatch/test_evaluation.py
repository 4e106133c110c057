"""The tables of "Configuring how CloudWatch alarms treat missing data"."""

from __future__ import annotations

from typing import Any

import pytest

from mlfn_localstack.services.cloudwatch.evaluation import Rule, State, judge

OK, ALARM, NO_DATA, STAYS = State.OK, State.ALARM, State.INSUFFICIENT, "stays"


def rule(to_alarm: int, missing: str = "missing", **changes: Any) -> Rule:
    settings: dict[str, Any] = {
        "comparison": "GreaterThanThreshold",
        "threshold": 1.0,
        "periods": 3,
        "to_alarm": to_alarm,
    }
    return Rule(**(settings | {"missing": missing} | changes))


def points(drawn: str) -> list[tuple[float, float | None]]:
    """`0 X -`, the oldest first: fine, breaching, missing."""
    values: dict[str, float | None] = {"0": 0.0, "X": 2.0, "-": None}
    return [(60.0 * index, values[mark]) for index, mark in enumerate(drawn.split())][::-1]


@pytest.mark.parametrize(
    ("drawn", "missing", "ignore", "breaching", "not_breaching"),
    [
        ("0 - X - X", OK, OK, OK, OK),
        ("- - - - 0", OK, OK, OK, OK),
        ("- - - - -", NO_DATA, STAYS, ALARM, OK),
        ("0 X X - X", ALARM, ALARM, ALARM, ALARM),
        ("- - X - -", ALARM, STAYS, ALARM, OK),
    ],
)
def test_three_of_three(drawn: str, missing: Any, ignore: Any, breaching: Any, not_breaching: Any) -> None:
    treatments = {"missing": missing, "ignore": ignore, "breaching": breaching, "notBreaching": not_breaching}
    for current in State:
        for treatment, expected in treatments.items():
            verdict = judge(rule(3, treatment), points(drawn), current)

            assert verdict.state == (current if expected == STAYS else expected), (treatment, current)


@pytest.mark.parametrize(
    ("drawn", "missing", "ignore", "breaching", "not_breaching"),
    [
        ("0 - X - X", ALARM, ALARM, ALARM, ALARM),
        ("0 0 X 0 X", ALARM, ALARM, ALARM, ALARM),
        ("0 - X - -", OK, OK, ALARM, OK),
        ("- - - - 0", OK, OK, ALARM, OK),
        ("- - - - X", ALARM, STAYS, ALARM, OK),
    ],
)
def test_two_of_three(drawn: str, missing: Any, ignore: Any, breaching: Any, not_breaching: Any) -> None:
    treatments = {"missing": missing, "ignore": ignore, "breaching": breaching, "notBreaching": not_breaching}
    for treatment, expected in treatments.items():
        verdict = judge(rule(2, treatment), points(drawn), State.OK)

        assert verdict.state == (State.OK if expected == STAYS else expected), treatment


@pytest.mark.parametrize(
    ("comparison", "value", "breaches"),
    [
        ("GreaterThanThreshold", 1.0, False),
        ("GreaterThanOrEqualToThreshold", 1.0, True),
        ("LessThanThreshold", 1.0, False),
        ("LessThanOrEqualToThreshold", 1.0, True),
    ],
)
def test_comparisons_at_the_threshold(comparison: str, value: float, breaches: bool) -> None:
    assert rule(1, comparison=comparison).breaches(value) is breaches


def test_the_reason_is_cloudwatchs_sentence() -> None:
    verdict = judge(rule(1, periods=1), [(0.0, 5.0)], State.OK)

    assert verdict.reason == (
        "Threshold Crossed: 1 out of the last 1 datapoints [5.0 (01/01/70 00:00:00)] was greater than "
        "the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
