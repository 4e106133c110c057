"""Expected, QueryFilter, ScanFilter and KeyConditions as conditions."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb.errors import constraint, invalid, validation
from mlfn_localstack.services.dynamodb.expressions.checks import sortable
from mlfn_localstack.services.dynamodb.expressions.syntax import (
    And,
    Call,
    Comparison,
    Condition,
    Literal,
    Not,
    Or,
    Path,
)
from mlfn_localstack.services.dynamodb.values import check_value, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlfn_localstack.services.dynamodb.values import Value

_SORTED = ("S", "N", "B")
_COMPARATORS = {"EQ": "=", "NE": "<>", "LE": "<=", "LT": "<", "GE": ">=", "GT": ">"}
_NOT_INDEXABLE = ("NULL", "NOT_NULL", "NE", "CONTAINS", "NOT_CONTAINS", "IN")
_ARITIES = {
    **dict.fromkeys((*_COMPARATORS, "CONTAINS", "NOT_CONTAINS", "BEGINS_WITH"), (1, 1)),
    "IN": (1, 100),
    "BETWEEN": (2, 2),
    "NULL": (0, 0),
    "NOT_NULL": (0, 0),
}
_KINDS = {
    **dict.fromkeys(("LE", "LT", "GE", "GT", "IN", "BETWEEN"), _SORTED),
    **dict.fromkeys(("CONTAINS", "NOT_CONTAINS"), (*_SORTED, "BOOL", "NULL")),
    "BEGINS_WITH": ("S", "B"),
}
_OPERATORS = (
    "IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS"  # in the service's order
)


def expected(entries: Mapping[str, Any], operator: str | None) -> Condition | None:
    """What a write expects of the item that is there."""
    return _joined([_expectation(name, entry) for name, entry in entries.items()], operator)


def filtered(parameter: str, entries: Mapping[str, Any], operator: str | None) -> Condition | None:
    """Which items a filter lets through."""
    return _joined([_tested(parameter, name, entry) for name, entry in entries.items()], operator)


def key_conditions(entries: Mapping[str, Any]) -> Condition:
    """What a query asks of the keys."""
    if not 1 <= len(entries) <= 2:
        raise validation("Conditions can be of length 1 or 2 only")
    terms = [_tested("keyConditions", name, entry) for name, entry in entries.items()]
    if any(entry["ComparisonOperator"] in _NOT_INDEXABLE for entry in entries.values()):
        raise validation("Attempted conditional constraint is not an indexable operation")
    return reduce(And, terms)


def _joined(terms: Sequence[Condition], operator: str | None) -> Condition | None:
    if operator is not None and len(terms) == 1:
        raise validation("ConditionalOperator can only be used when Filter or Expected has two or more elements")
    join = Or if operator == "OR" else And
    return reduce(join, terms) if terms else None


def _expectation(name: str, entry: Mapping[str, Any]) -> Condition:
    given = {member: value for member, value in entry.items() if value is not None}
    _check_members(name, given)
    if "ComparisonOperator" in given:
        values = given.get("AttributeValueList", [given["Value"]] if "Value" in given else [])
        return _test("expected", name, given["ComparisonOperator"], values)
    path = Path((name,))
    if "Value" in given:
        return Comparison("=", (path, _literal(given["Value"])))
    return Call("attribute_not_exists", (path,))


def _check_members(name: str, given: Mapping[str, Any]) -> None:
    problem = _comparison_problem(given) if "ComparisonOperator" in given else _existence_problem(given)
    if {"Value", "AttributeValueList"} <= given.keys():
        problem = "Value and AttributeValueList cannot be used together"
    if problem:
        raise invalid(f"{problem} for Attribute: {name}")


def _comparison_problem(given: Mapping[str, Any]) -> str | None:
    if "Exists" in given:
        return "Exists and ComparisonOperator cannot be used together"
    operator = given["ComparisonOperator"]
    if operator not in ("NULL", "NOT_NULL") and not {"Value", "AttributeValueList"} & given.keys():
        return f"Value or AttributeValueList must be used with ComparisonOperator: {operator}"
    return None


def _existence_problem(given: Mapping[str, Any]) -> str | None:
    if "AttributeValueList" in given:
        return "AttributeValueList can only be used with a ComparisonOperator"
    exists = given.get("Exists")
    if exists is False and "Value" in given:
        return "Value cannot be used when Exists is false"
    if exists is not False and "Value" not in given:
        return f"Value must be provided when Exists is {'null' if exists is None else 'true'}"
    return None


def _tested(parameter: str, name: str, entry: Mapping[str, Any]) -> Condition:
    return _test(parameter, name, entry.get("ComparisonOperator"), entry.get("AttributeValueList") or ())


def _test(parameter: str, name: str, operator: Any, given: Iterable[Any]) -> Condition:
    if operator not in _ARITIES:
        shown = "null" if operator is None else f"'{operator}'"
        rule = "Member must not be null" if operator is None else f"Member must satisfy enum value set: [{_OPERATORS}]"
        raise constraint(shown, f"{parameter}.{name}.member.comparisonOperator", rule)
    values = [check_value(value)[0] for value in given]
    _check_values(operator, values)
    return _condition(Path((name,)), operator, tuple(map(Literal, values)))


def _check_values(operator: str, values: Sequence[Value]) -> None:
    least, most = _ARITIES[operator]
    if not least <= len(values) <= most:
        raise invalid(f"Invalid number of argument(s) for the {operator} ComparisonOperator")
    kinds = [kind_of(value) for value in values]
    if len(set(kinds)) > 1:
        raise invalid("AttributeValues inside AttributeValueList must be of same type")
    if kinds and kinds[0] not in _KINDS.get(operator, kinds):
        raise invalid(f"ComparisonOperator {operator} is not valid for {kinds[0]} AttributeValue type")
    if operator == "BETWEEN" and sortable(values[0]) > sortable(values[1]):
        what = "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
        raise validation(what)


def _condition(path: Path, operator: str, values: tuple[Literal, ...]) -> Condition:
    match operator:
        case "NULL":
            return Call("attribute_not_exists", (path,))
        case "NOT_NULL":
            return Call("attribute_exists", (path,))
        case "NOT_CONTAINS":  # which an attribute that is not there does not satisfy
            return And(Call("attribute_exists", (path,)), Not(Call("contains", (path, *values))))
        case "CONTAINS" | "BEGINS_WITH":
            return Call(operator.lower(), (path, *values))
        case _:
            return Comparison(_COMPARATORS.get(operator, operator), (path, *values))


def _literal(value: Any) -> Literal:
    return Literal(check_value(value)[0])
