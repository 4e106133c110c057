"""The library's evaluator with JavaScript's arithmetic: fractions have remainders, and dividing by zero is no error."""

from __future__ import annotations

import math
import operator
from typing import Any, Final

from jsonata.jexception import JException
from jsonata.jsonata import Jsonata
from jsonata.utils import Utils

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


class Evaluator(Jsonata):  # type: ignore[misc]  # the library has no types
    """One compiled expression."""

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
