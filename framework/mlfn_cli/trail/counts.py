"""What functions and the trail's keepers counted in CloudWatch: records that came late, or not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlfn_audit.question import Period
    from mlfn_cli.session import Session

NAMESPACE = "mlfn"
OF_MODELS = {"AuditDeferred": "deferred", "AuditUnkeyed": "without a digest"}
"""Counted by functions, by model: records that the table did not take at once; calls whose data key was missing."""
OF_STAGE = {
    "AuditSpooled": "put from the log",
    "AuditOrphans": "found abandoned",
    "AuditLost": "lost",
    "AuditCollision": "collisions",
    "AuditTampered": "tampered",
}
"""Counted by the writer, the reaper and the watcher, for all models of the stage."""
_AT_ONCE = 500
"""Metrics of one GetMetricData."""
_HOUR = timedelta(hours=1)


def counts_of(session: Session, models: Iterable[str], period: Period) -> dict[str, int] | None:
    """The sums of a period, in whole hours; None if CloudWatch does not answer, or not us."""
    from mlfn_deployers.aws.api.clients import Clients

    wanted = list(_wanted(session.stage, models))
    counts = dict.fromkeys([*OF_MODELS.values(), *OF_STAGE.values()], 0)
    client = Clients(session.target()).cloudwatch
    try:
        for start in range(0, len(wanted), _AT_ONCE):
            for name, count in _sums(client, wanted[start : start + _AT_ONCE], period):
                counts[name] += count
    except (ClientError, BotoCoreError):
        return None  # who may read the trail may not always read metrics
    return counts


def _wanted(stage: str, models: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for metric, name in OF_MODELS.items():
        yield from ((name, _metric(metric, "Model", model)) for model in models)
    yield from ((name, _metric(metric, "service", f"mlfn-audit-{stage}")) for metric, name in OF_STAGE.items())


def _metric(metric: str, dimension: str, value: str) -> dict[str, Any]:
    return {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": [{"Name": dimension, "Value": value}]}


def _sums(client: Any, wanted: list[tuple[str, dict[str, Any]]], period: Period) -> Iterator[tuple[str, int]]:
    queries = [
        {"Id": f"m{number}", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Sum"}}
        for number, (_, metric) in enumerate(wanted)
    ]
    start = period.since.replace(minute=0, second=0, microsecond=0)
    pages = client.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, StartTime=start, EndTime=period.until + _HOUR
    )
    for page in pages:
        for result in page["MetricDataResults"]:
            yield wanted[int(result["Id"][1:])][0], int(sum(result["Values"]))
