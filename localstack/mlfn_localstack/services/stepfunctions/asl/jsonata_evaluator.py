"""The library's evaluator with JavaScript's arithmetic and signatures: fractions have remainders, null has no type."""

from __future__ import annotations

import copy
import math
import operator
import re
from functools import cache
from typing import Any, Final, NoReturn

from jsonata.jexception import JException
from jsonata.jsonata import Jsonata
from jsonata.signature import Signature
from jsonata.utils import Utils

from mlfn_localstack.services.stepfunctions.asl.jsonata_functions import bindings
from mlfn_localstack.services.stepfunctions.asl.jsonata_text import text_of

_WHOLE = 2**63


def _divide(left: float, right: float) -> float:
    if right:
        return left / right
    return math.copysign(math.inf, left) * math.copysign(1.0, right) if left else math.nan


def _remainder(left: float, right: float) -> float:
    return math.fmod(left, right) if right else math.nan


_OPERATORS: Final = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "%": _remainder,
}


_SYMBOLS: Final = ((str, "s"), (bool, "b"), ((int, float), "n"), (list, "a"), (dict, "o"))


class _Signature(Signature):  # type: ignore[misc]  # the library has no types
    """A function's signature, which null does not match where it names a type."""

    def get_symbol(self, value: Any) -> str:
        """The letter for a value's type."""
        if value is None:
            return "m"
        if value is Utils.NULL_VALUE:
            return "l"
        return next((symbol for kinds, symbol in _SYMBOLS if isinstance(value, kinds)), "f")

    def throw_validation_error(self, bad_args: Any, bad_sig: str, function_name: str) -> NoReturn:
        """Name the first argument that does not match.

        Raises:
            JException: T0410.
        """
        pattern, matched = "", 0
        for param in self._params:
            pattern += param.regex
            match = re.match(pattern, bad_sig)
            if match is None:
                break
            matched = match.end()
        raise JException("T0410", -1, matched + 1, function_name)


@cache
def _built_in() -> Any:
    """The frame of all functions, with signatures of ours."""
    frame = Jsonata.Frame(None)
    for name, function in {**Jsonata.static_frame.bindings, **bindings()}.items():
        own = copy.copy(function)
        if getattr(own, "signature", None) is not None:
            own.signature = copy.copy(own.signature)
            own.signature.__class__ = _Signature
        frame.bind(name, own)
    return frame


class Evaluator(Jsonata):  # type: ignore[misc]  # the library has no types
    """One compiled expression."""

    def __init__(self, expression: str) -> None:
        super().__init__(expression)
        self.environment = self.create_frame(_built_in())

    def evaluate_numeric_expression(self, lhs: Any, rhs: Any, op: str) -> Any:
        """The number that an operator makes of two.

        Raises:
            JException: one of them is no number, or not a finite one.
        """
        if lhs is not None and not Utils.is_numeric(lhs):
            raise JException("T2001", -1, op, lhs)
        if rhs is not None and not Utils.is_numeric(rhs):
            raise JException("T2002", -1, op, rhs)
        if lhs is None or rhs is None:
            return None
        result: float = _OPERATORS[op](float(lhs), float(rhs))
        return int(result) if result.is_integer() and abs(result) < _WHOLE else result

    def evaluate_literal(self, expr: Any) -> Any:
        """A literal's value; numbers beyond 64 bits are doubles, as all others of their size are."""
        value = super().evaluate_literal(expr)
        return float(value) if isinstance(value, int) and abs(value) >= _WHOLE else value

    def evaluate_string_concat(self, lhs: Any, rhs: Any) -> str:
        """Two values' texts, one behind the other."""
        return (text_of(lhs) or "") + (text_of(rhs) or "")
