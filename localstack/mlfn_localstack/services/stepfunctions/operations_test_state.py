"""TestState: one state, run once, with a look inside.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.failure import StateError
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload, dump, parse
from mlfn_localstack.services.stepfunctions.description import present
from mlfn_localstack.services.stepfunctions.errors import invalid_definition, invalid_input, validation
from mlfn_localstack.services.stepfunctions.interpreter.context import rfc3339
from mlfn_localstack.services.stepfunctions.interpreter.frame import Frame
from mlfn_localstack.services.stepfunctions.interpreter.loop import Attempt, Departure, Stay, attempt
from mlfn_localstack.services.stepfunctions.interpreter.simple import next_of
from mlfn_localstack.services.stepfunctions.interpreter.world import Run
from mlfn_localstack.services.stepfunctions.journal import MemoryJournal
from mlfn_localstack.services.stepfunctions.validation import Diagnostic, summary
from mlfn_localstack.services.stepfunctions.validation.fields import check_fields
from mlfn_localstack.services.stepfunctions.validation.rules import TYPES
from mlfn_localstack.services.stepfunctions.validation.scope import Inspection, check_machine

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.stepfunctions.asl.flow import Definition
    from mlfn_localstack.services.stepfunctions.state import State

_NAME = "testState"
_MOCKABLE = {"Map", "Parallel", "Task"}


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
        data = _input_of(params)
        run = self._run(context, params, data, jsonata=jsonata)
        frame = Frame(path="", state=name, data=data, previous=0, variables=_variables_of(params))
        language = state.get("QueryLanguage")
        stay = Stay(
            run=run,
            frame=frame,
            state=state,
            inherited={},
            jsonata=jsonata if language is None else language == "JSONata",
        )
        mock = params.get("mock")
        outcome = await attempt(stay, None if mock is None else _mocked(state, mock))
        answer = _answer(outcome)
        if params.get("inspectionLevel", "INFO") != "INFO":
            result = _result_of(state, run.journal) if mock is None else mock.get("result")
            answer["inspectionData"] = _inspection(stay, outcome, result)
        return answer

    def _run(self, context: RequestContext, params: Params, data: Payload, *, jsonata: bool) -> Run:
        prefix = f"arn:aws:states:{context.region}:{context.account_id}"
        name = str(uuid.uuid4())
        return Run(
            arn=f"{prefix}:express:{_NAME}:{name}:{uuid.uuid4()}",
            name=name,
            role=params.get("roleArn") or context.caller.arn,
            machine_arn=f"{prefix}:stateMachine:{_NAME}",
            machine_name=_NAME,
            started_at=rfc3339(self._state.clock.now()),
            data=data.value,
            express=True,
            redrives=0,
            jsonata=jsonata,
            journal=MemoryJournal(self._state.clock),
            world=self._state.engine,
        )


def _state_of(params: Params) -> tuple[str, Definition, bool]:
    try:
        definition = json.loads(params["definition"])
    except (ValueError, RecursionError) as error:
        raise invalid_definition(f"INVALID_JSON_DESCRIPTION: {error}") from error
    if not isinstance(definition, dict):
        raise invalid_definition("SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object")
    if "States" in definition:
        return _named(definition, params.get("stateName"))
    if definition.get("Type") not in TYPES:
        message = f"The field 'Type' should have one of these values: [{', '.join(TYPES)}]"
        raise invalid_definition(str(Diagnostic(message=message, location="/Type")))
    inspection = Inspection(express=False)
    check_fields(inspection, definition, "")
    if inspection.found:
        raise invalid_definition(summary(inspection.found))
    return "StateName", definition, False


def _named(machine: Definition, name: str | None) -> tuple[str, Definition, bool]:
    found = check_machine(machine, express=False)
    if found:
        raise invalid_definition(summary(found))
    if name not in machine["States"]:
        raise validation(f"State '{name}' is not found in the state machine definition.")
    return str(name), machine["States"][name], machine.get("QueryLanguage") == "JSONata"


def _input_of(params: Params) -> Payload:
    text = params.get("input") or "{}"
    try:
        return Payload(parse(text), text)
    except (ValueError, RecursionError) as error:
        raise invalid_input(str(error)) from error


def _variables_of(params: Params) -> dict[str, Any]:
    variables = parse(params.get("variables") or "{}")
    if not isinstance(variables, dict):
        raise validation("Variables must be a JSON object")
    return variables


def _mocked(state: Definition, mock: dict[str, Any]) -> Callable[[Stay], Awaitable[Departure]]:
    """An executor that takes a task's result or error from the request instead of calling anything."""
    if state["Type"] not in _MOCKABLE:
        raise validation("A mock can only be specified for Task, Map or Parallel states.")

    async def execute(stay: Stay) -> Departure:
        flow = stay.flow()
        flow.arguments(state)
        if "errorOutput" in mock:
            raise StateError(mock["errorOutput"].get("error"), mock["errorOutput"].get("cause"))
        text = mock.get("result", "{}")
        return Departure(exit=flow.finish(state, Payload(parse(text), text)), next=next_of(state))

    return execute


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


def _inspection(stay: Stay, outcome: Attempt, result: str | None) -> dict[str, Any]:
    """What AWS shows of each step: the later ones only if the state got there."""
    state, flow = stay.state, stay.flow()
    data: dict[str, Any] = {"input": stay.frame.data.text}
    if outcome.assigned:
        data["variables"] = dump(outcome.assigned)
    try:
        if flow.jsonata:
            data["afterArguments"] = (
                flow.arguments(state).text if state["Type"] in {"Task", "Map", "Parallel"} else None
            )
            data["result"] = result
            return present(data)
        if not (state["Type"] == "Pass" and "Result" in state):
            data["afterInputPath"] = flow.effective_input(state).text
            if state["Type"] not in {"Choice", "Fail", "Succeed", "Wait"}:
                data["afterParameters"] = flow.arguments(state).text
        if outcome.failure is None and state["Type"] in {"Pass", "Task", "Map", "Parallel"}:
            data.update(_results(stay, result))
    except StateError:
        pass
    return present(data)


def _result_of(state: Definition, journal: Any) -> str | None:
    if state["Type"] == "Pass":
        return dump(state["Result"]) if "Result" in state else None
    for event in reversed(journal.events):
        for member in ("taskSucceededEventDetails", "lambdaFunctionSucceededEventDetails"):
            if member in event:
                text: str = event[member]["output"]
                return text
    return None


def _results(stay: Stay, result: str | None) -> dict[str, Any]:
    state, flow = stay.state, stay.flow()
    value = flow.arguments(state) if result is None else Payload(parse(result), result)
    selected = flow.finish({name: state[name] for name in ("ResultSelector",) if name in state}, value).output
    placed = flow.finish(
        {name: state[name] for name in ("ResultSelector", "ResultPath") if name in state}, value
    ).output
    return {"result": result, "afterResultSelector": selected.text, "afterResultPath": placed.text}
