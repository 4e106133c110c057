"""Metric data queries, as GetMetricData and alarms on several metrics ask them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.cloudwatch import errors
from mlfn_localstack.services.cloudwatch.expressions import evaluate
from mlfn_localstack.services.cloudwatch.model import Series, dimensions_of
from mlfn_localstack.services.cloudwatch.statistics import points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_localstack.services.cloudwatch.model import Metrics
    from mlfn_localstack.services.cloudwatch.statistics import Points, Window

_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")
_UNSUPPORTED = ("SELECT", "SEARCH", "ANOMALY_DETECTION_BAND")

Query = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one query gives."""

    id: str
    label: str
    points: Points


def series_of(metric: dict[str, Any]) -> Series:
    """The series a request names."""
    return Series(
        namespace=metric["Namespace"], name=metric["MetricName"], dimensions=dimensions_of(metric.get("Dimensions"))
    )


def check(queries: Sequence[Query]) -> None:
    """Refuse what CloudWatch refuses before it looks at data.

    Raises:
        ServiceError: ValidationError.
    """
    seen: set[str] = set()
    for query in queries:
        if not _ID.fullmatch(query["Id"]) or query["Id"] in seen:
            raise errors.validation(
                f"The value {query['Id']} for parameter MetricDataQueries.Id is invalid or not unique."
            )
        seen.add(query["Id"])
        if ("MetricStat" in query) == ("Expression" in query):
            raise errors.validation("Each metric data query has either MetricStat or Expression, and not both.")
        unsupported = [name for name in _UNSUPPORTED if query.get("Expression", "").lstrip().startswith(name)]
        if unsupported:
            raise errors.validation(f"The emulator does not support {unsupported[0]} in metric math.")


def period_of(queries: Sequence[Query]) -> int:
    """The period of expressions: the longest among the metrics, or their own."""
    given: list[int] = [query["MetricStat"]["Period"] for query in queries if "MetricStat" in query]
    own: list[int] = [query["Period"] for query in queries if "Period" in query]
    return max(given or own or [60])


def answer(metrics: Metrics, queries: Sequence[Query], window: Window) -> list[Answer]:
    """Every query that returns data; `window` has the period of `period_of`.

    Raises:
        ServiceError: an expression is wrong.
    """
    return Run(metrics, queries, window).answers()


class Run:
    """One evaluation of queries that use each other."""

    def __init__(self, metrics: Metrics, queries: Sequence[Query], window: Window) -> None:
        self._metrics = metrics
        self._queries = {query["Id"]: query for query in queries}
        self._window = window
        self._found: dict[str, Points] = {}
        self._open: set[str] = set()

    def answers(self) -> list[Answer]:
        """Every query that returns data."""
        wanted = [query for query in self._queries.values() if query.get("ReturnData", True)]
        return [Answer(id=query["Id"], label=_label(query), points=self._points(query["Id"])) for query in wanted]

    def _points(self, query_id: str) -> Points:
        if query_id not in self._found:
            if query_id in self._open:
                raise errors.validation(f"The expression of {query_id} refers to itself.")
            self._open.add(query_id)
            query = self._queries[query_id]
            self._found[query_id] = self._metric(query) if "MetricStat" in query else self._expression(query)
        return self._found[query_id]

    def _metric(self, query: Query) -> Points:
        stat = query["MetricStat"]
        window = replace(self._window, period=stat["Period"])
        return points(self._metrics, series_of(stat["Metric"]), window, stat["Stat"], stat.get("Unit"))

    def _expression(self, query: Query) -> Points:
        text, window = query["Expression"], self._window
        used = set(re.findall(r"[A-Za-z_]\w*", text))
        if "METRICS" in used:
            used |= {name for name, one in self._queries.items() if "MetricStat" in one}
        series = {name: self._points(name) for name in self._queries if name in used and name != query["Id"]}
        times = [float(at) for at in range(int(window.start), int(-(-window.end // 1)), window.period)]
        value = evaluate(text, series, window.period, times)
        return {at: value for at in times} if isinstance(value, float) else value


def _label(query: Query) -> str:
    if "Label" in query:
        return str(query["Label"])
    return str(query["MetricStat"]["Metric"]["MetricName"] if "MetricStat" in query else query["Id"])
