"""The rules of a Choice state in both query languages.

https://states-language.net/#choice-state
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.failure import PathError, runtime_failure
from mlfn_localstack.services.stepfunctions.asl.flow_jsonata import JsonataFlow
from mlfn_localstack.services.stepfunctions.asl.jsonata import expression_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_localstack.services.stepfunctions.asl.flow import Definition
    from mlfn_localstack.services.stepfunctions.asl.flow_jsonpath import JsonPathFlow

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


def timestamp(value: Any) -> datetime | None:
    """The moment that an RFC 3339 timestamp (upper-case T and Z) names, or None if it is none."""
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        return None
    text = re.sub(r"(\.\d{6})\d+", r"\1", value)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


_KINDS: dict[str, Callable[[Any], Any]] = {"String": _string, "Numeric": _number, "Timestamp": timestamp}
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda left, right: left == right,
    "LessThan": lambda left, right: left < right,
    "LessThanEquals": lambda left, right: left <= right,
    "GreaterThan": lambda left, right: left > right,
    "GreaterThanEquals": lambda left, right: left >= right,
}
_TESTS: dict[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsNumeric": lambda value: _number(value) is not None,
    "IsString": lambda value: isinstance(value, str),
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": lambda value: timestamp(value) is not None,
}
OPERATORS = frozenset(
    {f"{kind}{order}" for kind in _KINDS for order in _ORDERS}
    | {f"{kind}{order}Path" for kind in _KINDS for order in _ORDERS}
    | {"BooleanEquals", "BooleanEqualsPath", "StringMatches", "IsPresent", *_TESTS}
)


@lru_cache(maxsize=512)
def _glob(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\\.|\*)", pattern)
    return re.compile(
        "".join(
            ".*" if part == "*" else re.escape(part[1:] if part[:1] == "\\" and len(part) == 2 else part)
            for part in parts
        ),
        re.DOTALL,
    )


def choose(state: Definition, flow: JsonPathFlow | JsonataFlow) -> tuple[str, Definition]:
    """The name of the next state, and what may assign and output: the matching rule, or the state itself.

    Raises:
        StateError: no rule matches and there is no Default, or a rule cannot be evaluated.
    """
    for index, rule in enumerate(state["Choices"]):
        if isinstance(flow, JsonataFlow):
            matches = _condition(rule["Condition"], flow, f"Choices[{index}]/Condition")
        else:
            matches = _holds(rule, flow, flow.effective_input(state).value)
        if matches:
            return rule["Next"], rule
    if "Default" not in state:
        raise runtime_failure("Failed to transition out of the state. The state does not point to a next state.")
    return state["Default"], state


def _condition(condition: Any, flow: JsonataFlow, location: str) -> bool:
    expression = expression_in(condition)
    return flow.condition(expression, location) if expression is not None else condition is True


def _holds(rule: Definition, flow: JsonPathFlow, data: Any) -> bool:
    if "And" in rule:
        return all(_holds(inner, flow, data) for inner in rule["And"])
    if "Or" in rule:
        return any(_holds(inner, flow, data) for inner in rule["Or"])
    if "Not" in rule:
        return not _holds(rule["Not"], flow, data)
    operator = next(name for name in rule if name in OPERATORS)
    if operator == "IsPresent":
        return _present(rule["Variable"], flow, data) is rule[operator]
    value = _variable(rule["Variable"], flow, data)
    if operator in _TESTS:
        return _TESTS[operator](value) is rule[operator]
    return _compares(operator, value, rule[operator], flow, data)


def _compares(operator: str, value: Any, expected: Any, flow: JsonPathFlow, data: Any) -> bool:
    if operator.endswith("Path"):
        operator, expected = operator[:-4], _variable(expected, flow, data)
    if operator == "StringMatches":
        return isinstance(value, str) and _glob(expected).fullmatch(value) is not None
    if operator == "BooleanEquals":
        return isinstance(value, bool) and value is expected
    kind = next(name for name in _KINDS if operator.startswith(name))
    left, right = _KINDS[kind](value), _KINDS[kind](expected)
    return left is not None and right is not None and _ORDERS[operator[len(kind) :]](left, right)


def _present(path: str, flow: JsonPathFlow, data: Any) -> bool:
    try:
        found = flow.read(path, data)
    except PathError:
        return False
    return found != [] or "[?" not in path


def _variable(path: str, flow: JsonPathFlow, data: Any) -> Any:
    try:
        return flow.read(path, data)
    except PathError as error:
        raise runtime_failure(
            f"Invalid path '{path}': The choice state's condition path references an invalid value."
        ) from error
