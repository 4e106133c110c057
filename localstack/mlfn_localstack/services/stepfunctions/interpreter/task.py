"""The Task state: schedule, submit, wait, each step in the history and in the journal before it is taken."""

from __future__ import annotations

import secrets
from base64 import b64encode
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.asl.failure import ErrorName, StateError, runtime_failure
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload, check_size, parse
from mlfn_localstack.services.stepfunctions.integrations import Integration, TaskCall, integration_for
from mlfn_localstack.services.stepfunctions.interpreter.deadline import before
from mlfn_localstack.services.stepfunctions.interpreter.simple import next_of
from mlfn_localstack.services.stepfunctions.interpreter.stay import Departure, Stay

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.asl.flow import Flow

_LONGEST_S = 99_999_999
"""What a TimeoutSeconds stands for when it is left out."""


async def execute_task(stay: Stay) -> Departure:
    """Have the task done by its resource; the result is what that answers."""
    integration = integration_for(stay.state["Resource"])
    work = stay.frame.work
    if "scheduled" not in work:
        if integration.activity is not None and not stay.run.world.has_activity(integration.activity):
            raise runtime_failure(f"The activity {integration.activity} does not exist.")
        if integration.needs_token:
            work["token"] = new_token()
        await _schedule(stay, integration, stay.flow())
    flow = stay.flow()
    arguments = Payload(parse(work["arguments"]), work["arguments"])
    call = TaskCall(run=stay.run, work=work, arguments=arguments, stay=stay, role=work["role"])
    try:
        result = await before(stay.run.world.clock, work["deadline"], _perform(stay, integration, call))
        check_size(result, integration.subject)
    except TimeoutError:
        raise _failed(stay, integration, StateError(ErrorName.TIMEOUT)) from None
    except StateError as failure:
        raise _failed(stay, integration, failure) from None
    _close(stay)
    details = {"output": result.text, "outputDetails": {"truncated": False}, **integration.labels}
    stay.event(f"{integration.family}Succeeded", details)
    return Departure(exit=flow.finish(stay.state, result), next=next_of(stay.state))


async def _perform(stay: Stay, integration: Integration, call: TaskCall) -> Payload:
    own = stay.run.role
    if call.role != own:
        request = {"RoleArn": call.role, "RoleSessionName": "states"}
        try:
            await stay.run.world.call("sts", "AssumeRole", request, principal=own)
        except ServiceError as error:
            cause = f"The role {own} is not authorized to assume the task state's role, {call.role}."
            raise StateError(ErrorName.TASK_FAILED, cause) from error
    return await integration.perform(call)


def new_token() -> str:
    """A task token that nobody can guess."""
    return b64encode(secrets.token_bytes(96)).decode()


async def _schedule(stay: Stay, integration: Integration, flow: Flow) -> None:
    arguments = flow.arguments(stay.state)
    if integration.family == "Task" and not isinstance(arguments.value, dict):
        raise runtime_failure(f"The Parameters '{arguments.text}' could not be used to start the Task: [Not an object]")
    timeout = _seconds(flow, stay, "TimeoutSeconds")
    heartbeat = _seconds(flow, stay, "HeartbeatSeconds")
    world, work = stay.run.world, stay.frame.work
    details = integration.scheduled(arguments, world.region)
    work["role"] = stay.run.role
    if "Credentials" in stay.state:
        work["role"] = flow.template(stay.state["Credentials"], "Credentials").get("RoleArn", stay.run.role)
        details["taskCredentials"] = {"roleArn": work["role"]}
    if timeout is not None:
        details["timeoutInSeconds"] = timeout
    if heartbeat is not None:
        details["heartbeatInSeconds"] = heartbeat
    work["scheduled"] = stay.event(f"{integration.family}Scheduled", details)
    work["arguments"] = arguments.text
    work["heartbeat"] = heartbeat
    work["deadline"] = None if timeout is None or timeout >= _LONGEST_S else world.clock.now() + timeout
    if "token" in work:
        world.tokens.create(work["token"], stay.run.arn, activity=integration.activity, text=arguments.text)
    if integration.starts_at_once:
        stay.event(f"{integration.family}Started", integration.labels or None)
    await stay.commit()


def _seconds(flow: Flow, stay: Stay, name: str) -> int | None:
    value = flow.number(stay.state, name)
    return None if value is None else int(value)


def _close(stay: Stay) -> None:
    # not when cancelled: the emulator may only be stopping, and the token must outlive that
    if "token" in stay.frame.work:
        stay.run.world.tokens.close(stay.frame.work["token"])


def _failed(stay: Stay, integration: Integration, failure: StateError) -> StateError:
    _close(stay)
    if failure.internal:
        return failure
    ending = "Failed"
    if failure.error == ErrorName.TIMEOUT and failure.cause is None:
        ending = "TimedOut"
    elif integration.submits and "submitted" not in stay.frame.work:
        ending = "SubmitFailed"
    details = {"error": failure.error, "cause": failure.cause, **integration.labels}
    stay.event(f"{integration.family}{ending}", {k: v for k, v in details.items() if v is not None})
    return failure
