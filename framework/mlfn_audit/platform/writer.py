"""The writer, `mlfn_audit.platform.writer:handler`: puts what functions spooled, as soon as their logs tell of it.

Its subscription lets two kinds of lines through: spooled records, and Lambda's reports of calls whose process ended.
A batch that cannot be put fails as a whole: Lambda tries it again, and what is put twice is there once. What is lost
on this way the reaper finds in the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import CloudWatchLogsEvent

from mlfn_audit.collecting.group_log import PREFIX
from mlfn_audit.collecting.log_lines import LogEvent, Report, platform_line, read_window
from mlfn_audit.directory import app_stacks
from mlfn_audit.platform.clients import Place, client, now_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlfn_audit.collecting.settling import Settler, Tally

EARLIER_MS = 2_000
"""Before a call's report, and its duration: when its first line was written."""
logger = Logger()
metrics = Metrics(namespace="mlfn")


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Put what a batch of log lines holds or tells of."""
    batch = CloudWatchLogsEvent(event).parse_logs_data()
    place = Place.here()
    settler = place.settler(batch.log_group, model_of(place.stage, batch.log_group))
    events = [
        LogEvent(stream=batch.log_stream, time_ms=line.timestamp, message=line.message or "")
        for line in batch.log_events
    ]
    done = write(settler, events, now_ms=now_ms())
    tell(done)
    return done.to_json()


def write(settler: Settler, events: Sequence[LogEvent], *, now_ms: int) -> Tally:
    """Put the spooled records among these lines, and settle the calls that are told to have ended badly."""
    settler.put_missing(read_window(events).records)
    for report, event in _ended(events):
        since_ms = event.time_ms - int(report.duration_ms) - EARLIER_MS
        settler.settle(settler.log.events(since_ms, event.time_ms, stream=event.stream), now_ms=now_ms)
    return settler.tally


def model_of(stage: str, group: str) -> str | None:
    """The model whose function writes into a group; None if it runs several, or is no function of the stage."""
    function = group.removeprefix(PREFIX)
    for stack in app_stacks(client("cloudformation"), stage):
        if function in stack.functions:
            return stack.model_of(function)
    return None


def tell(done: Tally) -> None:
    """Log and measure what was done."""
    metrics.add_metric(name="AuditSpooled", unit=MetricUnit.Count, value=done.put)
    metrics.add_metric(name="AuditOrphans", unit=MetricUnit.Count, value=done.abandoned)
    metrics.add_metric(name="AuditUnbelieved", unit=MetricUnit.Count, value=done.unbelieved)
    metrics.add_metric(name="AuditCollision", unit=MetricUnit.Count, value=done.collisions)
    logger.info("written", extra={"done": done.to_json()})


def _ended(events: Iterable[LogEvent]) -> list[tuple[Report, LogEvent]]:
    found = ((platform_line(event.message), event) for event in events)
    return [(line, event) for line, event in found if isinstance(line, Report) and line.ends_process]
