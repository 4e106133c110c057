"""The functions of `stats`."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mlfn_localstack.services.logs.insights.rows import Row, Value, number, shown

Expression = Callable[[Row], Value]
Summary = Callable[[Sequence[Row], Sequence[Expression]], Value]
_HUNDRED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """One call of such a function."""

    summary: Summary
    arguments: tuple[Expression, ...]

    def of(self, rows: Sequence[Row]) -> Value:
        """What it gives for these rows, the newest of which is first."""
        return self.summary(rows, self.arguments)


def _values(rows: Sequence[Row], expression: Expression) -> list[Value]:
    return [value for row in rows if (value := expression(row)) is not None]


def _of_numbers(compute: Callable[[list[float]], float]) -> Summary:
    def summary(rows: Sequence[Row], arguments: Sequence[Expression]) -> Value:
        found = [each for value in _values(rows, arguments[0]) if (each := number(value)) is not None]
        try:
            return compute(found) if found else None
        except OverflowError:
            return None

    return summary


def _count(rows: Sequence[Row], arguments: Sequence[Expression]) -> Value:
    return float(len(_values(rows, arguments[0]) if arguments else rows))


def _distinct(rows: Sequence[Row], arguments: Sequence[Expression]) -> Value:
    return float(len({shown(value) for value in _values(rows, arguments[0])}))


def _percentile(rows: Sequence[Row], arguments: Sequence[Expression]) -> Value:
    found = sorted(each for value in _values(rows, arguments[0]) if (each := number(value)) is not None)
    share = number(arguments[1](rows[0]))
    if not found or share is None:
        return None
    at = math.ceil(share / _HUNDRED * len(found)) - 1
    return found[min(max(at, 0), len(found) - 1)]


def _end(*, newest: bool) -> Summary:
    def summary(rows: Sequence[Row], arguments: Sequence[Expression]) -> Value:
        ordered = sorted(rows, key=lambda row: number(row.get("@timestamp")) or 0.0, reverse=newest)
        return next(iter(_values(ordered, arguments[0])), None)

    return summary


def _extreme(choose: Callable[[list[Value]], Value]) -> Summary:
    def summary(rows: Sequence[Row], arguments: Sequence[Expression]) -> Value:
        found = _values(rows, arguments[0])
        numbers = [each for value in found if (each := number(value)) is not None]
        if len(numbers) == len(found):
            return choose([value if isinstance(value, float) else number(value) for value in found]) if found else None
        return choose([shown(value) for value in found])

    return summary


def _deviation(values: list[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0


AGGREGATES: Mapping[str, tuple[Summary, int, int]] = {
    "count": (_count, 0, 1),
    "count_distinct": (_distinct, 1, 1),
    "sum": (_of_numbers(math.fsum), 1, 1),
    "avg": (_of_numbers(statistics.fmean), 1, 1),
    "min": (_extreme(min), 1, 1),
    "max": (_extreme(max), 1, 1),
    "stddev": (_of_numbers(_deviation), 1, 1),
    "pct": (_percentile, 2, 2),
    "earliest": (_end(newest=False), 1, 1),
    "latest": (_end(newest=True), 1, 1),
    "sortsFirst": (_extreme(min), 1, 1),
    "sortsLast": (_extreme(max), 1, 1),
}
"""Each function with the least and the most arguments that it takes."""
