"""Expressions with their placeholders put in and every rule checked that needs no item."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from mlfn_localstack.services.dynamodb.expressions.checks import (
    check_action_types,
    check_call,
    check_comparison,
    check_operands,
)
from mlfn_localstack.services.dynamodb.expressions.paths import disjoint
from mlfn_localstack.services.dynamodb.expressions.syntax import (
    Action,
    Add,
    And,
    Arithmetic,
    Call,
    Comparison,
    Condition,
    Delete,
    Literal,
    Not,
    Operand,
    Or,
    Path,
    Placeholder,
    Remove,
    Set,
)
from mlfn_localstack.services.dynamodb.expressions.tokens import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.services.dynamodb.values import Value

_MAX_DEPTH = 32


class Resolver:
    """Puts names and values into expressions and remembers which of them were used."""

    def __init__(self, names: Mapping[str, str], values: Mapping[str, Value], given: Mapping[str, Value]) -> None:
        self._names = names
        self._values = values
        self._given = given
        self.used_names: set[str] = set()
        self.used_values: set[str] = set()

    def condition(self, parsed: Condition) -> Condition:
        """A resolved condition."""
        return self._condition(parsed)

    def projection(self, paths: Sequence[Path]) -> tuple[Path, ...]:
        """Resolved paths, no two of which overlap."""
        return disjoint(self.path(path) for path in reversed(paths))

    def update(self, parsed: tuple[Action, ...]) -> tuple[Action, ...]:
        """Resolved actions, no two of which touch the same path."""
        # of several mistakes the last is reported
        paths = disjoint(self.path(action.path) for action in reversed(parsed))
        actions = []
        for action, path in zip(reversed(parsed), reversed(paths), strict=True):
            actions.append(self._action(action, path))
            check_action_types(actions[-1])
        return tuple(reversed(actions))

    def path(self, path: Path) -> Path:
        """A path with its `#names` replaced and its plain names allowed."""
        elements = tuple(self._element(element) for element in path.elements)
        if len(elements) > _MAX_DEPTH:
            detail = f"nesting levels: {len(elements)}"
            raise ExpressionError(f"The document path has too many nesting levels; {detail}")
        return Path(elements)

    def _element(self, element: str | int) -> str | int:
        if isinstance(element, int):
            return element
        if element.startswith("#"):
            if element not in self._names:
                what = "An expression attribute name used in the document path is not defined"
                raise ExpressionError(f"{what}; attribute name: {element}")
            self.used_names.add(element)
            return self._names[element]
        return element

    def _literal(self, name: str) -> Literal:
        if name not in self._values:
            what = "An expression attribute value used in expression is not defined"
            raise ExpressionError(f"{what}; attribute value: {name}")
        self.used_values.add(name)
        return Literal(self._values[name], self._given[name])

    def _condition(self, condition: Condition) -> Condition:
        match condition:
            case And(left, right):
                return And(self._condition(left), self._condition(right))
            case Or(left, right):
                return Or(self._condition(left), self._condition(right))
            case Not(inner):
                return Not(self._condition(inner))
            case Comparison(operator, operands):
                comparison = Comparison(operator, tuple(self._operand(operand) for operand in operands))
                check_comparison(comparison)
                return comparison
            case Call():
                return self._call(condition)
            case _:
                assert_never(condition)

    def _operand(self, operand: Operand) -> Operand:
        match operand:
            case Path():
                return self.path(operand)
            case Placeholder(name):
                return self._literal(name)
            case Call():
                return self._call(operand)
            case Literal() | Arithmetic():
                raise AssertionError("conditions are parsed without these")
            case _:
                assert_never(operand)

    def _call(self, call: Call) -> Call:
        resolved = Call(call.function, tuple(self._operand(operand) for operand in call.operands))
        check_call(resolved)
        return resolved

    def _action(self, action: Action, path: Path) -> Action:
        match action:
            case Set(_, value):
                return Set(path, self._value(value))
            case Remove():
                return Remove(path)
            case Add(_, Placeholder(name)):
                return Add(path, self._literal(name))
            case Delete(_, Placeholder(name)):
                return Delete(path, self._literal(name))
            case _:
                raise AssertionError("ADD and DELETE are parsed with a placeholder")

    def _value(self, operand: Operand) -> Operand:
        """The right side of SET."""
        match operand:
            case Path():
                return self.path(operand)
            case Placeholder(name):
                return self._literal(name)
            case Literal():
                return operand
            case Arithmetic(operator, left, right):
                return Arithmetic(operator, self._value(left), self._value(right))
            case Call(function, operands):
                call = Call(function, tuple(map(self._value, operands)))
                check_operands(call)
                return call
            case _:
                assert_never(operand)
