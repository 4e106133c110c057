"""JSONata expressions by jsonata-python, with Step Functions' numbers, limits, functions and error texts.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import importlib
import json
import math
import re
import time
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from mlfn_localstack.client_regexes import TooSlowError, limited
from mlfn_localstack.services.stepfunctions.asl.failure import StateError, evaluation_failure
from mlfn_localstack.services.stepfunctions.asl.jsonata_values import (
    MAX_ITEMS,
    OUT_OF_MEMORY,
    UNDEFINED,
    UNSUPPORTED,
    from_jsonata,
    is_function,
    to_jsonata,
)
from mlfn_localstack.services.stepfunctions.asl.plain_expressions import Form, plain_form

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CODED = re.compile(r"[A-Z]\d{4}: ")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_TIME_LIMIT_S = 1.0
_ENDLESS = "Expression evaluation timeout: Check for infinite loop"
_DEPTH_LIMIT = 100
"""What AWS accepts: a chain of 100 additions, not of 101."""


class JsonataError(Exception):
    """An expression is malformed or failed; the message is worded as JSONata's reference implementation does."""


class _Guard:
    """Stops an expression that nests too deeply or runs too long (the event loop waits for it)."""

    def __init__(self) -> None:
        self._depth = 0
        self._deadline = time.monotonic() + _TIME_LIMIT_S

    def enter(self, _expression: Any, _input: Any, _environment: Any) -> None:
        self._depth += 1
        if self._depth > _DEPTH_LIMIT:
            raise JsonataError(
                "Stack overflow error: Check for non-terminating recursive function."
                " Consider rewriting as tail-recursive"
            )
        if time.monotonic() > self._deadline:
            raise JsonataError(_ENDLESS)

    def leave(self, _expression: Any, _input: Any, _environment: Any, result: Any) -> None:
        self._depth -= 1
        if isinstance(result, list) and len(result) > MAX_ITEMS:
            raise JsonataError(OUT_OF_MEMORY)


@cache
def _library() -> Any:
    """jsonata-python, imported at the first expression: it costs 40 ms and 6 MB that JSONPath machines need not pay."""
    return importlib.import_module("jsonata.jsonata")


@cache
def _evaluator() -> Any:
    return importlib.import_module("mlfn_localstack.services.stepfunctions.asl.jsonata_evaluator").Evaluator


@cache
def built_in_names() -> frozenset[str]:
    """The names that stand for functions unless an expression binds them itself."""
    functions = importlib.import_module("mlfn_localstack.services.stepfunctions.asl.jsonata_functions")
    return frozenset(_library().Jsonata.static_frame.bindings) | frozenset(functions.bindings())


@lru_cache(maxsize=2048)
def _compiled(expression: str) -> Any:
    compiled = _evaluator()(expression)
    compiled.set_validate_input(False)
    compiled.set_output_convert_nulls(False)
    return compiled


def check_syntax(expression: str) -> str | None:
    """What is wrong with an expression's syntax, or None."""
    try:
        _compiled(expression)
    except Exception as error:
        if getattr(error, "error", None) == "S0102" and (number := _NUMBER.match(expression, error.location)):  # type: ignore[attr-defined]  # the library's
            return f"S0102: Number out of range: {json.dumps(number[0])}"
        return _worded(error)
    return None


_SAME_CONTEXT = frozenset({"apply", "binary", "bind", "block", "condition", "function", "unary"})
"""What looks its parts up where it is looked up itself."""
_PARTS = ("lhs", "rhs", "expression", "expressions", "condition", "then", "_else", "arguments")


def top_references(expression: str) -> list[str]:
    """The names that an expression looks up in the context, of which it has none at its top."""
    return list(dict.fromkeys(_looked_up(_compiled(expression).ast)))


def _looked_up(node: Any) -> Iterator[str]:
    if node.type == "path" and node.steps[0].type == "name":
        yield str(node.steps[0].value)
        return
    for part in node.steps[:1] if node.type == "path" else _parts(node):
        yield from _looked_up(part)


def _parts(node: Any) -> Iterator[Any]:
    if node.type in _SAME_CONTEXT:
        for each in [*(getattr(node, member, None) for member in _PARTS), *(node.lhs_object or ())]:
            yield from each if isinstance(each, list) else [each] * (each is not None)


@lru_cache(maxsize=2048)
def _mentions(expression: str) -> tuple[frozenset[str], frozenset[str] | None]:
    """The variables an expression may read, and the members of `$states` (None: any)."""
    names = frozenset(re.findall(r"\$(\w+)", expression))
    members = re.findall(r"\$states\s*\.\s*(\w+)", expression)
    every = len(members) != len(re.findall(r"\$states\b", expression))
    return names, None if every else frozenset(members)


_ELSEWHERE: Final = object()
"""A path leads through a list, or to one: the library knows what becomes of those."""


class Bindings:
    """The variables that expressions see, each put into the library's form when one first mentions it."""

    def __init__(self, variables: Mapping[str, Any], states: Mapping[str, Any]) -> None:
        self._variables = variables
        self._states = states
        self._converted: dict[str, Any] = {}
        self._frame: dict[str, Any] = {"states": self._converted}

    def plainly(self, expression: str) -> Any:
        """The value of an expression of a plain form, where that needs no library."""
        plain = plain_form(expression)
        if plain is None or plain.function in self._variables:
            return _ELSEWHERE
        found = self._at(plain.steps)
        if plain.form is Form.PATH or found is _ELSEWHERE:
            return found
        if plain.form is Form.TEXT:
            return found if isinstance(found, str) else _ELSEWHERE
        if found is UNDEFINED:
            return [] if plain.form is Form.LISTED else plain.default
        return [found] if plain.form is Form.LISTED else found

    def _at(self, steps: tuple[str, ...]) -> Any:
        """What a path leads to."""
        name, *members = steps
        value: Any = self._states if name == "states" else self._variables.get(name, _ELSEWHERE)
        if name == "states" and not members:
            return _ELSEWHERE
        for member in members:
            if not isinstance(value, dict) and value is not self._states:
                return _ELSEWHERE
            if member not in value:
                return UNDEFINED
            value = value[member]
        if value is _ELSEWHERE or isinstance(value, list):
            return _ELSEWHERE
        return value if isinstance(value, str) else from_jsonata(to_jsonata(value))

    def frame(self, expression: str) -> dict[str, Any]:
        """The library's frame for an expression."""
        names, members = _mentions(expression)
        for name in names & self._variables.keys():
            if name not in self._frame:
                self._frame[name] = to_jsonata(self._variables[name])
        for name in self._states.keys() if members is None else members & self._states.keys():
            if name not in self._converted:
                self._converted[name] = to_jsonata(self._states[name])
        return self._frame


def evaluate(expression: str, bindings: Bindings) -> Any:
    """The value of an expression, or UNDEFINED, or UNSUPPORTED for a function.

    Raises:
        JsonataError: it is malformed or fails.
    """
    if (found := bindings.plainly(expression)) is not _ELSEWHERE:
        return found
    guard = _Guard()
    try:
        frame = bindings.frame(expression)
        frame["__evaluate_entry"], frame["__evaluate_exit"] = guard.enter, guard.leave
        compiled = _compiled(expression)
        _library().Jsonata.CURRENT.jsonata = compiled  # or $now and $millis tell when something was last compiled
        with limited(_TIME_LIMIT_S):  # a regular expression asks no guard
            value = compiled.evaluate(None, frame)
        return UNSUPPORTED if is_function(value) else from_jsonata(value)
    except JsonataError:
        raise
    except TooSlowError as error:
        raise JsonataError(_ENDLESS) from error
    except Exception as error:  # the library lets RecursionError, re.error and the like through
        raise JsonataError(_worded(error)) from error


def evaluate_field(expression: str, bindings: Bindings, location: str) -> Any:
    """The value of the expression that a field holds.

    Raises:
        StateError: States.QueryEvaluationError, if it fails or gives nothing.
    """
    subject = f"The JSONata expression '{expression}' specified for the field '{location}'"
    try:
        value = evaluate(expression, bindings)
    except JsonataError as error:
        separator = "." if _CODED.match(str(error)) else ":"
        raise evaluation_failure(f"{subject} threw an error during evaluation{separator} {error}", location) from error
    if value is UNSUPPORTED:
        raise evaluation_failure(f"{subject} returned an unsupported result type.", location)
    if value is UNDEFINED:
        raise evaluation_failure(f"{subject} returned nothing (undefined).", location)
    return value


def expression_in(value: Any) -> str | None:
    """The expression that a string holds between `{%` and `%}`, or None if it is a plain value."""
    if isinstance(value, str) and value.startswith("{%") and value.endswith("%}"):
        return value[2:-2].strip()
    return None


def wrong_type(expression: str, location: str, expected: str, value: Any) -> StateError:
    """An expression gave a value of another type than its field takes."""
    return evaluation_failure(
        f"The JSONata expression '{expression}' specified for the field '{location}' returned an unexpected"
        f" result type. Expected '{expected}', but was '{type_name(value)}' for value: {_shown(value)}",
        location,
    )


def type_name(value: Any) -> str:
    """JSONata's name for a value's type."""
    if value is None:
        return "null"
    names = {bool: "boolean", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "number")


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_ELEMENTS: Final = {"a": "arrays", "b": "booleans", "f": "functions", "n": "numbers", "o": "objects", "s": "strings"}
"""What the letters of a function's signature call the elements of an array."""


@cache
def _catalogue() -> tuple[dict[str, str], dict[str, str]]:
    """The library's messages by code, and the codes by message, of which it raises some instead."""
    codes: dict[str, str] = importlib.import_module("jsonata.jexception").JException.error_codes
    # the port calls functions "Object"
    templates = {code: text.replace(" Object ", " function ") for code, text in codes.items()}
    return templates, {re.sub(r"\{\{\w+\}\}", "%s", text).replace('"', "'"): code for code, text in templates.items()}


def _worded(error: Exception) -> str:
    code = getattr(error, "error", None)
    templates, codes = _catalogue()
    if code not in templates:
        message = code if isinstance(code, str) else str(error) or type(error).__name__
        known = codes.get(message.replace('"', "'"))
        return message if known is None else f"{known}: {message}"
    arguments = [getattr(error, name, None) for name in ("current", "expected", "extra")]
    if code == "T0412":
        arguments[2] = _ELEMENTS.get(str(arguments[2]), arguments[2])
    if code == "D1002":
        del arguments[0]  # the operator, of which the message says nothing
    return f"{code}: {_filled(templates[code], arguments)}"


def _filled(template: str, arguments: list[Any]) -> str:
    remaining = iter(arguments)

    def fill(match: re.Match[str]) -> str:
        value = next(remaining, None)
        return str(value) if match.group().startswith("{{{") else _in_message(value)

    return re.sub(r"\{\{\{?\w+\}?\}\}", fill, template)


def _in_message(value: Any) -> str:
    """A value as JavaScript's JSON has it."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return "null"
        value = int(value) if value.is_integer() and abs(value) < 1e21 else value
    shown = from_jsonata(value) if isinstance(value, dict | list) else value
    return json.dumps(shown, default=_unshown, ensure_ascii=False, separators=(",", ":"))


def _unshown(value: Any) -> Any:
    return None if from_jsonata(value) is None else {}
