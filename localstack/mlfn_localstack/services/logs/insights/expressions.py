"""Expressions: read into functions of a row."""

from __future__ import annotations

import math
import operator
import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.logs.insights.aggregates import AGGREGATES, Aggregate, Expression
from mlfn_localstack.services.logs.insights.functions import FUNCTIONS, floor_to
from mlfn_localstack.services.logs.insights.rows import Row, Value, number, shown
from mlfn_localstack.services.logs.insights.tokens import Kind, QueryError, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_DEEPEST = 40
"""Parentheses in parentheses, or calls in calls."""
_MOST_PARTS = 200
"""Of an expression, each of which may lie within the one before."""
_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_REPEATED_GROUP = re.compile(r"(?<!\\)\)[*+{]")
_DURATION = re.compile(r"(\d+)(\D+)")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SUMS: Mapping[str, Callable[[float, float], float]] = {"+": operator.add, "-": operator.sub}
_PRODUCTS: Mapping[str, Callable[[float, float], float]] = {
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
}
_ROUNDED = ("bin", "datefloor", "dateceil")


class Expressions:
    """Reads expressions; those of `stats` leave their aggregations in `aggregates`, to be filled in later."""

    def __init__(self, tokens: Tokens, *, with_aggregates: bool = False) -> None:
        self._tokens = tokens
        self._with_aggregates = with_aggregates
        self._depth = 0
        self._parts = 0
        self.aggregates: list[Aggregate] = []

    def read(self) -> Expression:
        """One expression.

        Raises:
            QueryError: what comes next is none.
        """
        self._depth += 1
        if self._depth > _DEEPEST:
            at = self._tokens.peek().start
            raise QueryError(f"expressions are nested more than {_DEEPEST} deep", at, at)
        found = self._either()
        self._depth -= 1
        return found

    def _either(self) -> Expression:
        left = self._both()
        while self._tokens.take("or"):
            left = _joined(left, self._both(), any)
        return left

    def _both(self) -> Expression:
        left = self._negated()
        while self._tokens.take("and"):
            left = _joined(left, self._negated(), all)
        return left

    def _negated(self) -> Expression:
        if self._tokens.peek().word == "not":
            self._count()
            self._tokens.next()
            inner = self._negated()
            return lambda row: not inner(row)
        return self._compared()

    def _compared(self) -> Expression:
        left = self._sum()
        word = self._tokens.peek().word
        if word in _COMPARE:
            self._tokens.next()
            return _comparison(_COMPARE[word], left, self._sum())
        if self._tokens.take("not", "like"):
            return _inverted(self._like(left))
        if self._tokens.take("not", "in"):
            return _inverted(self._among(left))
        if self._tokens.take("like") or self._tokens.take("=~"):
            return self._like(left)
        if self._tokens.take("in"):
            return self._among(left)
        return left

    def _like(self, left: Expression) -> Expression:
        pattern = self._tokens.regex()
        if pattern is not None:
            search = compiled(pattern, self._tokens.peek().start).search
            return lambda row: (value := left(row)) is not None and search(shown(value)) is not None
        right = self._sum()
        return lambda row: (value := left(row)) is not None and shown(right(row)) in shown(value)

    def _among(self, left: Expression) -> Expression:
        self._tokens.need("[")
        items = [self._sum()]
        while self._tokens.take(","):
            self._parts -= 1  # it is beside the one before, not within it
            items.append(self._sum())
        self._tokens.need("]")
        tests = [_comparison(operator.eq, left, item) for item in items]
        return lambda row: any(test(row) for test in tests)

    def _sum(self) -> Expression:
        left = self._product()
        while (word := self._tokens.peek().word) in _SUMS:
            self._tokens.next()
            left = _arithmetic(_SUMS[word], left, self._product())
        return left

    def _product(self) -> Expression:
        left = self._power()
        while (word := self._tokens.peek().word) in _PRODUCTS:
            self._tokens.next()
            left = _arithmetic(_PRODUCTS[word], left, self._power())
        return left

    def _power(self) -> Expression:
        left = self._one()
        if self._tokens.take("^"):
            return _arithmetic(operator.pow, left, self._power())
        return left

    def _count(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            at = self._tokens.peek().start
            raise QueryError(f"an expression has more than {_MOST_PARTS} parts", at, at)

    def _one(self) -> Expression:
        self._count()
        token = self._tokens.peek()
        if self._tokens.take("("):
            inner = self.read()
            self._tokens.need(")")
            return inner
        if self._tokens.take("-"):
            return _arithmetic(operator.sub, lambda _: 0.0, self._one())
        match token.kind:
            case Kind.NUMBER:
                value = float(self._tokens.next().text)
                return lambda _: value
            case Kind.TEXT:
                text = self._tokens.next().text
                return lambda _: text
            case Kind.NAME:
                return self._named()
            case _:
                raise self._tokens.unexpected()

    def _named(self) -> Expression:
        token = self._tokens.next()
        if token.is_quoted or not self._tokens.take("("):
            return lambda row: row.get(token.text)
        if token.text in _ROUNDED:
            return self._rounded(token.text)
        if self._with_aggregates and token.text in AGGREGATES:
            return self._aggregate(token.text)
        function = FUNCTIONS.get(token.text)
        if function is None:
            raise QueryError(f"unknown function {token.text}", token.start, token.end)
        arguments = self._arguments()
        if not function.least <= len(arguments) <= function.most:
            raise QueryError(f"wrong number of arguments for {token.text}", token.start, token.end)
        return lambda row: function.call(*(argument(row) for argument in arguments))

    def _rounded(self, name: str) -> Expression:
        moment: Expression = lambda row: row.get("@timestamp")  # noqa: E731 - the default that bin has
        if name != "bin":
            moment = self.read()
            self._tokens.need(",")
        token = self._tokens.next()
        match = _DURATION.fullmatch(token.text) if token.kind is Kind.DURATION else None
        if match is None:
            raise QueryError(f"{name} takes a duration such as 5m", token.start, token.end)
        step = int(match[1]) * _UNITS_MS[match[2]]
        self._tokens.need(")")
        return lambda row: floor_to(moment(row), step, up=name == "dateceil")

    def _aggregate(self, name: str) -> Expression:
        summary, least, most = AGGREGATES[name]
        inner = Expressions(self._tokens)
        start = self._tokens.peek().start
        arguments: list[Expression] = []
        if name == "count" and self._tokens.take("*"):
            self._tokens.need(")")
        else:
            arguments = inner._arguments()
        if not least <= len(arguments) <= most:
            raise QueryError(f"wrong number of arguments for {name}", start, start)
        slot = f"\0{len(self.aggregates)}"
        self.aggregates.append(Aggregate(summary=summary, arguments=tuple(arguments)))
        return lambda row: row.get(slot)

    def _arguments(self) -> list[Expression]:
        if self._tokens.take(")"):
            return []
        found = [self.read()]
        while self._tokens.take(","):
            found.append(self.read())
        self._tokens.need(")")
        return found


def compiled(pattern: str, at: int) -> re.Pattern[str]:
    """A regular expression, its groups named in Java's way or in Python's; repeated groups could run for ever.

    Raises:
        QueryError: it is none, or repeats a group.
    """
    if _REPEATED_GROUP.search(pattern):
        raise QueryError("the emulator has no repeated groups in regular expressions", at, at)
    try:
        return re.compile(re.sub(r"\(\?<(?![=!])", "(?P<", pattern))
    except re.error as error:
        raise QueryError(f"invalid regular expression: {error}", at, at) from error


def _joined(left: Expression, right: Expression, how: Callable[[Any], bool]) -> Expression:
    return lambda row: how(part(row) for part in (left, right))


def _inverted(test: Expression) -> Expression:
    return lambda row: not test(row)


def _comparison(compare: Callable[[Any, Any], bool], left: Expression, right: Expression) -> Expression:
    def test(row: Row) -> Value:
        one, other = left(row), right(row)
        if one is None or other is None:
            return False
        numbers = number(one), number(other)
        if None not in numbers:
            return compare(*numbers)
        return compare(shown(one), shown(other))

    return test


def _arithmetic(compute: Callable[[float, float], float], left: Expression, right: Expression) -> Expression:
    def value(row: Row) -> Value:
        one, other = number(left(row)), number(right(row))
        if one is None or other is None:
            return None
        try:
            found = compute(one, other)
        except (ArithmeticError, ValueError):
            return None
        return found if isinstance(found, float) and math.isfinite(found) else None

    return value
