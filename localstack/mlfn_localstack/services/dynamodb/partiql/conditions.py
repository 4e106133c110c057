"""The conditions and operands of a statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.dynamodb.errors import validation
from mlfn_localstack.services.dynamodb.expressions.checks import (
    check_call,
    check_comparison,
    check_name,
    check_operands,
)
from mlfn_localstack.services.dynamodb.expressions.syntax import (
    And,
    Arithmetic,
    Call,
    Comparison,
    Condition,
    Literal,
    Not,
    Operand,
    Or,
    Path,
)
from mlfn_localstack.services.dynamodb.partiql.tokens import Reader, malformed
from mlfn_localstack.services.dynamodb.partiql.values import STARTS, Values

if TYPE_CHECKING:
    from collections.abc import Iterable

_COMPARATORS = ("=", "<>", "<", "<=", ">", ">=")
_SET_FUNCTIONS = ("set_add", "set_delete")
_MAX_NESTING = 60
_MAX_INDEX = 2**31 - 1


class Conditions:
    """A reader of conditions; their values and types are checked as they are read."""

    def __init__(self, reader: Reader, values: Values) -> None:
        self._reader = reader
        self._values = values
        self._depth = 0

    def condition(self) -> Condition:
        """A whole condition."""
        found = self._disjunction()
        if not isinstance(found, Condition):
            raise validation("WHERE clause must contain an expression that resolves to a boolean")
        return found

    def path(self) -> Path:
        """A document path."""
        elements: list[str | int] = [self._reader.expect("name")]
        while self._reader.kind in (".", "["):
            if self._reader.accept("."):
                elements.append(self._reader.expect("name"))
                continue
            self._reader.accept("[")
            elements.append(self._step())
            self._reader.expect("]")
        return Path(tuple(elements))

    def operand(self, *, condition: bool) -> Operand:
        """A path, a value or a function's call."""
        if self._reader.kind in STARTS:
            return self._values.literal()
        if self._reader.kind == "name" and self._reader.following == "(":
            return self.call(condition=condition)
        if self._reader.kind == "MISSING":
            raise validation("MISSING must be compared using IS operator")
        return self.path()

    def call(self, *, condition: bool) -> Call:
        """A function's call."""
        function = self._reader.take().lower()
        if condition or function not in _SET_FUNCTIONS:
            check_name(function, condition=condition)
        self._reader.expect("(")
        operands = [self.operand(condition=condition)]
        while self._reader.accept(","):
            operands.append(self.operand(condition=condition))
        self._reader.expect(")")
        call = Call(function, tuple(operands))
        if condition:
            check_call(call)
        elif function not in _SET_FUNCTIONS:
            check_operands(call)
        elif len(operands) != 2:
            raise malformed("Unexpected token")
        return call

    def sum_after(self, left: Operand) -> Operand:
        """What an operand, perhaps with another one added or taken away, is assigned as."""
        if self._reader.kind in ("+", "-"):
            operator = self._reader.take()
            return Arithmetic(operator, left, self.operand(condition=False))
        return left

    def _step(self) -> str | int:
        if self._reader.kind == "text":
            return self._reader.take()
        text = self._reader.expect("number")
        if not text.isdigit() or int(text) > _MAX_INDEX:
            raise malformed("Unexpected token")
        return int(text)

    def _disjunction(self) -> Condition | Operand:
        left = self._conjunction()
        while self._reader.kind == "OR" and isinstance(left, Condition):
            self._reader.take()
            left = Or(left, _whole(self._conjunction()))
        return left

    def _conjunction(self) -> Condition | Operand:
        left = self._negation()
        while self._reader.kind == "AND" and isinstance(left, Condition):
            self._reader.take()
            left = And(left, _whole(self._negation()))
        return left

    def _negation(self) -> Condition | Operand:
        self._depth += 1
        if self._depth > _MAX_NESTING:
            raise malformed()
        try:
            if self._reader.accept("NOT"):
                return Not(_whole(self._negation()))
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Condition | Operand:
        left = self._group() if self._reader.kind == "(" else self.operand(condition=True)
        if isinstance(left, Condition) and not isinstance(left, Call):
            return left
        if self._reader.kind in _COMPARATORS:
            operator = self._reader.take()
            right = self.operand(condition=True)
            self._refuse_sum()
            return _checked("<>" if operator == "!=" else operator, (left, right))
        return self._other(left)

    def _other(self, left: Operand) -> Condition | Operand:
        """What is no plain comparison."""
        if self._reader.accept("BETWEEN"):
            lower = self.operand(condition=True)
            self._reader.expect("AND")
            return _checked("BETWEEN", (left, lower, self.operand(condition=True)))
        if self._reader.accept("IN"):
            return _checked("IN", (left, *self._candidates()))
        if self._reader.accept("IS"):
            return self._state(left)
        self._refuse_sum()
        return left

    def _refuse_sum(self) -> None:
        if self._reader.kind in ("+", "-"):
            raise validation(f"Unsupported operator in Condition Expression. Operator: {self._reader.kind}")

    def _state(self, left: Operand) -> Condition:
        negated = self._reader.accept("NOT")
        what = self._reader.expect("MISSING", "NULL").upper()
        if not isinstance(left, Path):
            raise malformed("Unexpected token")
        if what == "MISSING":
            return Call("attribute_exists" if negated else "attribute_not_exists", (left,))
        found = Call("attribute_type", (left, Literal({"S": "NULL"})))
        return Not(found) if negated else found

    def _group(self) -> Condition | Operand:
        self._reader.expect("(")
        inner = self._disjunction()
        self._reader.expect(")")
        return inner

    def _candidates(self) -> Iterable[Operand]:
        closing = {"[": "]", "(": ")"}.get(self._reader.kind)
        if closing is None:
            raise malformed("Unexpected token")
        self._reader.take()
        found = [self.operand(condition=True)]
        while self._reader.accept(","):
            found.append(self.operand(condition=True))
        self._reader.expect(closing)
        return found


def _whole(found: Condition | Operand) -> Condition:
    if not isinstance(found, Condition):
        raise malformed("Unexpected token")
    return found


def _checked(operator: str, operands: tuple[Operand, ...]) -> Comparison:
    comparison = Comparison(operator, operands)
    check_comparison(comparison)
    return comparison
