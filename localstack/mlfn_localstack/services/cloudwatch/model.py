"""What CloudWatch keeps of metrics: one aggregate a series, bucket and unit, as fine as the data was sent."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn_localstack.store import Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS cloudwatch_metrics (
    id INTEGER PRIMARY KEY, namespace TEXT, name TEXT, dimensions TEXT, last REAL,
    UNIQUE (namespace, name, dimensions));
CREATE TABLE IF NOT EXISTS cloudwatch_data (
    metric INTEGER, bucket INTEGER, unit TEXT, count REAL, sum REAL, min REAL, max REAL, spread TEXT,
    PRIMARY KEY (metric, bucket, unit)) WITHOUT ROWID;
"""
RETENTION_S = 455 * 86_400
"""CloudWatch keeps data for 15 months."""
_PRECISE_DIGITS = 3
_TOUCH_S = 60.0
"""How exactly we know when a metric last got data."""

Dimensions = tuple[tuple[str, str], ...]
"""Name and value, by name."""


_UNITS = (
    *("Megabits", "Terabits", "Gigabits", "Count", "Bytes", "Gigabytes", "Gigabytes/Second", "Kilobytes"),
    *("Kilobits/Second", "Terabytes", "Terabits/Second", "Bytes/Second", "Percent", "Megabytes", "Megabits/Second"),
    *("Milliseconds", "Microseconds", "Kilobytes/Second", "Gigabits/Second", "Megabytes/Second", "Bits"),
    *("Bits/Second", "Count/Second", "Seconds", "Kilobits", "Terabytes/Second", "None"),
)
_UNIT_ORDER = {unit: place for place, unit in enumerate(_UNITS)}
"""Which of its units a metric is shown in: the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What identifies a metric."""

    namespace: str
    name: str
    dimensions: Dimensions = ()


@dataclass(slots=True, kw_only=True)
class Aggregate:
    """The values of a series in one bucket; mutable, as buckets fill."""

    count: float = 0.0
    sum: float = 0.0
    min: float = math.inf
    max: float = -math.inf
    spread: dict[float, float] = field(default_factory=dict)
    """How often each value came, to three digits: for percentiles."""

    def add(self, value: float, times: float = 1.0) -> None:
        """Count a value."""
        self.count += times
        self.sum += value * times
        self.min, self.max = min(self.min, value), max(self.max, value)
        rounded = _rounded(value)
        self.spread[rounded] = self.spread.get(rounded, 0.0) + times

    def merge(self, other: Aggregate) -> None:
        """Count what another has counted."""
        self.count += other.count
        self.sum += other.sum
        self.min, self.max = min(self.min, other.min), max(self.max, other.max)
        for value, times in other.spread.items():
            self.spread[value] = self.spread.get(value, 0.0) + times

    def percentile(self, rank: float) -> float | None:
        """The value below which `rank` percent lie; None where only a statistic set was sent."""
        total, seen = sum(self.spread.values()), 0.0
        for value in sorted(self.spread):
            seen += self.spread[value]
            if seen >= total * rank / 100:
                return min(max(value, self.min), self.max)
        return None


def _rounded(value: float) -> float:
    return float(f"{value:.{_PRECISE_DIGITS}g}") if value else 0.0


def dimensions_of(given: Iterable[dict[str, str]] | None) -> Dimensions:
    """A request's dimensions, in order."""
    return tuple(sorted((one["Name"], one["Value"]) for one in given or ()))


def shown_dimensions(dimensions: Dimensions) -> list[dict[str, str]]:
    """Dimensions as boto3 shows them."""
    return [{"Name": name, "Value": value} for name, value in dimensions]


class Metrics:
    """The tables."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._store.script(_SCHEMA)
        self._ids: dict[Series, int] = {}
        self._touched: dict[int, float] = {}

    def add(self, series: Series, unit: str, bucket: int, aggregate: Aggregate) -> None:
        """Write what was counted in one bucket over what is there."""
        metric = self._id(series)
        row = self._store.execute(
            "SELECT count, sum, min, max, spread FROM cloudwatch_data WHERE metric=? AND bucket=? AND unit=?",
            (metric, bucket, unit),
        ).fetchone()
        if row is not None:
            before = _aggregate(row)
            before.merge(aggregate)
            aggregate = before
        values = (aggregate.count, aggregate.sum, aggregate.min, aggregate.max)
        spread = json.dumps(list(aggregate.spread.items()), separators=(",", ":"))
        self._store.execute(
            "INSERT OR REPLACE INTO cloudwatch_data VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (metric, bucket, unit, *values, spread),
        )

    def buckets(self, series: Series, start: float, end: float, unit: str | None) -> list[tuple[int, Aggregate]]:
        """Time and content of a series' buckets from `start` to before `end`, in order, all units or one."""
        metric = self._find(series)
        rows = self._store.execute(
            "SELECT bucket, count, sum, min, max, spread FROM cloudwatch_data"
            " WHERE metric=? AND bucket>=? AND bucket<? AND (? IS NULL OR unit=?) ORDER BY bucket",
            (metric, start, end, unit, unit),
        )
        return [(row[0], _aggregate(row[1:])) for row in rows.fetchall()]

    def units(self, series: Series, start: float, end: float) -> list[str]:
        """The units of a series' data from `start` to before `end`, in CloudWatch's order of units."""
        rows = self._store.execute(
            "SELECT DISTINCT unit FROM cloudwatch_data WHERE metric=? AND bucket>=? AND bucket<?",
            (self._find(series), start, end),
        )
        return sorted((str(row[0]) for row in rows.fetchall()), key=lambda unit: (_UNIT_ORDER.get(unit, 0), unit))

    def all(self, namespace: str | None, name: str | None, since: float) -> list[Series]:
        """The metrics that got data since a time."""
        rows = self._store.execute(
            "SELECT namespace, name, dimensions FROM cloudwatch_metrics"
            " WHERE (? IS NULL OR namespace=?) AND (? IS NULL OR name=?) AND last>=?"
            " ORDER BY namespace, name, dimensions",
            (namespace, namespace, name, name, since),
        )
        return [Series(namespace=row[0], name=row[1], dimensions=_dimensions(row[2])) for row in rows.fetchall()]

    def expire(self) -> None:
        """Forget data past its retention."""
        self._store.execute("DELETE FROM cloudwatch_data WHERE bucket<?", (time.time() - RETENTION_S,))

    def _id(self, series: Series) -> int:
        metric = self._find(series)
        if metric is None:
            values = (series.namespace, series.name, json.dumps(series.dimensions), time.time())
            cursor = self._store.execute(
                "INSERT INTO cloudwatch_metrics (namespace, name, dimensions, last) VALUES (?, ?, ?, ?)", values
            )
            metric = self._ids[series] = int(cursor.lastrowid or 0)
        elif self._touched.get(metric, 0.0) < time.time() - _TOUCH_S:
            self._touched[metric] = time.time()
            self._store.execute("UPDATE cloudwatch_metrics SET last=? WHERE id=?", (time.time(), metric))
        return metric

    def _find(self, series: Series) -> int | None:
        if series not in self._ids:
            row = self._store.execute(
                "SELECT id FROM cloudwatch_metrics WHERE namespace=? AND name=? AND dimensions=?",
                (series.namespace, series.name, json.dumps(series.dimensions)),
            ).fetchone()
            if row is None:
                return None
            self._ids[series] = row[0]
        return self._ids[series]


def _aggregate(row: tuple[Any, ...]) -> Aggregate:
    count, total, least, most, spread = row
    return Aggregate(count=count, sum=total, min=least, max=most, spread=dict(map(tuple, json.loads(spread))))


def _dimensions(text: str) -> Dimensions:
    return tuple((name, value) for name, value in json.loads(text))
