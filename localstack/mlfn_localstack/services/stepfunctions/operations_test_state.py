"""TestState: one state, run once, with a look inside.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.arns import require_role
from mlfn_localstack.services.stepfunctions.asl.failure import ErrorName, StateError
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload, dump, parse
from mlfn_localstack.services.stepfunctions.clock import instant
from mlfn_localstack.services.stepfunctions.description import present
from mlfn_localstack.services.stepfunctions.errors import invalid_definition, validation
from mlfn_localstack.services.stepfunctions.integrations import find_integration
from mlfn_localstack.services.stepfunctions.interpreter.deadline import before
from mlfn_localstack.services.stepfunctions.interpreter.frame import Frame
from mlfn_localstack.services.stepfunctions.interpreter.loop import Attempt, attempt, run_scope
from mlfn_localstack.services.stepfunctions.interpreter.stay import Stay
from mlfn_localstack.services.stepfunctions.interpreter.world import Run
from mlfn_localstack.services.stepfunctions.journal import MemoryJournal
from mlfn_localstack.services.stepfunctions.operations_executions import require_input
from mlfn_localstack.services.stepfunctions.trial.context import context_from
from mlfn_localstack.services.stepfunctions.trial.inspection import inspect
from mlfn_localstack.services.stepfunctions.trial.mock import mock_of, takes_token
from mlfn_localstack.services.stepfunctions.validation import Diagnostic, summary, validate
from mlfn_localstack.services.stepfunctions.validation.fields import check_fields
from mlfn_localstack.services.stepfunctions.validation.inspection import Inspection
from mlfn_localstack.services.stepfunctions.validation.rules import TYPES
from mlfn_localstack.services.stepfunctions.validation.scope import check_machine, check_typed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.stepfunctions.asl.flow import Definition
    from mlfn_localstack.services.stepfunctions.interpreter.stay import Departure
    from mlfn_localstack.services.stepfunctions.state import State

_LONGEST_S = 300


class TestStateOperations:
    """The operation TestState."""

    __test__ = False

    def __init__(self, state: State) -> None:
        self._state = state

    def operations(self) -> dict[str, Operation]:
        """The operation by its API name."""
        return {"TestState": self.test}

    async def test(self, context: RequestContext, params: Params) -> Result:
        """Run one state once: its output, its next state, and the data on the way if asked for."""
        name, state, jsonata = _state_of(params)
        mock = mock_of(params, state)
        if mock is None and state["Type"] == "Task":
            _require_performable(params, state)
        stay = self._stay(context, params, name, state, jsonata=jsonata)
        retried = (params.get("stateConfiguration") or {}).get("retrierRetryCount") or 0
        outcome = await self._attempt(stay, None if mock is None else mock.execute, retried)
        answer = _answer(outcome)
        if params.get("inspectionLevel", "INFO") != "INFO":
            result = _result_of(state, stay.run.journal) if mock is None else (params["mock"]).get("result")
            answer["inspectionData"] = inspect(stay, outcome, result)
        return answer

    async def _attempt(
        self, stay: Stay, executor: Callable[[Stay], Awaitable[Departure]] | None, retried: int
    ) -> Attempt:
        clock = self._state.clock
        try:
            return await before(clock, clock.now() + _LONGEST_S, attempt(stay, executor, retried=retried))
        except TimeoutError:
            return Attempt(status="FAILED", failure=StateError(ErrorName.TIMEOUT))

    def _stay(self, context: RequestContext, params: Params, name: str, state: Definition, *, jsonata: bool) -> Stay:
        data = _input_of(params)
        mocked = params.get("context")
        if mocked is not None and params.get("mock") is None:
            raise validation("A Context object can be specified only when a mock is specified.")
        return Stay(
            run=self._run(context, params, data, jsonata=jsonata),
            frame=Frame(path="", state=name, data=data, previous=0, variables=_variables_of(params)),
            state=state,
            inherited={},
            inside=run_scope,
            jsonata=jsonata if (language := state.get("QueryLanguage")) is None else language == "JSONata",
            context=None if mocked is None else context_from(mocked, takes_token=takes_token(state)),
        )

    def _run(self, context: RequestContext, params: Params, data: Payload, *, jsonata: bool) -> Run:
        prefix = f"arn:aws:states:{context.region}:{context.account_id}"
        machine, name = str(uuid.uuid4()), str(uuid.uuid4())
        return Run(
            arn=f"{prefix}:express:{machine}:{name}",
            name=name,
            role=require_role(params["roleArn"]) if params.get("roleArn") else "",
            machine_arn=f"{prefix}:stateMachine:{machine}",
            machine_name=machine,
            started_at=instant(self._state.clock.now()),
            data=data.value,
            express=True,
            synchronous=True,
            redrives=0,
            jsonata=jsonata,
            journal=MemoryJournal(self._state.clock),
            world=self._state.engine,
        )


def _require_performable(params: Params, state: Definition) -> None:
    """Refuse a task that nobody would complete, or nobody may begin."""
    if not params.get("roleArn"):
        raise validation("RoleArn must be specified when testing a Task state")
    integration = find_integration(state["Resource"])
    if integration is not None and (integration.needs_token or integration.submits):
        kinds = "Activity tasks, '.sync' or '.waitForTaskToken' service integration patterns"
        raise ServiceError("InvalidDefinition", f"TestState API does not support {kinds} without a mock.")


def _state_of(params: Params) -> tuple[str, Definition, bool]:
    try:
        definition = json.loads(params["definition"])
    except (ValueError, RecursionError) as error:
        raise invalid_definition(summary(validate(params["definition"], express=False))) from error
    if not isinstance(definition, dict):
        raise invalid_definition("SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object")
    mocked = params.get("mock") is not None
    if "States" in definition:
        return _named(definition, params.get("stateName"), mocked=mocked)
    if definition.get("Type") not in TYPES:
        message = f"The field 'Type' should have one of these values: [{', '.join(TYPES)}]"
        raise invalid_definition(str(Diagnostic(message=message, location="/Type")))
    inspection = Inspection(express=False, mocked=True)
    check_typed(inspection, definition, "")
    _refuse(inspection.found)
    _require_sound(definition, "", Inspection(express=False, mocked=mocked))
    return "StateName", definition, False


def _refuse(found: list[Diagnostic]) -> None:
    if found:
        raise invalid_definition(summary(found))


def _require_sound(state: Definition, place: str, inspection: Inspection) -> None:
    check_fields(inspection, state, place)
    _refuse(inspection.found)


def _named(machine: Definition, name: str | None, *, mocked: bool) -> tuple[str, Definition, bool]:
    _refuse(check_machine(machine, express=False, mocked=True))
    state = _find(machine, name)
    if state is None:
        raise validation("State not found in definition")
    jsonata = machine.get("QueryLanguage") == "JSONata"
    _require_sound(state, f"/States/{name}", Inspection(express=False, mocked=mocked, jsonata=jsonata))
    return str(name), state, jsonata


def _find(scope: Definition, name: str | None) -> Definition | None:
    """A state of a scope, or of one inside its Map and Parallel states."""
    states: dict[str, Definition] = scope["States"]
    if name in states:
        return states[name]
    for state in states.values():
        inner = [*state.get("Branches", []), *(state[part] for part in ("ItemProcessor", "Iterator") if part in state)]
        for child in inner:
            if (found := _find(child, name)) is not None:
                return found
    return None


def _input_of(params: Params) -> Payload:
    text = require_input(params)
    return Payload(parse(text), text)


def _variables_of(params: Params) -> dict[str, Any]:
    try:
        variables = parse(params.get("variables") or "{}")
    except (ValueError, RecursionError):
        variables = None
    if not isinstance(variables, dict):
        raise validation("Variables must be a JSON object")
    return variables


def _answer(outcome: Attempt) -> Result:
    failure = outcome.failure
    return present(
        {
            "status": outcome.status,
            "output": None if outcome.departure is None else outcome.departure.exit.output.text,
            "nextState": None if outcome.departure is None else outcome.departure.next,
            "error": None if failure is None else failure.error,
            "cause": None if failure is None else failure.cause,
        }
    )


def _result_of(state: Definition, journal: Any) -> str | None:
    if state["Type"] == "Pass":
        return dump(state["Result"]) if "Result" in state else None
    for event in reversed(journal.events):
        for member in ("taskSucceededEventDetails", "lambdaFunctionSucceededEventDetails"):
            if member in event:
                text: str = event[member]["output"]
                return text
    return None
