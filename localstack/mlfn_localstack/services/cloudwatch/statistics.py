"""Statistics over periods.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_localstack.services.cloudwatch import errors
from mlfn_localstack.services.cloudwatch.model import Aggregate

if TYPE_CHECKING:
    from mlfn_localstack.services.cloudwatch.model import Metrics, Series

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")

Points = dict[float, float]
"""Start of a period (seconds since 1970) -> value; periods without data are not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time cut into periods."""

    start: float
    end: float
    period: int

    @classmethod
    def aligned(cls, start: float, end: float, period: int) -> Window:
        """A window that begins where a period does (CloudWatch rounds the start down)."""
        return cls(start=start // period * period, end=end, period=period)


def statistic(name: str, aggregate: Aggregate) -> float | None:
    """One statistic of what an aggregate has counted.

    Raises:
        ServiceError: there is no such statistic.
    """
    match name:
        case "SampleCount":
            return aggregate.count
        case "Sum":
            return aggregate.sum
        case "Average":
            return aggregate.sum / aggregate.count if aggregate.count else None
        case "Minimum":
            return aggregate.min
        case "Maximum":
            return aggregate.max
        case _:
            match = _PERCENTILE.fullmatch(name)
            if match is None:
                raise errors.invalid_value(f"The value {name} for parameter Stat is not supported.")
            return aggregate.percentile(float(match[1]))


def by_period(metrics: Metrics, series: Series, window: Window, unit: str | None = None) -> dict[float, Aggregate]:
    """What was counted in each period that has data."""
    found: dict[float, Aggregate] = {}
    for bucket, aggregate in metrics.buckets(series, window.start, window.end, unit):
        start = window.start + (bucket - window.start) // window.period * window.period
        found.setdefault(start, Aggregate()).merge(aggregate)
    return found


def points(metrics: Metrics, series: Series, window: Window, name: str, unit: str | None = None) -> Points:
    """One statistic of each period that has data."""
    values = {start: statistic(name, one) for start, one in by_period(metrics, series, window, unit).items()}
    return {start: value for start, value in values.items() if value is not None}
