"""State machines: logged without payloads, and sound in what no validator looks at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn_templates.rules.stack import as_list

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_engine.linting.findings import Finding
    from mlfn_templates.rules.stack import Resource, Stack

_MACHINE = "AWS::StepFunctions::StateMachine"
_ENDS = ("Succeed", "Fail")


def logging(stack: Stack) -> Iterator[Finding]:
    """Every event of an execution is logged, without what went through it."""
    for machine in stack.of(_MACHINE):
        if machine.get("LoggingConfiguration", "IncludeExecutionData") is not False:
            yield machine.says(
                "pipeline-payloads", "its log holds what went through it: IncludeExecutionData must be false"
            )
        level, places = (machine.get("LoggingConfiguration", part) for part in ("Level", "Destinations"))
        if level != "ALL" or not places:
            yield machine.says("pipeline-log", f"its log tells {level or 'nothing'}; set Level ALL and a destination")


def callees(stack: Stack) -> Iterator[Finding]:
    """Steps call models through the alias of state machines."""
    for machine in stack.of(_MACHINE):
        substitutions = machine.get("DefinitionSubstitutions") or {}
        for name, value in substitutions.items():
            alias = stack.target(value, "AWS::Lambda::Alias")
            if alias is not None and alias.get("Name") != "sfn":
                yield machine.says("sfn-alias", f"{name} is called by the alias {alias.get('Name')!r}, not by 'sfn'")
            if stack.target(value, "AWS::Lambda::Function") is not None:
                yield machine.says("sfn-alias", f"{name} is called as a function, whose code can change: use its alias")


def definitions(stack: Stack) -> Iterator[Finding]:
    """Definitions lead somewhere from everywhere."""
    for machine in stack.of(_MACHINE):
        text = machine.get("DefinitionString")
        if not isinstance(text, str):
            continue
        try:
            definition = json.loads(text)
        except ValueError as error:
            yield machine.says("pipeline-definition", f"its definition is no JSON: {error}")
            continue
        yield from _flow(machine, definition)


def _flow(machine: Resource, flow: Any) -> Iterator[Finding]:
    states = flow.get("States") or {}
    if flow.get("StartAt") not in states:
        yield machine.says("pipeline-definition", f"it starts at {flow.get('StartAt')}, which is not there")
    for name, state in states.items():
        nexts = [*_nexts(state), *(catcher.get("Next") for catcher in as_list(state.get("Catch")))]
        for missing in (each for each in nexts if each not in states):
            yield machine.says("pipeline-definition", f"{name} goes on to {missing}, which is not there")
        if not _nexts(state) and not state.get("End") and state.get("Type") not in _ENDS:
            yield machine.says("pipeline-definition", f"{name} neither ends nor goes on")
        yield from _handlers(machine, name, state)
        inner = [*as_list(state.get("Branches")), *as_list(state.get("ItemProcessor"))]
        for each in inner:
            yield from _flow(machine, each)


def _nexts(state: dict[str, Any]) -> list[Any]:
    choices = [choice.get("Next") for choice in as_list(state.get("Choices"))]
    return [each for each in (state.get("Next"), state.get("Default"), *choices) if each is not None]


def _handlers(machine: Resource, name: str, state: dict[str, Any]) -> Iterator[Finding]:
    """The rules of the Amazon States Language that validators leave out: a catch-all is alone and last."""
    for part in ("Retry", "Catch"):
        handlers = as_list(state.get(part))
        for place, handler in enumerate(handlers):
            errors = as_list(handler.get("ErrorEquals"))
            if "States.ALL" in errors and (len(errors) > 1 or place < len(handlers) - 1):
                yield machine.says("pipeline-errors", f"{name}: States.ALL in {part} must stand alone and last")
    heartbeat, timeout = state.get("HeartbeatSeconds"), state.get("TimeoutSeconds")
    if isinstance(heartbeat, int) and isinstance(timeout, int) and heartbeat >= timeout:
        yield machine.says("pipeline-timeout", f"{name}: its heartbeat is not shorter than its timeout")
