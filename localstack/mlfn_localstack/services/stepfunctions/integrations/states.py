"""Nested executions: `states:startExecution`, waited for with `.sync` and `.sync:2`.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.asl.failure import ErrorName, StateError
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload, dump, parse
from mlfn_localstack.services.stepfunctions.integrations.failures import STATES, optimised_failure
from mlfn_localstack.services.stepfunctions.integrations.metadata import states_metadata
from mlfn_localstack.services.stepfunctions.integrations.shapes import to_json
from mlfn_localstack.services.stepfunctions.integrations.task import Mode

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.integrations.task import TaskCall

_REDRIVE = {"RedriveCount", "RedriveDate", "RedriveStatus", "RedriveStatusReason"}
"""Not part of what AWS hands to the parent."""


async def request_start(call: TaskCall) -> Payload:
    """Start an execution under a name that is kept, so that a restart does not start a second one."""
    arguments = call.arguments.value
    if "child" not in call.work:
        call.work["child"] = arguments.get("Name") or str(uuid.uuid4())
        await call.stay.commit()
    params: dict[str, Any] = {"stateMachineArn": arguments.get("StateMachineArn"), "name": call.work["child"]}
    if arguments.get("Input") is not None:
        data = arguments["Input"]
        params["input"] = data if isinstance(data, str) else dump(data)
    try:
        answer = await call.run.world.call("stepfunctions", "StartExecution", params, principal=call.role)
    except ServiceError as error:
        raise optimised_failure(error, STATES, "stepfunctions") from error
    call.work["child_arn"] = answer["executionArn"]
    return Payload(states_metadata(to_json("stepfunctions", "StartExecution", answer)))


async def await_execution(call: TaskCall, mode: Mode) -> Payload:
    """The description of the execution that was started, once it has ended."""
    ended = await call.run.world.ended(call.work["child_arn"])
    described = to_json("stepfunctions", "DescribeExecution", ended.description)
    result = {name: value for name, value in described.items() if name not in _REDRIVE}
    if ended.status != "SUCCEEDED":
        raise StateError(ErrorName.TASK_FAILED, dump(dict(sorted(result.items()))))
    if mode is Mode.SYNC_2:
        result = {**result, **{name: parse(result[name]) for name in ("Input", "Output") if name in result}}
    return Payload(dict(sorted(result.items())))
