"""Executions: start, describe, list, stop, history, redrive."""

from __future__ import annotations

import json
import math
import uuid
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.arns import base_of, qualifier_of, require_arn, require_name
from mlfn_localstack.services.stepfunctions.asl.json_text import MAX_BYTES, parse
from mlfn_localstack.services.stepfunctions.description import describe_execution, present, why_not_redrivable
from mlfn_localstack.services.stepfunctions.errors import (
    constraint,
    execution_exists,
    execution_missing,
    invalid_input,
    machine_missing,
    validation,
    wrong_type,
)
from mlfn_localstack.services.stepfunctions.model import Execution, moment
from mlfn_localstack.services.stepfunctions.paging import page_size, position, token
from mlfn_localstack.services.stepfunctions.validation import json_problem

if TYPE_CHECKING:
    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.stepfunctions.interpreter.world import Ended
    from mlfn_localstack.services.stepfunctions.state import State, Target

_STATUSES = ("SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING")
_DATA = {"input", "output", "parameters", "assignedVariables"}
_NEWEST = 2**62


class ExecutionOperations:
    """Operations on executions."""

    def __init__(self, state: State) -> None:
        self._state = state

    def operations(self) -> dict[str, Operation]:
        """The operations by API name."""
        return {
            "StartExecution": self.start,
            "StartSyncExecution": self.start_sync,
            "DescribeExecution": self.describe,
            "ListExecutions": self.list,
            "StopExecution": self.stop,
            "GetExecutionHistory": self.history,
            "RedriveExecution": self.redrive,
        }

    async def start(self, context: RequestContext, params: Params) -> Result:
        """Start an execution; the same name and input again, while it runs, is answered the same."""
        target = self._state.target(params["stateMachineArn"])
        data = require_input(params)
        name = require_name(params["name"]) if params.get("name") is not None else str(uuid.uuid4())
        execution = self._new(target, name, data, params.get("traceHeader"))
        if target.machine.express:
            self._state.engine.start_express(execution, parse(target.machine.definition))
            return {"executionArn": execution.arn, "startDate": moment(execution.started)}
        existing = self._state.executions.get(execution.arn)
        if existing is not None:
            if existing.status != "RUNNING" or existing.input != data:
                raise execution_exists(execution.arn)
            return {"executionArn": existing.arn, "startDate": moment(existing.started)}
        self._state.engine.start(execution, parse(target.machine.definition))
        return {"executionArn": execution.arn, "startDate": moment(execution.started)}

    def _new(self, target: Target, name: str, data: str, trace: str | None, *, kept: bool = True) -> Execution:
        machine = target.machine
        base = base_of(machine.arn)
        prefix = base.rsplit(":", 2)[0]
        arn = f"{prefix}:execution:{machine.name}:{name}"
        if machine.express:
            arn = f"{prefix}:express:{machine.name}:{name}:{uuid.uuid4()}"
        definition = self._state.executions.keep_definition(machine.definition) if kept else ""
        return Execution(
            arn=arn,
            name=name,
            machine_arn=base,
            machine_name=machine.name,
            role=machine.role,
            definition=definition,
            started=self._state.clock.now(),
            input=data,
            version_arn=target.version_arn,
            alias_arn=target.alias_arn,
            revision=machine.revision,
            logging=machine.logging,
            trace=trace,
        )

    async def start_sync(self, context: RequestContext, params: Params) -> Result:
        """Run an Express execution and answer how it ended."""
        target = self._state.target(params["stateMachineArn"])
        if not target.machine.express:
            raise wrong_type()
        data = require_input(params)
        name = require_name(params["name"]) if params.get("name") is not None else str(uuid.uuid4())
        execution = self._new(target, name, data, params.get("traceHeader"), kept=False)
        ended = await self._state.engine.run_express(execution, parse(target.machine.definition), synchronous=True)
        return _sync_answer(execution, ended, self._state.clock.now(), params.get("includedData"))

    async def describe(self, context: RequestContext, params: Params) -> Result:
        """An execution."""
        execution = self._require(params["executionArn"])
        answer = describe_execution(execution, self._state.executions.last_event(execution.arn))
        if params.get("includedData") == "METADATA_ONLY":
            for name in ("input", "output"):
                answer.pop(name, None)
                answer.pop(f"{name}Details", None)
        return answer

    def _require(self, arn: str) -> Execution:
        execution = self._state.executions.get(require_arn(arn, "execution"))
        if execution is None:
            raise execution_missing(arn)
        return execution

    async def list(self, context: RequestContext, params: Params) -> Result:
        """Executions of a state machine, version, alias or map run, newest first."""
        status = params.get("statusFilter")
        if status is not None and status not in _STATUSES:
            rule = f"Member must satisfy enum value set: [{', '.join(_STATUSES)}]"
            raise constraint(status, "statusFilter", rule)
        owner, qualified = self._owner(params)
        size, before = page_size(params), position(params, limit=3096, default=_NEWEST)
        found: list[Execution] = []
        while len(found) < size:
            page = self._state.executions.page(owner, status, before, size)
            for sequence, execution in page:
                before = sequence
                if _belongs(execution, qualified, params.get("redriveFilter")):
                    found.append(execution)
                if len(found) == size:
                    break
            if len(page) < size:
                break
        answer: Result = {"executions": [_item(execution) for execution in found]}
        if self._state.executions.page(owner, status, before, 1) and len(found) == size:
            answer["nextToken"] = token(before)
        return answer

    def _owner(self, params: Params) -> tuple[str, str | None]:
        if params.get("mapRunArn") is not None:
            return require_arn(params["mapRunArn"], "mapRun"), None
        if "stateMachineArn" not in params:
            raise validation("You must provide either a stateMachineArn or a mapRunArn.")
        arn = require_arn(params["stateMachineArn"], "stateMachine")
        machine = self._state.machines.get(arn)
        if machine is None and self._state.machines.aliases.get(arn) is None:
            raise machine_missing(arn)
        if machine is not None and machine.express:
            raise wrong_type()
        return base_of(arn), arn if qualifier_of(arn) else None

    async def stop(self, context: RequestContext, params: Params) -> Result:
        """Abort an execution."""
        execution = self._require(params["executionArn"])
        if execution.status == "RUNNING":
            execution = await self._state.engine.stop_execution(execution.arn, params.get("error"), params.get("cause"))
        return {"stopDate": moment(execution.stopped)}

    async def history(self, context: RequestContext, params: Params) -> Result:
        """The events of an execution."""
        execution, reverse = self._require(params["executionArn"]), bool(params.get("reverseOrder"))
        size = page_size(params)
        after = position(params, limit=1024, default=_NEWEST if reverse else 0)
        events = self._state.executions.events(execution.arn, after=after, limit=size + 1, reverse=reverse)
        included = params.get("includeExecutionData", True)
        answer: Result = {"events": [_event(event, included=included) for event in events[:size]]}
        if len(events) > size:
            answer["nextToken"] = token(events[size - 1]["id"])
        return answer

    async def redrive(self, context: RequestContext, params: Params) -> Result:
        """Run an execution that did not succeed again from where it failed."""
        execution = self._require(params["executionArn"])
        reason = why_not_redrivable(execution, self._state.executions.last_event(execution.arn))
        if reason is not None:
            raise ServiceError("ExecutionNotRedrivable", reason)
        self._state.engine.redrive(execution)
        return {"redriveDate": moment(execution.redriven)}


def require_input(params: Params) -> str:
    """A request's input, or the empty one.

    Raises:
        ServiceError: it is no JSON, or too much.
    """
    text: str = "{}" if params.get("input") is None else params["input"]
    if len(text.encode()) > MAX_BYTES:
        raise constraint(text[:100], "input", f"Member must have length less than or equal to {MAX_BYTES}")
    if not text.strip():
        raise invalid_input("Invalid execution input.")
    try:
        parse(text)
    except json.JSONDecodeError as error:
        raise invalid_input(json_problem(error)) from error
    except (ValueError, RecursionError) as error:
        raise invalid_input(str(error)) from error
    return text


def _sync_answer(execution: Execution, ended: Ended, stopped: float, included: str | None) -> Result:
    duration = max(100, math.ceil((stopped - execution.started) * 10) * 100)
    data = included != "METADATA_ONLY"
    return present(
        {
            "executionArn": execution.arn,
            "stateMachineArn": execution.machine_arn,
            "name": execution.name,
            "startDate": moment(execution.started),
            "stopDate": moment(stopped),
            "status": ended.status,
            "error": ended.error,
            "cause": ended.cause,
            "input": execution.input if data else None,
            "inputDetails": {"included": data},
            "output": ended.output if data else None,
            "outputDetails": {"included": data},
            "traceHeader": execution.trace,
            "billingDetails": {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": duration},
        }
    )


def _belongs(execution: Execution, qualified: str | None, redriven: str | None) -> bool:
    if qualified is not None and qualified not in {execution.version_arn, execution.alias_arn}:
        return False
    return redriven is None or (redriven == "REDRIVEN") == (execution.redrives > 0)


def _item(execution: Execution) -> dict[str, Any]:
    return present(
        {
            "executionArn": execution.arn,
            "stateMachineArn": execution.machine_arn,
            "name": execution.name,
            "status": execution.status,
            "startDate": moment(execution.started),
            "stopDate": moment(execution.stopped),
            "mapRunArn": execution.map_run_arn,
            "itemCount": 1 if execution.map_run_arn else None,
            "stateMachineVersionArn": execution.version_arn,
            "stateMachineAliasArn": execution.alias_arn,
            "redriveCount": execution.redrives,
            "redriveDate": moment(execution.redriven),
        }
    )


def _event(event: dict[str, Any], *, included: bool) -> dict[str, Any]:
    event["timestamp"] = moment(event["timestamp"])
    if not included:
        for details in event.values():
            if isinstance(details, dict):
                for name in _DATA & details.keys():
                    del details[name]
    return event
