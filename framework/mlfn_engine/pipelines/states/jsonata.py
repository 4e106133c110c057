"""Values as JSONata expressions and as JSON with expressions in it; no text of a user's is ever evaluated."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, assert_never

from mlfn_engine.pipelines.graph import (
    Comparison,
    Constant,
    Field,
    ListOf,
    Logic,
    Negation,
    ObjectOf,
    Value,
    Variable,
    records_of,
)
from mlfn_engine.pipelines.reading.lists import flattens
from mlfn_engine.pipelines.types import may_be_string

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ONE_LINE = re.compile("[^\n\r\u2028\u2029]+")
_KEYWORDS = frozenset({"and", "or", "in", "true", "false", "null", "function"})
_EVALUATED = ("{%", "%}", "${", "{{")
_ESCAPED = str.maketrans({character: f"\\u{ord(character):04x}" for character in "{}%$"})


def wrapped(expression: str) -> str:
    """An expression as a state's field holds it."""
    return f"{{% {expression} %}}"


def expression(value: Value) -> str:  # noqa: C901 - a line for each kind of value
    """A value as a JSONata expression."""
    match value:
        case Constant(json=data):
            return literal(data)
        case Variable(name=name):
            return name if name.startswith("$") else f"${name}"
        case Field():
            return _field(value)
        case ListOf(items=items):
            return f"[{', '.join(expression(each) for each in items)}]"
        case ObjectOf(entries=entries):
            return _object((key, expression(each)) for key, each in entries)
        case Comparison(operator=operator, left=left, right=right):
            return f"{_operand(left)} {operator} {_operand(right)}"
        case Logic(operator=operator, conditions=conditions):
            return f" {operator} ".join(_operand(each) for each in conditions)
        case Negation(condition=condition):
            return f"$not({expression(condition)})"
    assert_never(value)


def template(value: Value) -> Any:
    """A value as JSON for a state's field: lists and objects as they are, expressions in their leaves."""
    match value:
        case Constant(json=data) if _is_plain(data):
            return data
        case ListOf(items=items):
            return [_inside_list(each) for each in items]
        case ObjectOf(entries=entries):
            return {key: template(each) for key, each in entries}
    return wrapped(expression(value))


def _is_plain(data: Any) -> bool:
    """JSON that nobody takes for anything else; validators want texts of one line, and no lists in lists."""
    match data:
        case str():
            return _ONE_LINE.fullmatch(data) is not None and not any(mark in data for mark in _EVALUATED)
        case list():
            return all(_is_plain(each) and not isinstance(each, list) for each in data)
        case dict():
            return all(_is_plain(key) and _is_plain(each) for key, each in data.items())
    return True


def _inside_list(value: Value) -> Any:
    return output(value) if isinstance(value, ListOf) and not flattens(value) else template(value)


def output(value: Value) -> Any:
    """A value as a state's output: an object as it is, anything else as an expression, as validators want it."""
    return template(value) if isinstance(value, ObjectOf) else wrapped(expression(value))


def json_text(value: Value) -> str:
    """An expression for the JSON text of a value; `$string` alone leaves strings without their quotes."""
    if not may_be_string(value.type):
        return f"$string({expression(value)})"
    text = f'$string({{"value": {expression(value)}}})'
    return f"($json := {text}; $substring($json, 9, $length($json) - 10))"


def json_text_of_object(entries: Iterable[tuple[str, Value]]) -> str:
    """An expression for the JSON text of an object with these values."""
    return f"$string({_object((key, expression(each)) for key, each in entries)})"


def records(values: Iterable[Value]) -> str:
    """An expression for the list of record ids that values stem from (`[…]` flattens lists of them)."""
    names = dict.fromkeys(name for value in values for name in records_of(value))
    return f"[{', '.join(f'${name}' for name in names)}]"


def literal(data: Any) -> str:
    """JSON data as a JSONata literal, without any character that Step Functions or CloudFormation looks for."""
    match data:
        case str():
            return json.dumps(data, ensure_ascii=False).translate(_ESCAPED)
        case list():
            return f"[{', '.join(literal(each) for each in data)}]"
        case dict():
            return _object((key, literal(each)) for key, each in data.items())
    return json.dumps(data, allow_nan=False)


def _object(entries: Iterable[tuple[str, str]]) -> str:
    inside = ", ".join(f"{literal(key)}: {text}" for key, text in entries)
    return f"{{{inside}}}"


def _field(value: Field) -> str:
    key = value.key if _PLAIN_KEY.fullmatch(value.key) and value.key not in _KEYWORDS else f"`{value.key}`"
    path = f"{_operand(value.of)}.{key}"
    return path if value.default is None else f"($exists({path}) ? {path} : {literal(value.default.json)})"


def _operand(value: Value) -> str:
    text = expression(value)
    return f"({text})" if isinstance(value, (Comparison, Logic)) else text
