"""Machines, branches and item processors: their states and the ways between them."""

from __future__ import annotations

from typing import Any

from mlfn_localstack.services.stepfunctions.validation.diagnostic import Diagnostic
from mlfn_localstack.services.stepfunctions.validation.fields import check_fields
from mlfn_localstack.services.stepfunctions.validation.inspection import Inspection
from mlfn_localstack.services.stepfunctions.validation.numbers import check_number
from mlfn_localstack.services.stepfunctions.validation.rules import BRANCH_FIELDS, MACHINE_FIELDS, TYPES

_MAX_NAME = 80
MISSING_TARGET = "MISSING_TRANSITION_TARGET"
_LANGUAGES = ("JSONPath", "JSONata")


def check_machine(machine: dict[str, Any], *, express: bool, mocked: bool = False) -> list[Diagnostic]:
    """What is wrong with a whole machine."""
    jsonata = machine.get("QueryLanguage", "JSONPath") != "JSONPath"  # what is none of the two counts as JSONata
    inspection = Inspection(express=express, jsonata=jsonata, mocked=mocked)
    check_number(inspection, machine.get("TimeoutSeconds", 0), "/TimeoutSeconds", 0, 99_999_999)
    if machine.get("Version", "1.0") != "1.0":
        inspection.report("Value should be one of the following: [1.0]", "/Version")
    _language(inspection, machine, "")
    check_scope(inspection, machine, "", MACHINE_FIELDS)
    return inspection.found


def _language(inspection: Inspection, holder: dict[str, Any], place: str) -> None:
    language = holder.get("QueryLanguage", "JSONPath")
    if not isinstance(language, str):
        inspection.report("Expected value of type [STRING]", f"{place}/QueryLanguage")
    elif language not in _LANGUAGES:
        values = ", ".join(_LANGUAGES)
        inspection.report(f"Value should be one of the following: [{values}]", f"{place}/QueryLanguage")


def check_scope(inspection: Inspection, scope: dict[str, Any], place: str, allowed: frozenset[str]) -> None:
    """What is wrong with a machine, branch or item processor."""
    missing = [name for name in ("States", "StartAt") if name not in scope]
    if missing:
        inspection.report(f"These fields are required: [{', '.join(missing)}]", place)
    for name in scope:
        if name not in allowed:
            inspection.report(f"Field '{name}' is not supported", place)
    states = scope.get("States")
    if not isinstance(states, dict):
        if "States" in scope:
            inspection.report("Expected value of type Object", f"{place}/States")
        return
    if not states:
        inspection.report("The value for the field 'States' must not be empty", f"{place}/States")
    for name, state in states.items():
        _check_state(inspection, name, state, f"{place}/States/{name}")
    _check_ways(inspection, scope, states, place)


def _check_state(inspection: Inspection, name: str, state: Any, place: str) -> None:
    if len(name) > _MAX_NAME:
        inspection.report(f"State name must not be longer than {_MAX_NAME} characters", place, "INVALID_STATE_NAME")
    if name in inspection.names:
        inspection.report(f"Duplicate state name: {name}", place, "DUPLICATE_STATE_NAME")
    inspection.names.add(name)
    if not isinstance(state, dict):
        inspection.report("Expected value of type Object", place)
    elif "Type" not in state:
        inspection.report("These fields are required: [Type]", place)
    elif state["Type"] not in TYPES:
        values = ", ".join(TYPES)
        inspection.report(f"The field 'Type' should have one of these values: [{values}]", f"{place}/Type")
    else:
        check_typed(inspection, state, place)


def check_typed(inspection: Inspection, state: dict[str, Any], place: str) -> None:
    """What is wrong with a state whose type there is, and with the states in it."""
    check_fields(inspection, state, place)
    _language(inspection, state, place)
    _check_children(inspection, state, place)


def _check_children(inspection: Inspection, state: dict[str, Any], place: str) -> None:
    if state["Type"] == "Parallel" and isinstance(state.get("Branches"), list):
        for index, branch in enumerate(state["Branches"]):
            _check_child(inspection, branch, f"{place}/Branches[{index}]")
    if state["Type"] == "Map":
        for name in ("ItemProcessor", "Iterator"):
            if name in state:
                _check_child(inspection, state[name], f"{place}/{name}")


def _check_child(inspection: Inspection, scope: Any, place: str) -> None:
    if isinstance(scope, dict):
        check_scope(inspection, scope, place, BRANCH_FIELDS)
    else:
        inspection.report("Expected value of type Object", place)


def targets(state: dict[str, Any]) -> list[tuple[str, str]]:
    """Every transition of a state: the field that names it, relative to the state, and the target."""
    ways: list[tuple[str, Any]] = [(name, state[name]) for name in ("Next", "Default") if name in state]
    for field_name in ("Choices", "Catch"):
        rules = state.get(field_name)
        for index, rule in enumerate(rules if isinstance(rules, list) else []):
            if isinstance(rule, dict) and "Next" in rule:
                ways.append((f"{field_name}[{index}]/Next", rule["Next"]))
    return [(place, target) for place, target in ways if isinstance(target, str)]


def _check_ways(inspection: Inspection, scope: dict[str, Any], states: dict[str, Any], place: str) -> None:
    """Every way is looked at; whether there is an end, and a way to each state, only where nothing else is wrong."""
    start = scope.get("StartAt")
    sound = all(each.code == MISSING_TARGET for each in inspection.found)
    if "StartAt" in scope and (not isinstance(start, str) or start not in states):
        inspection.report(f"Missing 'Next' target: {start}", f"{place}/StartAt", MISSING_TARGET)
    for name, state in states.items():
        for where, target in targets(state) if isinstance(state, dict) else []:
            if target not in states:
                inspection.report(f"Missing 'Next' target: {target}", f"{place}/States/{name}/{where}", MISSING_TARGET)
    if sound and isinstance(start, str):
        _check_reach(inspection, start, states, place)


def _check_reach(inspection: Inspection, start: str, states: dict[str, Any], place: str) -> None:
    if not place and not any(_ends(state) for state in states.values()):
        inspection.found.append(Diagnostic(message="Workflow has no terminal state", code="MISSING_END_STATE"))
        return
    reachable = _reachable(start, states)
    for name in states:
        if name not in reachable:
            inspection.report(f'State "{name}" is not reachable.', f"{place}/States/{name}", MISSING_TARGET)


def _ends(state: dict[str, Any]) -> bool:
    return state.get("End") is True or state["Type"] in {"Succeed", "Fail"}


def _reachable(start: str, states: dict[str, Any]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in seen and isinstance(states.get(name), dict):
            seen.add(name)
            waiting += [target for _, target in targets(states[name])]
    return seen
