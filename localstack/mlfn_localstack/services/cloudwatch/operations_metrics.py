"""Writing and reading metrics."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.principals import PrincipalKind, principal_of
from mlfn_localstack.page_tokens import place_of
from mlfn_localstack.services.cloudwatch import errors
from mlfn_localstack.services.cloudwatch.model import (
    Aggregate,
    Metrics,
    Series,
    dimensions_of,
    shown_dimensions,
)
from mlfn_localstack.services.cloudwatch.paging import page
from mlfn_localstack.services.cloudwatch.queries import answer, check, period_of, series_of
from mlfn_localstack.services.cloudwatch.statistics import Window, by_period, statistic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_OLDEST_S, _NEWEST_S = 14 * 86_400, 2 * 3_600
_MAX_DATUMS = 1_000
_MAX_POINTS = 1_440
_MAX_DATA_POINTS = 100_800
_LISTED_S = 14 * 86_400
_RECENT_S = 3 * 3_600
_LIST_PAGE = 500


class MetricOperations:
    """PutMetricData, GetMetricData, GetMetricStatistics, ListMetrics."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "GetMetricData": self.get_data,
            "GetMetricStatistics": self.get_statistics,
            "ListMetrics": self.list,
            "PutMetricData": self.put,
        }

    async def put(self, context: RequestContext, params: Params) -> Result:
        """Count values."""
        namespace = params["Namespace"]
        is_service = principal_of(context.caller.arn).kind is PrincipalKind.SERVICE
        if namespace.startswith("AWS/") and not is_service:
            raise errors.invalid_value(f"The value {namespace} for parameter Namespace is invalid.")
        datums = [*params.get("MetricData", ())]
        for entity in params.get("EntityMetricData", ()):
            datums += entity.get("MetricData", ())
        if len(datums) > _MAX_DATUMS:
            raise errors.validation(f"The collection MetricData must not have a size greater than {_MAX_DATUMS}.")
        counted = [_counted(datum, index) for index, datum in enumerate(datums, 1)]
        for datum, aggregate in zip(datums, counted, strict=True):
            series = Series(
                namespace=namespace, name=datum["MetricName"], dimensions=dimensions_of(datum.get("Dimensions"))
            )
            self._metrics.add(series, datum.get("Unit", "None"), _bucket(datum), aggregate)
        return {}

    async def get_data(self, context: RequestContext, params: Params) -> Result:
        """The series that queries ask for."""
        check(params["MetricDataQueries"])
        if "LabelOptions" in params:
            raise errors.validation("The emulator does not support LabelOptions.")
        start, end = params["StartTime"].timestamp(), params["EndTime"].timestamp()
        if start >= end:
            raise errors.validation("The parameter StartTime must be less than the parameter EndTime.")
        newest_first = params.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        window = Window.aligned(start, end, period_of(params["MetricDataQueries"]))
        if (window.end - window.start) / window.period > _MAX_DATA_POINTS:
            raise errors.validation(f"The request is for more than {_MAX_DATA_POINTS} data points of a metric.")
        results = []
        for one in answer(self._metrics, params["MetricDataQueries"], window):
            moments = sorted(one.points, reverse=newest_first)
            messages = {"Messages": one.messages} if one.messages else {}
            points = [(datetime.fromtimestamp(moment, UTC), one.points[moment]) for moment in moments]
            results.append((points, {"Id": one.id, "Label": one.label, **messages}))
        return _page(params, results) | {"Messages": []}

    async def get_statistics(self, context: RequestContext, params: Params) -> Result:
        """Statistics of one metric, a data point for each period and unit that has data."""
        start, end, period = params["StartTime"].timestamp(), params["EndTime"].timestamp(), params["Period"]
        wanted, extended = params.get("Statistics", ()), params.get("ExtendedStatistics", ())
        _check_statistics(params, start, end)
        series, unit = series_of(params), params.get("Unit")
        window = Window.aligned(start, end, period)
        found = [
            (moment, shown_unit, aggregate)
            for shown_unit in ([unit] if unit else self._metrics.units(series, window.start, window.end))
            for moment, aggregate in by_period(self._metrics, series, window, shown_unit).items()
        ]
        points: list[dict[str, Any]] = []
        for moment, shown_unit, aggregate in sorted(found, key=lambda one: one[0]):
            point: dict[str, Any] = {"Timestamp": datetime.fromtimestamp(moment, UTC), "Unit": shown_unit}
            point |= {name: statistic(name, aggregate) for name in wanted}
            percentiles = {name: statistic(name, aggregate) for name in extended}
            if percentiles:
                point["ExtendedStatistics"] = {name: one for name, one in percentiles.items() if one is not None}
            points.append(point)
        return {"Label": params["MetricName"], "Datapoints": points}

    async def list(self, context: RequestContext, params: Params) -> Result:
        """The metrics that got data in the last two weeks."""
        since = time.time() - (_RECENT_S if "RecentlyActive" in params else _LISTED_S)
        filters = [(one["Name"], one.get("Value")) for one in params.get("Dimensions", ())]
        shown = [
            {
                "Namespace": series.namespace,
                "MetricName": series.name,
                "Dimensions": shown_dimensions(series.dimensions),
            }
            for series in self._metrics.all(params.get("Namespace"), params.get("MetricName"), since)
            if all(_has(series, name, value) for name, value in filters)
        ]
        return page(params, "Metrics", shown, _LIST_PAGE)


def _page(params: Params, series: Sequence[tuple[list[tuple[datetime, float]], Result]]) -> Result:
    """At most `MaxDatapoints` of all series' points, behind those of the pages before."""
    start = place_of(params.get("NextToken"))
    if start is None:
        raise errors.invalid_token()
    end, offset, results = start + params.get("MaxDatapoints", _MAX_DATA_POINTS), 0, []
    for points, shown in series:
        found = points[max(start - offset, 0) : max(end - offset, 0)]
        offset += len(points)
        if found or (not points and start == 0):
            status = "PartialData" if offset > end else "Complete"
            times = {"Timestamps": [moment for moment, _ in found], "Values": [value for _, value in found]}
            results.append({**shown, **times, "StatusCode": status})
    answer: Result = {"MetricDataResults": results}
    return answer | {"NextToken": str(end)} if offset > end else answer


def _has(series: Series, name: str, value: str | None) -> bool:
    return any(key == name and value in (None, one) for key, one in series.dimensions)


def _bucket(datum: dict[str, Any]) -> int:
    moment = datum["Timestamp"].timestamp() if "Timestamp" in datum else time.time()
    resolution = 1 if datum.get("StorageResolution") == 1 else 60
    return int(moment // resolution * resolution)


def _counted(datum: dict[str, Any], index: int) -> Aggregate:
    """What a datum adds.

    Raises:
        ServiceError: it has not exactly one form, or values CloudWatch does not take.
    """
    where = f"MetricData.member.{index}"
    forms = [name for name in ("Value", "Values", "StatisticValues") if name in datum]
    if not forms:
        raise errors.missing_parameter(
            f"At least one of the parameters {where}.Value or {where}.Values must be specified."
        )
    if len(forms) > 1:
        pair = f"{where}.{forms[0]} and {where}.{forms[1]}"
        raise errors.invalid_combination(f"The parameters {pair} are mutually exclusive and you have specified both.")
    _check_time(datum, where)
    if "StatisticValues" in datum:
        given = datum["StatisticValues"]
        names = ("SampleCount", "Sum", "Minimum", "Maximum")
        count, total, least, most = (_finite(given[name], f"{where}.StatisticValues.{name}") for name in names)
        return Aggregate(count=count, sum=total, min=least, max=most)
    aggregate = Aggregate()
    many = datum.get("Values", [datum.get("Value")])
    times = datum.get("Counts", [1.0] * len(many))
    if len(times) != len(many):
        raise errors.invalid_value(f"The parameters {where}.Values and {where}.Counts must be of the same size.")
    for value, count in zip(many, times, strict=True):
        if count < 0:
            raise errors.invalid_value(f"The value {count} for parameter {where}.Counts is invalid.")
        aggregate.add(_finite(value, f"{where}.Value"), _finite(count, f"{where}.Counts"))
    return aggregate


def _finite(value: float, where: str) -> float:
    if not math.isfinite(value):
        raise errors.invalid_value(f"The value {value} for parameter {where} is invalid.")
    return float(value)


def _check_time(datum: dict[str, Any], where: str) -> None:
    if "Timestamp" not in datum:
        return
    age = time.time() - datum["Timestamp"].timestamp()
    if age > _OLDEST_S:
        raise errors.invalid_value(
            f"The parameter {where}.Timestamp must specify a time no more than two weeks in the past."
        )
    if -age > _NEWEST_S:
        raise errors.invalid_value(f"The parameter {where}.Timestamp must specify a time within the next two hours.")


def _check_statistics(params: Params, start: float, end: float) -> None:
    if not params.get("Statistics") and not params.get("ExtendedStatistics"):
        raise errors.missing_parameter("Must specify either Statistics or ExtendedStatistics.")
    if start >= end:
        raise errors.invalid_value("The parameter StartTime must be less than the parameter EndTime.")
    period = params["Period"]
    if period % 60 and period not in (1, 5, 10, 20, 30):
        raise errors.invalid_value(f"The value {period} for parameter Period is not a valid period.")
    asked = int((end - start) // period)
    if asked > _MAX_POINTS:
        message = f"You have requested up to {asked} datapoints, which exceeds the limit of {_MAX_POINTS}."
        advice = "You may reduce the datapoints requested by increasing Period, or decreasing the time range."
        raise errors.invalid_combination(f"{message} {advice}")
