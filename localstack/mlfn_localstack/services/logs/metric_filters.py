"""Metric filters: what log events that fit a pattern add to a metric.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.logs.filter_patterns import compile_pattern
from mlfn_localstack.services.logs.json_patterns import json_reader
from mlfn_localstack.services.logs.space_patterns import field_reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlfn_localstack.store import Store

MetricFilter = dict[str, Any]
"""A MetricFilter in boto3's shape."""
Metric = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Active:
    fits: Callable[[str], bool]
    value: Callable[[str], Any]
    dimensions: tuple[tuple[str, Callable[[str], Any]], ...]
    transformation: dict[str, Any]

    def metrics(self, events: Sequence[tuple[int, str]]) -> list[Metric]:
        """What the events add; the default, if there is one, where none of them fits."""
        fitting = [(at, message) for at, message in events if self.fits(message)]
        if not fitting:
            default = self.transformation.get("defaultValue")
            return [] if default is None else [self._metric(events[-1][0], default, [])]
        found = []
        for at, message in fitting:
            value, dimensions = _number(self.value(message)), self._dimensions(message)
            if value is not None and dimensions is not None:
                found.append(self._metric(at, value, dimensions))
        return found

    def _dimensions(self, message: str) -> list[dict[str, str]] | None:
        """The dimensions with their values; None if the event lacks one of them."""
        values = [(name, read(message)) for name, read in self.dimensions]
        if any(value in (None, "") for _, value in values):
            return None
        return [{"Name": name, "Value": str(value)} for name, value in values]

    def _metric(self, at: int, value: float, dimensions: list[dict[str, str]]) -> Metric:
        return {
            "MetricName": self.transformation["metricName"],
            "Value": value,
            "Timestamp": datetime.fromtimestamp(at / 1000, UTC),
            "Unit": self.transformation.get("unit", "None"),
            "Dimensions": dimensions,
        }


class MetricFilters:
    """All filters, those of each group ready to be applied."""

    def __init__(self, store: Store) -> None:
        self._documents = store.documents("logs-metric-filter")
        self._active: dict[str, list[_Active]] = {}
        for _, document in self._documents.items():
            self._activate(document["logGroupName"])

    def filters(self, group: str | None = None, prefix: str = "") -> list[MetricFilter]:
        """A group's filters, or all, by name."""
        every = [document for _, document in self._documents.items(f"{group}:" if group else "")]
        return [document for document in every if document["filterName"].startswith(prefix)]

    def put(self, document: MetricFilter) -> None:
        """Write a filter; it counts events that come from now on.

        Raises:
            PatternSyntaxError: its pattern, or a field that it names, is none.
        """
        _compiled(document)
        self._documents.put(_key(document), document)
        self._activate(document["logGroupName"])

    def delete(self, document: MetricFilter) -> None:
        """Remove a filter."""
        self._documents.delete(_key(document))
        self._activate(document["logGroupName"])

    def has(self, group: str) -> bool:
        """True if the group has any filter."""
        return bool(self._active.get(group))

    def metrics(self, group: str, events: Sequence[tuple[int, str]]) -> dict[str, list[Metric]]:
        """What events (time, message) add to metrics, by namespace."""
        found: dict[str, list[Metric]] = {}
        for active in self._active.get(group, ()):
            found.setdefault(active.transformation["metricNamespace"], []).extend(active.metrics(events))
        return found

    def _activate(self, group: str) -> None:
        self._active[group] = [_compiled(document) for document in self.filters(group)]


def _compiled(document: MetricFilter) -> _Active:
    pattern, transformation = document["filterPattern"].strip(), document["metricTransformations"][0]
    dimensions = transformation.get("dimensions", {})
    return _Active(
        fits=compile_pattern(pattern),
        value=_reader(pattern, transformation["metricValue"]),
        dimensions=tuple((name, _reader(pattern, source)) for name, source in dimensions.items()),
        transformation=transformation,
    )


def _reader(pattern: str, source: str) -> Callable[[str], Any]:
    """What reads `$.name` of JSON, `$name` of a space-delimited event, or says a value that is always the same."""
    if source.startswith("$.") or source.startswith("$["):
        return json_reader(source)
    if source.startswith("$") and pattern.startswith("["):
        return field_reader(pattern, source[1:])
    return lambda message: source


def _number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def _key(document: MetricFilter) -> str:
    return f"{document['logGroupName']}:{document['filterName']}"
