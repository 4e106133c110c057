"""An execution's history in CloudWatch Logs, as its state machine's logging configuration asks.

https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.log_batches import next_batch
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.asl.json_text import dump
from mlfn_localstack.services.stepfunctions.journal import details_member

if TYPE_CHECKING:
    from mlfn_localstack.service import Gateway
    from mlfn_localstack.services.stepfunctions.model import Execution

PRINCIPAL = "delivery.logs.amazonaws.com"
"""Who writes: a machine's role only sets the delivery up."""
_FATAL = {"ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"}
_ERRORS = {"FailStateEntered", *_FATAL}
_DATA = {"input", "inputDetails", "output", "outputDetails", "parameters"}
_DATA |= {"assignedVariables", "assignedVariablesDetails"}
_log = logging.getLogger(__name__)
_pending: set[asyncio.Task[None]] = set()


class ExecutionLog:
    """The log of one execution."""

    def __init__(self, gateway: Gateway, execution: Execution) -> None:
        self._gateway = gateway
        self._execution = execution

    def wants(self, kind: str) -> bool:
        """Whether the configured level lets events of this type through."""
        return _admits(self._execution.logging.get("level", "OFF"), kind)

    def write_later(self, events: list[dict[str, Any]]) -> None:
        """Send what the configured level lets through, without keeping the execution waiting."""
        chosen = [event for event in events if self.wants(event["type"])]
        for group in _groups(self._execution.logging):
            if chosen:
                task = asyncio.ensure_future(self._write(_name_of(group), chosen))
                _pending.add(task)
                task.add_done_callback(_pending.discard)

    async def _write(self, group: str, events: list[dict[str, Any]]) -> None:
        begun = datetime.fromtimestamp(self._execution.started, UTC).strftime("%Y-%m-%d-%H-%M")
        stream = f"states/{self._execution.machine_name}/{begun}/{uuid.uuid4().hex[:8]}"
        target = {"logGroupName": group, "logStreamName": stream}
        try:
            await self._call("CreateLogStream", target)
            waiting = deque(map(self._line, events))
            while waiting:
                await self._call("PutLogEvents", {**target, "logEvents": next_batch(waiting)})
        except ServiceError as error:
            _log.warning("log group %s of %s: %s", group, self._execution.machine_name, error)

    async def _call(self, operation: str, params: dict[str, Any]) -> None:
        await self._gateway.call("logs", operation, params, principal=PRINCIPAL)

    def _line(self, event: dict[str, Any]) -> tuple[int, str]:
        details = event.get(details_member(event["type"]), {})
        if not self._execution.logging.get("includeExecutionData"):
            details = {name: value for name, value in details.items() if name not in _DATA}
        timestamp = int(event["timestamp"] * 1000)
        message = {
            "id": str(event["id"]),
            "type": event["type"],
            "details": details,
            "previous_event_id": str(event["previousEventId"]),
            "event_timestamp": str(timestamp),
            "execution_arn": self._execution.arn,
            "redrive_count": str(self._execution.redrives),
        }
        return timestamp, dump(message)


async def has_destinations(gateway: Gateway, configuration: dict[str, Any]) -> bool:
    """Whether the log groups that a logging configuration names are there."""
    for group in _groups(configuration):
        name = _name_of(group)
        answer = await gateway.call("logs", "DescribeLogGroups", {"logGroupNamePrefix": name}, principal=PRINCIPAL)
        if name not in {found["logGroupName"] for found in answer["logGroups"]}:
            return False
    return True


def _groups(configuration: dict[str, Any]) -> list[str]:
    destinations = configuration.get("destinations", [])
    groups = (destination.get("cloudWatchLogsLogGroup", {}).get("logGroupArn") for destination in destinations)
    return [group for group in groups if group]


def _name_of(group: str) -> str:
    return group.removesuffix(":*").rsplit(":", 1)[-1]


def _admits(level: str, kind: str) -> bool:
    if level == "ALL":
        return True
    if level == "ERROR":
        return kind in _ERRORS or kind.endswith(("Failed", "TimedOut", "Aborted"))
    return level == "FATAL" and kind in _FATAL
