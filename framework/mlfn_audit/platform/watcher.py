"""The watcher, `mlfn_audit.platform.watcher:handler`: notes what must not happen in the audit table."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

from mlfn_audit.platform.clients import client
from mlfn_audit.platform.tampering import Notes, is_tampering

logger = Logger()
metrics = Metrics(namespace="mlfn")
processor = BatchProcessor(event_type=EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> Any:
    """Look at a batch of changes; those that could not be noted are given to us again."""
    metrics.add_metric(name="AuditTampered", unit=MetricUnit.Count, value=0)
    return process_partial_response(event=event, record_handler=watch, processor=processor, context=context)


def watch(record: Any) -> None:
    """Note one change of a record, if it is tampering."""
    change: dict[str, Any] = record.raw_event
    if not is_tampering(change):
        return
    _notes().keep(change)
    metrics.add_metric(name="AuditTampered", unit=MetricUnit.Count, value=1)
    logger.error("tampered", extra={"change": change["eventName"], "key": change["dynamodb"]["Keys"]})


@cache
def _notes() -> Notes:
    return Notes(client=client("s3"), bucket=os.environ["MLFN_SEAL_BUCKET"])
