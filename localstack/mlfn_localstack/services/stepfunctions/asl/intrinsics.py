"""Intrinsic functions in JSONPath templates: `States.Format('{}', $.name)` parsed and evaluated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, assert_never

from mlfn_localstack.services.stepfunctions.asl.failure import ErrorName, PathError, StateError
from mlfn_localstack.services.stepfunctions.asl.intrinsic_functions import FUNCTIONS, IntrinsicError, map_text

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME = re.compile(r"States\.[A-Za-z0-9]+")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?=\s*[,)])")
_WORD = re.compile(r"(true|false|null)(?=\s*[,)])")
_WORDS = {"true": True, "false": False, "null": None}
_MAX_NESTING = 10
_CONTEXT_DATA = ("$$.Execution.Input", "$$.Map.Item.Value")


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, number, boolean or null."""

    value: Any


@dataclass(frozen=True, slots=True)
class PathArgument:
    """A path, to be read when the call is evaluated."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    name: str
    arguments: tuple[Literal | PathArgument | Call, ...]


def is_intrinsic(text: str) -> bool:
    """Whether a template's value calls a function instead of naming a path."""
    return text.startswith("States.")


@lru_cache(maxsize=2048)
def compile_intrinsic(text: str) -> Call:
    """The call that `text` describes.

    Raises:
        ValueError: it is not an intrinsic function call.
    """
    call, position = _call(text, 0, 1)
    if text[position:].strip():
        raise ValueError(f"unexpected {text[position:]!r}")
    return call


def evaluate_intrinsic(text: str, read: Callable[[str], Any], input_text: Callable[[], str]) -> Any:
    """The value of an intrinsic call, its paths read with `read`.

    Raises:
        StateError: a path names nothing (States.Runtime), or the function refuses its arguments.
    """
    try:
        return _evaluate(compile_intrinsic(text), read)
    except PathError as error:
        reason = (
            f"The JsonPath argument for the field '{error.reason}' could not be found in the input '{input_text()}'"
        )
        cause = f"The function '{text}' had the following error: {reason}"
        raise StateError(ErrorName.RUNTIME, cause, internal=True) from error
    except IntrinsicError as error:
        cause = f"The function '{text}' had the following error: {error}"
        raise StateError(ErrorName.INTRINSIC, cause, internal=True) from error


def _evaluate(argument: Literal | PathArgument | Call, read: Callable[[str], Any]) -> Any:
    match argument:
        case Literal(value):
            return value
        case PathArgument(text):
            try:
                return read(text)
            except PathError as error:
                raise PathError(text if error.context is None else text[1:]) from error
        case Call(name, arguments):
            return FUNCTIONS[name](*(_given(inner, name, read) for inner in arguments))
        case _:
            assert_never(argument)


def _given(argument: Literal | PathArgument | Call, function: str, read: Callable[[str], Any]) -> Any:
    value = _evaluate(argument, read)
    if function == "States.Format" and isinstance(argument, PathArgument) and argument.text.startswith("$$."):
        data = argument.text.startswith(_CONTEXT_DATA)
        return value if data else map_text(value)  # the context object is a java.util.Map, which shows in its text
    return value


def _call(text: str, position: int, depth: int) -> tuple[Call, int]:
    match = _NAME.match(text, position)
    if match is None or match.group() not in FUNCTIONS:
        raise ValueError(f"unknown function at {position}")
    if depth > _MAX_NESTING:
        raise ValueError(f"more than {_MAX_NESTING} nested functions")
    position = _expect(text, match.end(), "(")
    arguments: list[Literal | PathArgument | Call] = []
    while not text.startswith(")", position):
        argument, position = _argument(text, position, depth)
        arguments.append(argument)
        position = _space(text, position)
        if text.startswith(",", position):
            position = _space(text, position + 1)
        elif not text.startswith(")", position):
            raise ValueError(f"expected ',' or ')' at {position}")
    return Call(match.group(), tuple(arguments)), position + 1


def _argument(text: str, position: int, depth: int) -> tuple[Literal | PathArgument | Call, int]:
    if text.startswith("'", position):
        return _string(text, position)
    if text.startswith("$", position):
        return _path(text, position)
    if text.startswith("States.", position):
        return _call(text, position, depth + 1)
    if match := _WORD.match(text, position):
        return Literal(_WORDS[match.group()]), match.end()
    if match := _NUMBER.match(text, position):
        raw = match.group()
        return Literal(float(raw) if re.search(r"[.eE]", raw) else int(raw)), match.end()
    raise ValueError(f"unexpected argument at {position}")


def _string(text: str, position: int) -> tuple[Literal, int]:
    match = re.compile(r"'((?:[^'\\]|\\.)*)'").match(text, position)
    if match is None:
        raise ValueError(f"unterminated string at {position}")
    # \{ and \} stay escaped for States.Format, which alone gives braces a meaning
    return Literal(re.sub(r"\\(['\\])", r"\1", match.group(1))), match.end()


def _path(text: str, position: int) -> tuple[PathArgument, int]:
    depth, quote, index = 0, "", position
    while index < len(text):
        character = text[index]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"" and depth:
            quote = character
        elif character in "[(":
            depth += 1
        elif character in "])" and depth:
            depth -= 1
        elif not depth and character in ",) ":
            break
        index += 1
    return PathArgument(text[position:index]), index


def _space(text: str, position: int) -> int:
    while text.startswith(" ", position):
        position += 1
    return position


def _expect(text: str, position: int, symbol: str) -> int:
    position = _space(text, position)
    if not text.startswith(symbol, position):
        raise ValueError(f"expected {symbol!r} at {position}")
    return _space(text, position + 1)
