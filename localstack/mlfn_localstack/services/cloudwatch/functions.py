"""The functions of metric math.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#metric-math-syntax-functions
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from mlfn_localstack.services.cloudwatch.statistics import Points

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Value = float | Points | list[Points]
"""A number, a series, or an array of series."""

_REDUCERS: Mapping[str, Callable[[list[float]], float]] = {
    "SUM": math.fsum,
    "AVG": lambda values: math.fsum(values) / len(values),
    "MIN": min,
    "MAX": max,
}
_ROUNDERS: Mapping[str, Callable[[float], float]] = {
    "ABS": abs,
    "CEIL": lambda value: float(math.ceil(value)),
    "FLOOR": lambda value: float(math.floor(value)),
}


class UnknownFunctionError(Exception):
    """There is no such function, or not with these arguments."""


class Functions:
    """Calls functions over the series of one request."""

    def __init__(self, series: Mapping[str, Points], period: int, times: list[float]) -> None:
        self._series = series
        self._period = period
        self._times = times

    def call(self, name: str, arguments: list[Value]) -> Value:
        """What a function gives.

        Raises:
            UnknownFunctionError: there is no such function.
        """
        match name, arguments:
            case (("SUM" | "AVG" | "MIN" | "MAX"), [(dict() | list()) as value]):
                return _reduce(_REDUCERS[name], value)
            case (("ABS" | "CEIL" | "FLOOR"), [value]):
                return _each(_ROUNDERS[name], value)
            case (("RATE" | "DIFF"), [dict() as value]):
                return _changes(value, per_second=name == "RATE")
            case "FILL", [dict() as value, float() as filler]:
                return _fill(value, filler, self._times)
            case "IF", [(float() | dict()) as condition, chosen, *other]:
                return _choose(condition, chosen, other[0] if other else None)
            case _:
                return self._about_request(name, arguments)

    def _about_request(self, name: str, arguments: list[Value]) -> Value:
        match name, arguments:
            case "METRICS", []:
                return list(self._series.values())
            case "PERIOD", [dict()]:
                return float(self._period)
        raise UnknownFunctionError(f"the function {name} is not supported with these arguments")


def _choose(condition: float | Points, chosen: Value, other: Value | None) -> Value:
    """IF: for a series, moment by moment."""
    if isinstance(condition, float):
        return chosen if condition else ({} if other is None else other)
    found: Points = {}
    for moment, holds in condition.items():
        source = chosen if holds else other
        value = source.get(moment) if isinstance(source, dict) else source
        if isinstance(value, float):
            found[moment] = value
    return found


def _reduce(function: Callable[[list[float]], float], value: Points | list[Points]) -> float | Points:
    """A number of one series' values; of an array, the series of its values at each time."""
    if isinstance(value, dict):
        return function(list(value.values())) if value else 0.0
    moments = sorted({moment for points in value for moment in points})
    return {moment: function([points[moment] for points in value if moment in points]) for moment in moments}


def _each(function: Callable[[float], float], value: Value) -> Value:
    match value:
        case float():
            return function(value)
        case dict():
            return {moment: function(one) for moment, one in value.items()}
        case _:
            return [{moment: function(one) for moment, one in points.items()} for points in value]


def _changes(points: Points, *, per_second: bool) -> Points:
    """What each value differs from the one before it, or differs per second."""
    return {
        later: (points[later] - points[earlier]) / ((later - earlier) if per_second else 1)
        for earlier, later in itertools.pairwise(sorted(points))
    }


def _fill(points: Points, filler: float, times: list[float]) -> Points:
    """The series with a value for each missing period; not a number stands for REPEAT."""
    filled: Points = {}
    last: float | None = None
    for moment in times:
        last = points.get(moment, last if math.isnan(filler) else filler)
        if last is not None:
            filled[moment] = last
    return filled
