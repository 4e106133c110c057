"""Status changes of Standard executions as EventBridge events, where a rule may want them.

https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.asl.json_text import dump

if TYPE_CHECKING:
    from mlfn_localstack.service import Environment
    from mlfn_localstack.services.stepfunctions.model import Execution

PRINCIPAL = "states.amazonaws.com"
MAX_DATA_BYTES = 248 * 1024
"""Input and output together; larger ones are left out."""
_LOG = logging.getLogger(__name__)


class StatusEvents:
    """Puts events on the default bus, on a best-effort basis as AWS does."""

    def __init__(self, environment: Environment) -> None:
        self._gateway = environment.gateway
        self._rules = environment.store.documents("events-rule")
        self._pending: set[asyncio.Task[None]] = set()

    def changed(self, execution: Execution) -> None:
        """Say what an execution's status is now, without keeping it waiting."""
        if not any("EventPattern" in rule for _, rule in self._rules.items("default/")):
            return  # most emulators have no such rule, and machines should not pay for it
        entry = {
            "Source": "aws.states",
            "DetailType": "Step Functions Execution Status Change",
            "Detail": dump(_detail(execution)),
            "Resources": [execution.arn],
        }
        task = asyncio.ensure_future(self._put(entry))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def _put(self, entry: dict[str, Any]) -> None:
        try:
            await self._gateway.call("events", "PutEvents", {"Entries": [entry]}, principal=PRINCIPAL)
        except ServiceError as error:
            _LOG.warning("%s: no event: %s", entry["Resources"][0], error)


def _detail(execution: Execution) -> dict[str, Any]:
    size = len(execution.input.encode()) + len((execution.output or "").encode())
    included = size <= MAX_DATA_BYTES
    ended = execution.output is not None
    redrivable = execution.status in {"FAILED", "ABORTED", "TIMED_OUT"}
    return {
        "executionArn": execution.arn,
        "stateMachineArn": execution.machine_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": _milliseconds(execution.started),
        "stopDate": _milliseconds(execution.stopped),
        "input": execution.input if included else None,
        "output": execution.output if included else None,
        "inputDetails": {"included": included},
        "outputDetails": {"included": included} if ended else None,
        "error": execution.error,
        "cause": execution.cause,
        "stateMachineVersionArn": execution.version_arn,
        "stateMachineAliasArn": execution.alias_arn,
        "redriveCount": execution.redrives,
        "redriveDate": _milliseconds(execution.redriven),
        "redriveStatus": "REDRIVABLE" if redrivable else "NOT_REDRIVABLE",
        "redriveStatusReason": None if redrivable else f"Execution is {execution.status} and cannot be redriven",
    }


def _milliseconds(moment: float | None) -> int | None:
    return None if moment is None else int(moment * 1000)
