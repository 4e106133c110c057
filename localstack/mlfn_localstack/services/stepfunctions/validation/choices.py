"""The rules of a Choice state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.choice import OPERATORS, timestamp
from mlfn_localstack.services.stepfunctions.asl.jsonata import check_syntax, expression_in
from mlfn_localstack.services.stepfunctions.validation.paths import is_path

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.validation.scope import Inspection

_GROUPS = ("And", "Or")


def check_choices(inspection: Inspection, state: dict[str, Any], place: str, *, jsonata: bool) -> None:
    """What is wrong with a Choice state's rules."""
    rules = state.get("Choices")
    if rules is None:
        return
    if not isinstance(rules, list) or not rules:
        inspection.report("The value for the field 'Choices' must be a non-empty array", f"{place}/Choices")
        return
    for index, rule in enumerate(rules):
        where = f"{place}/Choices[{index}]"
        if not isinstance(rule, dict):
            inspection.report("Expected value of type Object", where)
            continue
        if "Next" not in rule:
            inspection.report("These fields are required: [Next]", where)
        if jsonata:
            _check_condition(inspection, rule, where)
        else:
            _check_rule(inspection, rule, where, top=True)


def _check_condition(inspection: Inspection, rule: dict[str, Any], place: str) -> None:
    if "Condition" not in rule:
        inspection.report("These fields are required: [Condition]", place)
    for name in rule.keys() - {"Condition", "Next", "Assign", "Output", "Comment"}:
        inspection.report(f"Field '{name}' is not supported", place)
    condition = rule.get("Condition", True)
    expression = expression_in(condition)
    if expression is None and not isinstance(condition, bool):
        inspection.report("Value is not a JSONata expression or Boolean", f"{place}/Condition")
    if expression is not None and (problem := check_syntax(expression)) is not None:
        inspection.report(f"Invalid JSONata expression: {problem}", f"{place}/Condition")


def _check_rule(inspection: Inspection, rule: dict[str, Any], place: str, *, top: bool) -> None:
    known = {"Comment", "Variable", *OPERATORS, "And", "Or", "Not"} | ({"Next", "Assign"} if top else set())
    for name in rule.keys() - known:
        inspection.report(f"Field '{name}' is not supported", place)
    operators = [name for name in rule if name in OPERATORS or name in {"And", "Or", "Not"}]
    if len(operators) != 1:
        inspection.report("A choice rule must have exactly one comparison operator", place)
        return
    operator = operators[0]
    if operator in _GROUPS:
        _check_group(inspection, rule[operator], f"{place}/{operator}")
    elif operator == "Not":
        _check_inner(inspection, rule["Not"], f"{place}/Not")
    else:
        _check_comparison(inspection, rule, operator, place)


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


def _check_comparison(inspection: Inspection, rule: dict[str, Any], operator: str, place: str) -> None:
    if "Variable" not in rule:
        inspection.report("These fields are required: [Variable]", place)
    elif not is_path(rule["Variable"]):
        inspection.report("Value is not a valid JSONPath", f"{place}/Variable")
    expected = _expected(operator, rule[operator])
    if expected is not None:
        inspection.report(f"Expected value of type {expected}", f"{place}/{operator}")


def _expected(operator: str, value: Any) -> str | None:
    """The type that an operator's value should have had, or None if it has it."""
    if operator.endswith("Path"):
        return None if is_path(value) else "JSONPath"
    if operator.startswith("Is") or operator == "BooleanEquals":
        return None if isinstance(value, bool) else "Boolean"
    if operator.startswith("String"):
        return None if isinstance(value, str) else "String"
    if operator.startswith("Timestamp"):
        return None if timestamp(value) is not None else "Timestamp"
    return None if isinstance(value, int | float) and not isinstance(value, bool) else "Number"
