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
    messages: list[dict[str, str]]


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
        self._messages: dict[str, list[dict[str, str]]] = {}

    def answers(self) -> list[Answer]:
        """Every query that returns data."""
        wanted = [query for query in self._queries.values() if query.get("ReturnData", True)]
        varying = _varying(wanted)
        found = ((query["Id"], _label(query, varying), self._points(query["Id"])) for query in wanted)
        return [
            Answer(id=name, label=label, points=points, messages=self._messages.get(name, []))
            for name, label, points in found
        ]

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
        return points(self._metrics, series_of(stat["Metric"]), window, stat["Stat"], self._unit(query))

    def _unit(self, query: Query) -> str | None:
        """The unit that is asked for, or else the first of those there is data of."""
        stat = query["MetricStat"]
        if "Unit" in stat:
            return str(stat["Unit"])
        units = self._metrics.units(series_of(stat["Metric"]), self._window.start, self._window.end)
        if len(units) > 1:
            told = f"Multiple units returned: '[{', '.join(units)}]'"
            self._messages[query["Id"]] = [{"Code": "MultipleUnits", "Value": told}]
        return units[0] if units else None

    def _expression(self, query: Query) -> Points:
        text, window = query["Expression"], self._window
        used = set(re.findall(r"[A-Za-z_]\w*", text))
        if "METRICS" in used:
            used |= {name for name, one in self._queries.items() if "MetricStat" in one}
        series = {name: self._points(name) for name in self._queries if name in used and name != query["Id"]}
        times = [float(at) for at in range(int(window.start), int(-(-window.end // 1)), window.period)]
        value = evaluate(text, series, window.period, times)
        return {at: value for at in times} if isinstance(value, float) else value


def _varying(queries: Sequence[Query]) -> list[str]:
    """What tells the statistics of a request apart: their kind, their period, both or nothing."""
    stats = [query["MetricStat"] for query in queries if "MetricStat" in query]
    return [name for name in ("Stat", "Period") if len({stat[name] for stat in stats}) > 1]


def _label(query: Query, varying: Sequence[str]) -> str:
    if "Label" in query:
        return str(query["Label"])
    if "MetricStat" not in query:
        return str(query["Id"])
    stat = query["MetricStat"]
    return " ".join([stat["Metric"]["MetricName"], *(str(stat[name]) for name in varying)])
