"""Metric math: arithmetic, comparisons and functions over series.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import math
import operator
import re
from typing import TYPE_CHECKING

from mlfn_localstack.services.cloudwatch import errors
from mlfn_localstack.services.cloudwatch.functions import Functions, UnknownFunctionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlfn_localstack.services.cloudwatch.functions import Value
    from mlfn_localstack.services.cloudwatch.statistics import Points

_TOKEN = re.compile(
    r"\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|(<=|>=|==|!=|&&|\|\||[-+*/^(),<>])|\"([^\"]*)\")"
)
_MAX_DEPTH = 50
_OPERATORS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "^": operator.pow,
    "<": lambda a, b: float(a < b),
    ">": lambda a, b: float(a > b),
    "<=": lambda a, b: float(a <= b),
    ">=": lambda a, b: float(a >= b),
    "==": lambda a, b: float(a == b),
    "!=": lambda a, b: float(a != b),
    "&&": lambda a, b: float(bool(a) and bool(b)),
    "||": lambda a, b: float(bool(a) or bool(b)),
    "/": operator.truediv,
}
_PRECEDENCE = (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/"), ("^",))


def evaluate(text: str, series: Mapping[str, Points], period: int, times: list[float]) -> float | Points:
    """What an expression gives; `series` by id, `times` every period's start, in order.

    Raises:
        ServiceError: ValidationError: the expression is none, or names what is not there.
    """
    value = _Parser(text, series, period, times).parse()
    if isinstance(value, list):
        raise errors.validation(f"Error in expression '{text}': the result must be one time series")
    return value


class _Parser:
    """Evaluates while it reads."""

    def __init__(self, text: str, series: Mapping[str, Points], period: int, times: list[float]) -> None:
        self._text = text
        self._series = series
        self._functions = Functions(series, period, times)
        self._tokens = _tokens(text)
        self._position = 0
        self._depth = 0

    def parse(self) -> Value:
        value = self._binary(0)
        if self._position != len(self._tokens):
            raise self._error(f"unexpected {self._tokens[self._position]!r}")
        return value

    def _binary(self, level: int) -> Value:
        if level == len(_PRECEDENCE):
            return self._unary()
        left = self._binary(level + 1)
        while self._peek() in _PRECEDENCE[level]:
            name = self._next()
            left = self._apply(name, left, self._binary(level + 1))
        return left

    def _unary(self) -> Value:
        negative = False
        while self._peek() == "-":
            self._next()
            negative = not negative
        value = self._primary()
        return self._apply("*", -1.0, value) if negative else value

    def _primary(self) -> Value:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._error("it nests too deeply")
        token = self._next()
        value: Value
        if token.startswith("("):
            value = self._binary(0)
            self._expect(")")
        elif token[:1].isdigit():
            value = float(token)
        elif self._peek() == "(" and token.isidentifier():
            value = self._call(token)
        elif token in self._series:
            value = self._series[token]
        else:
            raise self._error(f"{token!r} is not the id of a metric")
        self._depth -= 1
        return value

    def _call(self, name: str) -> Value:
        self._expect("(")
        arguments: list[Value] = []
        while self._peek() != ")":
            if name == "FILL" and self._peek() == "REPEAT":
                arguments.append(math.nan)
                self._next()
            else:
                arguments.append(self._binary(0))
            if self._peek() == ",":
                self._next()
        self._expect(")")
        try:
            return self._functions.call(name, arguments)
        except UnknownFunctionError as error:
            raise self._error(str(error)) from error

    def _apply(self, name: str, left: Value, right: Value) -> Value:
        function = _OPERATORS[name]
        match left, right:
            case float(), float():
                value = _safe(function, left, right)
                return math.nan if value is None else value
            case dict(), float():
                return _kept({at: _safe(function, value, right) for at, value in left.items()})
            case float(), dict():
                return _kept({at: _safe(function, left, value) for at, value in right.items()})
            case dict(), dict():
                shared = (at for at in left if at in right)
                return _kept({at: _safe(function, left[at], right[at]) for at in shared})
        raise self._error(f"{name} does not take arrays of time series")

    def _peek(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise self._error("it ends too early")
        self._position += 1
        return token

    def _expect(self, token: str) -> None:
        if self._next() != token:
            raise self._error(f"{token!r} is missing")

    def _error(self, reason: str) -> Exception:
        return errors.validation(f"Error in expression '{self._text}': {reason}")


def _tokens(text: str) -> list[str]:
    tokens, position, stripped = [], 0, text.rstrip()
    while position < len(stripped):
        match = _TOKEN.match(stripped, position)
        if match is None:
            raise errors.validation(f"Error in expression '{text}': unexpected {stripped[position]!r}")
        tokens.append(next(group for group in match.groups() if group is not None))
        position = match.end()
    return tokens


def _safe(function: Callable[[float, float], float], left: float, right: float) -> float | None:
    try:
        value = function(left, right)
    except (ZeroDivisionError, OverflowError):
        return None
    return value if isinstance(value, (int, float)) and math.isfinite(value) else None


def _kept(values: Mapping[float, float | None]) -> Points:
    return {moment: value for moment, value in values.items() if value is not None}
