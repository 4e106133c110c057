"""What an alarm's data points say: the state, and CloudWatch's reason for it.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

EXTRA_PERIODS = 2
"""How many more data points than it needs an alarm looks back, to make up for missing ones."""


class State(StrEnum):
    """What an alarm can be in."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT = "INSUFFICIENT_DATA"


_COMPARE: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
COMPARISONS = frozenset(_COMPARE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When an alarm goes off."""

    comparison: str
    threshold: float
    periods: int
    to_alarm: int
    missing: str
    """`missing`, `ignore`, `breaching` or `notBreaching`."""

    def breaches(self, value: float) -> bool:
        """True if a data point is on the wrong side of the threshold."""
        return _COMPARE[self.comparison][0](value, self.threshold)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A state and why; `values` are the data points it rests on, the newest first."""

    state: State
    reason: str
    values: tuple[float, ...] = ()


def judge(rule: Rule, points: Sequence[tuple[float, float | None]], current: State) -> Verdict:
    """The state that data points (period's start and value or None, the newest first) put an alarm in."""
    real = [(moment, value) for moment, value in points if value is not None][: rule.periods]
    lacking = rule.periods - len(real)
    if not real:
        return _without_data(rule, current)
    breaching = sum(1 for _, value in real if rule.breaches(value))
    state = _state(rule, breaching, len(real), lacking, current)
    return Verdict(state=state, reason=_reason(rule, real, state, lacking), values=tuple(value for _, value in real))


def _state(rule: Rule, breaching: int, real: int, lacking: int, current: State) -> State:
    match rule.missing:
        case "breaching":
            return State.ALARM if breaching + lacking >= rule.to_alarm else State.OK
        case "ignore" if lacking and rule.to_alarm > breaching == real:
            return current
        case "missing":
            return State.ALARM if breaching >= min(rule.to_alarm, real) else State.OK
        case _:
            return State.ALARM if breaching >= rule.to_alarm else State.OK


def _without_data(rule: Rule, current: State) -> Verdict:
    plural = "" if rule.periods == 1 else "s"
    if rule.missing in ("breaching", "notBreaching"):
        shown = "Breaching" if rule.missing == "breaching" else "NonBreaching"
        were = "was" if rule.periods == 1 else "were"
        reason = (
            f"Threshold Crossed: no datapoints were received for {rule.periods} period{plural} and "
            f"{rule.periods} missing datapoint{plural} {were} treated as [{shown}]."
        )
        return Verdict(state=State.ALARM if rule.missing == "breaching" else State.OK, reason=reason)
    were = "datapoint was" if rule.periods == 1 else "datapoints were"
    reason = f"Insufficient Data: {rule.periods} {were} unknown."
    return Verdict(state=current if rule.missing == "ignore" else State.INSUFFICIENT, reason=reason)


def _reason(rule: Rule, real: Sequence[tuple[float, float]], state: State, lacking: int) -> str:
    """The sentence that CloudWatch makes of a verdict."""
    breaching = [point for point in real if rule.breaches(point[1])]
    shown = breaching if state is State.ALARM else [point for point in real if point not in breaching]
    listed = ", ".join(f"{value} ({datetime.fromtimestamp(at, UTC):%d/%m/%y %H:%M:%S})" for at, value in shown)
    was = "was" if len(shown) == 1 else "were"
    word = _COMPARE[rule.comparison][1]
    negation = "" if state is State.ALARM else "not "
    change = "OK -> ALARM" if state is State.ALARM else "ALARM -> OK"
    least = rule.to_alarm if state is State.ALARM else rule.periods - rule.to_alarm + 1
    treated = ""
    if lacking and rule.missing in ("breaching", "notBreaching"):
        kind = "Breaching" if rule.missing == "breaching" else "NonBreaching"
        points, were = ("datapoint", "was") if lacking == 1 else ("datapoints", "were")
        treated = f" and {lacking} missing {points} {were} treated as [{kind}]"
    return (
        f"Threshold Crossed: {len(shown)} out of the last {rule.periods} datapoints [{listed}] {was} {negation}{word} "
        f"the threshold ({float(rule.threshold)}){treated} "
        f"(minimum {least} datapoint{'' if least == 1 else 's'} for {change} transition)."
    )
