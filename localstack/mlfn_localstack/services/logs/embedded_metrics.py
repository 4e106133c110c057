"""Metrics that log events carry (embedded metric format), handed to CloudWatch.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlfn_localstack.service import Gateway

PRINCIPAL = "logs.amazonaws.com"
_MARK = '"CloudWatchMetrics"'
_MAX_METRICS = 100
_MAX_VALUES = 100
_MAX_DIMENSIONS = 30
_AMOUNTS = [f"{scale}{unit}" for scale in ("B", "Kilob", "Megab", "Gigab", "Terab") for unit in ("ytes", "its")]
_UNITS = frozenset({"Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"}).union(
    _AMOUNTS, [f"{amount}/Second" for amount in _AMOUNTS]
)
_LOG = logging.getLogger(__name__)

Metric = dict[str, Any]


def has_metrics(messages: Sequence[str]) -> bool:
    """True if any of these messages may carry metrics; cheap, as all messages are asked."""
    return any(_MARK in message for message in messages)


async def publish(gateway: Gateway, messages: Sequence[str]) -> None:
    """Hand the metrics of log messages to CloudWatch; what is malformed or refused is left out."""
    by_namespace: dict[str, list[Metric]] = {}
    for message in messages:
        for namespace, metric in read_metrics(message) if _MARK in message else ():
            by_namespace.setdefault(namespace, []).append(metric)
    await put_metrics(gateway, by_namespace)


async def put_metrics(gateway: Gateway, by_namespace: Mapping[str, list[Metric]]) -> None:
    """Hand metrics to CloudWatch; what it refuses is left out."""
    for namespace, metrics in by_namespace.items():
        for start in range(0, len(metrics), 1_000):
            params = {"Namespace": namespace, "MetricData": metrics[start : start + 1_000]}
            try:
                await gateway.call("cloudwatch", "PutMetricData", params, principal=PRINCIPAL, durable=False)
            except ServiceError as error:
                _LOG.warning("metrics of log events were refused: %s", error)


def read_metrics(message: str) -> Iterator[tuple[str, Metric]]:
    """Namespace and datum of everything a log message carries."""
    try:
        event = json.loads(message)
    except (ValueError, RecursionError):
        return
    metadata = event.get("_aws") if isinstance(event, dict) else None
    if not isinstance(metadata, dict) or type(metadata.get("Timestamp")) is not int:
        return
    try:
        moment = datetime.fromtimestamp(metadata["Timestamp"] / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return
    for directive in _list(metadata.get("CloudWatchMetrics")):
        if isinstance(directive, dict) and _is_text(directive.get("Namespace")):
            yield from _directive(directive, event, moment)


def _directive(directive: dict[str, Any], event: dict[str, Any], moment: datetime) -> Iterator[tuple[str, Metric]]:
    sets = [
        found for names in _list(directive.get("Dimensions", [[]])) if (found := _dimensions(names, event)) is not None
    ]
    for definition in _list(directive.get("Metrics"))[:_MAX_METRICS]:
        values = _values(definition, event)
        if not values:
            continue
        metric: Metric = {"MetricName": definition["Name"], "Values": values, "Timestamp": moment}
        metric["Unit"] = definition.get("Unit") if definition.get("Unit") in _UNITS else "None"
        if definition.get("StorageResolution") == 1:
            metric["StorageResolution"] = 1
        for dimensions in sets:
            yield directive["Namespace"], {**metric, "Dimensions": dimensions}


def _dimensions(names: Any, event: dict[str, Any]) -> list[dict[str, str]] | None:
    """A dimension set with its values, or None if the event lacks one of them."""
    if not isinstance(names, list) or len(names) > _MAX_DIMENSIONS or not all(_is_text(name) for name in names):
        return None
    if not all(_is_text(event.get(name)) for name in names):
        return None
    return [{"Name": name, "Value": event[name]} for name in names]


def _values(definition: Any, event: dict[str, Any]) -> list[float]:
    if not isinstance(definition, dict) or not _is_text(definition.get("Name")):
        return []
    value = event.get(definition["Name"])
    values: list[Any] = value if isinstance(value, list) else [value]
    if len(values) > _MAX_VALUES or not all(type(one) in (int, float) for one in values):
        return []
    return [float(one) for one in values]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
