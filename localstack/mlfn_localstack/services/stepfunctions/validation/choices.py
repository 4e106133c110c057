"""The rules of a Choice state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.choice import OPERATORS, timestamp
from mlfn_localstack.services.stepfunctions.asl.jsonata import expression_in
from mlfn_localstack.services.stepfunctions.validation.expressions import check_expression, check_expressions
from mlfn_localstack.services.stepfunctions.validation.members import check_filled, check_way, elsewhere
from mlfn_localstack.services.stepfunctions.validation.paths import is_path

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.validation.inspection import Inspection

_GROUPS = ("And", "Or")
_KINDS = (*_GROUPS, "Not", "Variable", "Condition")
_JSONPATH = frozenset({"Variable", *OPERATORS, "And", "Or", "Not"})
"""What rules are made of in JSONPath alone."""


def check_choices(inspection: Inspection, state: dict[str, Any], place: str, *, jsonata: bool) -> None:
    """What is wrong with a Choice state's rules, and its default."""
    if not isinstance(state.get("Default", ""), str):
        inspection.report("Expected value of type String", f"{place}/Default")
    rules = state.get("Choices")
    if "Choices" not in state:
        return
    check_filled(inspection, rules, f"{place}/Choices")
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        where = f"{place}/Choices[{index}]"
        if not isinstance(rule, dict):
            inspection.report("Expected value of type Object", where)
            continue
        check_way(inspection, rule, where)
        if jsonata:
            _check_condition(inspection, rule, where)
        else:
            _check_rule(inspection, rule, where, top=True)


def _check_condition(inspection: Inspection, rule: dict[str, Any], place: str) -> None:
    if "Condition" not in rule:
        inspection.report("These fields are required: [Condition]", place)
    for name in rule:
        if name in _JSONPATH:
            inspection.report(elsewhere(name, jsonata=True), place)
        elif name not in {"Condition", "Next", "Assign", "Output", "Comment"}:
            inspection.report(f"Field '{name}' is not supported", place)
    condition = rule.get("Condition", True)
    expression = expression_in(condition)
    if expression is None and not isinstance(condition, bool):
        inspection.report("Value is not a JSONata expression or Boolean", f"{place}/Condition")
    if expression is not None:
        check_expression(inspection, expression, f"{place}/Condition")
    for name in ("Output", "Assign"):
        check_expressions(inspection, rule.get(name), f"{place}/{name}")


def _check_rule(inspection: Inspection, rule: dict[str, Any], place: str, *, top: bool) -> None:
    known = _JSONPATH | {"Comment"} | ({"Next", "Assign"} if top else set())
    for name in rule:
        if name == "Condition":
            inspection.report(elsewhere(name, jsonata=False), place)
        elif name not in known:
            inspection.report(f"Field '{name}' is not supported", place)
    kinds = [name for name in _KINDS if name in rule]
    if len(kinds) != 1:
        message = f"The object must have only one of the following fields, [{', '.join(_KINDS)}]"
        inspection.report(message, place)
    elif kinds[0] in _GROUPS:
        _check_group(inspection, rule[kinds[0]], f"{place}/{kinds[0]}")
    elif kinds[0] == "Not":
        _check_inner(inspection, rule["Not"], f"{place}/Not")
    elif kinds[0] == "Variable":
        _check_comparison(inspection, rule, place)


def _check_group(inspection: Inspection, rules: Any, place: str) -> None:
    if not isinstance(rules, list) or not rules:
        inspection.report("Expected a non-empty array of choice rules", place)
        return
    for index, rule in enumerate(rules):
        _check_inner(inspection, rule, f"{place}[{index}]")


def _check_inner(inspection: Inspection, rule: Any, place: str) -> None:
    if isinstance(rule, dict):
        _check_rule(inspection, rule, place, top=False)
    else:
        inspection.report("Expected value of type Object", place)


def _check_comparison(inspection: Inspection, rule: dict[str, Any], place: str) -> None:
    operators = [name for name in rule if name in OPERATORS]
    if not operators:
        inspection.report("A choice rule must have exactly one comparison operator", place)
    elif len(operators) > 1:
        inspection.report(f"There should only be one of the following fields: [{', '.join(operators)}]", place)
    for name in ("Variable", *operators):
        if name == "Variable" or name.endswith("Path"):
            _check_reference(inspection, rule[name], f"{place}/{name}")
        elif (expected := _expected(name, rule[name])) is not None:
            inspection.report(f"Expected value of type {expected}", f"{place}/{name}")


def _check_reference(inspection: Inspection, path: Any, place: str) -> None:
    if isinstance(path, str) and not path.startswith("$"):
        inspection.report("Value is not a Reference Path: Reference path didn't start with '$'", place)
    elif not is_path(path):
        inspection.report("Value is not a Reference Path", place)


def _expected(operator: str, value: Any) -> str | None:
    """The type that an operator's value should have had, or None if it has it."""
    if operator.startswith("Is") or operator == "BooleanEquals":
        return None if isinstance(value, bool) else "Boolean"
    if operator.startswith("String"):
        return None if isinstance(value, str) else "String"
    if operator.startswith("Timestamp"):
        return None if timestamp(value) is not None else "Timestamp"
    return None if isinstance(value, int | float) and not isinstance(value, bool) else "Number"
