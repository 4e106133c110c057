"""The history of a pipeline's run: Step Functions keeps that of asynchronous runs, the log that of both."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from mlfn_engine.pipelines.history import LAST, Event
from mlfn_engine.values import PipelineMode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_deployers.aws.api.clients import Clients
    from mlfn_engine.values import StateMachine

PAUSE_S = 0.3


def is_over(events: list[Event]) -> bool:
    """The run has ended, and all of its history is there."""
    return any(each.kind in LAST for each in events)


def growing(clients: Clients, machine: StateMachine, arn: str, name: str, patience_s: float) -> Iterator[list[Event]]:
    """The history of the run `name` of a state machine, again and again until the run has ended.

    A log comes late; once it has not for `patience_s`, what has come is all there is.
    """
    begun = time.monotonic()
    is_logged = machine.pipeline.mode is PipelineMode.SYNC
    while True:
        events = _logged(clients, machine, name) if is_logged else _kept(clients, arn, name)
        yield events
        if is_over(events) or (is_logged and time.monotonic() - begun > patience_s):
            return
        time.sleep(PAUSE_S)


def _kept(clients: Clients, arn: str, name: str) -> list[Event]:
    execution = f"{arn.replace(':stateMachine:', ':execution:', 1)}:{name}"
    pages = clients.stepfunctions.get_paginator("get_execution_history").paginate(
        executionArn=execution, includeExecutionData=False
    )
    return [event_of_history(dict(each)) for page in pages for each in page["events"]]


def event_of_history(event: dict[str, Any]) -> Event:
    """An event as boto3 gives it."""
    details: dict[str, Any] = next((event[key] for key in event if key.endswith("EventDetails")), {})
    return Event(
        number=event["id"],
        after=event.get("previousEventId", 0),
        kind=event["type"],
        name=details.get("name"),
        at_ms=int(event["timestamp"].timestamp() * 1000),
        error=details.get("error"),
    )


def _logged(clients: Clients, machine: StateMachine, name: str) -> list[Event]:
    pages = clients.logs.get_paginator("filter_log_events").paginate(
        logGroupName=f"/aws/vendedlogs/states/{machine.name}", filterPattern=f'"{name}"'
    )
    return [_event_of_line(json.loads(each["message"])) for page in pages for each in page["events"]]


def _event_of_line(line: dict[str, Any]) -> Event:
    details = line.get("details", {})
    return Event(
        number=int(line["id"]),
        after=int(line["previous_event_id"]),
        kind=line["type"],
        name=details.get("name"),
        at_ms=int(line["event_timestamp"]),
        error=details.get("error"),
    )
