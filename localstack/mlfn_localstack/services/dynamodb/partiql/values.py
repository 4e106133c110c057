"""Literals and parameters in a statement."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.dynamodb import numbers
from mlfn_localstack.services.dynamodb.errors import validation
from mlfn_localstack.services.dynamodb.expressions.syntax import Literal
from mlfn_localstack.services.dynamodb.partiql.tokens import Reader, malformed
from mlfn_localstack.services.dynamodb.values import check_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_localstack.services.dynamodb.values import Value

STARTS = frozenset(("text", "number", "TRUE", "FALSE", "NULL", "[", "{", "<<", "?", "-", "+"))
"""The kinds of tokens that a value can begin with."""
_MAX_SCALE = 2**31 - 1
_MAX_NESTING = 40


class Values:
    """A statement's values, and the parameters for its `?`, each of which is used once."""

    def __init__(self, reader: Reader, parameters: Sequence[Any]) -> None:
        self._reader = reader
        self._parameters = list(parameters)
        self._written: Value | None = None

    def literal(self) -> Literal:
        """The next value as an operand, with its number as it was written."""
        self._written = None
        value = self.value()
        return Literal(value, self._written if "N" in value else None)

    def value(self, place: str = "root", depth: int = 0) -> Value:
        """The next value; `place` is where in a larger one it stands."""
        if depth > _MAX_NESTING:
            raise malformed()
        match self._reader.kind:
            case "[":
                return {"L": self._elements("[", "]", place, depth)}
            case "{":
                return {"M": self._members(place, depth)}
            case "<<":
                return _set(self._elements("<<", ">>", place, depth))
            case "number" | "-" | "+":
                return self._number(place)
            case "?":
                return self._parameter()
            case kind:
                return self._word(kind)

    def _word(self, kind: str) -> Value:
        text = self._reader.expect("text", "TRUE", "FALSE", "NULL")
        if kind == "text":
            return {"S": text}
        return {"NULL": True} if kind == "NULL" else {"BOOL": kind == "TRUE"}

    def _parameter(self) -> Value:
        self._reader.take()
        if not self._parameters:
            raise validation("Number of parameters in request and statement don't match.")
        self._written = self._parameters.pop(0)
        return check_value(self._written)[0]

    def _number(self, place: str) -> Value:
        sign = self._reader.take() if self._reader.kind != "number" else ""
        text = self._reader.expect("number")
        mantissa, _, exponent = text.lower().partition("e")
        scale = len(mantissa.partition(".")[2]) - int(exponent or 0)
        if not -_MAX_SCALE - 1 <= int(exponent or 0) <= _MAX_SCALE or abs(scale) > _MAX_SCALE:
            raise malformed()
        try:
            normal = numbers.normalise(f"{sign}{text}")
        except ServiceError as error:
            raise validation(f"{error.message} under {place}") from None
        self._written = {"N": format(Decimal(f"{sign}{text}"), "f")}
        return {"N": normal}

    def _elements(self, opening: str, closing: str, place: str, depth: int) -> list[Value]:
        self._reader.expect(opening)
        found: list[Value] = []
        while not self._reader.accept(closing):
            if found:
                self._reader.expect(",")
            found.append(self.value(f"{place}[{len(found)}]", depth + 1))
        return found

    def _members(self, place: str, depth: int) -> dict[str, Value]:
        self._reader.expect("{")
        found: dict[str, Value] = {}
        while not self._reader.accept("}"):
            if found:
                self._reader.expect(",")
            name = self._reader.expect("text")
            if name in found:
                raise validation(f"Duplicate keys in tuple. Key: {name} under {place}")
            self._reader.expect(":")
            found[name] = self.value(f"{place}.{name}" if depth else "root", depth + 1)
        return found


def _set(members: list[Value]) -> Value:
    if not members:
        raise validation("Empty bags are not supported")
    kinds = {kind for member in members for kind in member}
    if kinds not in ({"S"}, {"N"}):
        mixed = "DynamoDB only supports either numbers or strings in bags"
        raise validation(f"Unsupported data type in Bag. {mixed}")
    (kind,) = kinds
    return check_value({f"{kind}S": [member[kind] for member in members]})[0]
