"""EventBridge's optimised integration, `events:putEvents`.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.asl.failure import ErrorName, StateError
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload, dump
from mlfn_localstack.services.stepfunctions.integrations.failures import EVENTS, optimised_failure
from mlfn_localstack.services.stepfunctions.integrations.shapes import to_json

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.integrations.task import TaskCall


async def request_put_events(call: TaskCall) -> Payload:
    """Put events, each naming the state machine and the execution among its resources; one refused fails the task."""
    given = call.arguments.value.get("Entries") or []
    if not isinstance(given, list) or not all(isinstance(entry, dict) for entry in given):
        cause = f"The Parameters '{call.arguments.text}' could not be used to start the Task: [Entries are objects]"
        raise StateError(ErrorName.RUNTIME, cause)
    entries = [_entry(call, entry) for entry in given]
    try:
        answer = await call.run.world.call("events", "PutEvents", {"Entries": entries}, principal=call.role)
    except ServiceError as error:
        raise optimised_failure(error, EVENTS, "events") from error
    result = dict(sorted(to_json("events", "PutEvents", answer).items()))
    if result["FailedEntryCount"]:
        raise StateError("EventBridge.FailedEntry", dump(result))
    return Payload(result)


def _entry(call: TaskCall, entry: dict[str, Any]) -> dict[str, Any]:
    detail = entry.get("Detail")
    text = {} if detail is None else {"Detail": detail if isinstance(detail, str) else dump(detail)}
    return {**entry, **text, "Resources": [*(entry.get("Resources") or ()), call.run.machine_arn, call.run.arn]}
