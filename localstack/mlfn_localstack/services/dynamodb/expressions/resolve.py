"""Expressions with their placeholders put in and every rule checked that needs no item."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from mlfn_localstack.services.dynamodb.expressions.checks import (
    action_operators,
    check_action_types,
    check_call,
    check_comparison,
    check_name,
    check_operands,
    check_shape,
    condition_operators,
    misused,
)
from mlfn_localstack.services.dynamodb.expressions.paths import check_disjoint
from mlfn_localstack.services.dynamodb.expressions.reserved import RESERVED
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
    Parsed,
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

    def condition(self, parsed: Parsed[Condition]) -> Condition:
        """A resolved condition."""
        check_shape(parsed.redundant, condition_operators(parsed.tree))
        return self._condition(parsed.tree)

    def projection(self, paths: Sequence[Path]) -> tuple[Path, ...]:
        """Resolved paths, no two of which overlap."""
        resolved = tuple(self.path(path) for path in paths)
        check_disjoint(resolved)
        return resolved

    def update(self, parsed: Parsed[tuple[Action, ...]]) -> tuple[Action, ...]:
        """Resolved actions, no two of which touch the same path."""
        check_shape(parsed.redundant, sum(action_operators(action) for action in parsed.tree))
        actions = tuple(self._action(action) for action in parsed.tree)
        check_disjoint(tuple(action.path for action in actions))
        for action in reversed(actions):  # the service reports the last of several wrong types
            check_action_types(action)
        return actions

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
        if element.upper() in RESERVED:
            raise ExpressionError(f"Attribute name is a reserved keyword; reserved keyword: {element}")
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
                check_name(condition.function, condition=True)
                if condition.function == "size":
                    raise misused("size")
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
                check_name(operand.function, condition=True)
                if operand.function != "size":
                    raise misused(operand.function)
                return self._call(operand)
            case Literal() | Arithmetic():
                raise AssertionError("conditions are parsed without these")
            case _:
                assert_never(operand)

    def _call(self, call: Call) -> Call:
        resolved = Call(call.function, tuple(self._operand(operand) for operand in call.operands))
        check_call(resolved)
        return resolved

    def _action(self, action: Action) -> Action:
        path = self.path(action.path)
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

    def _value(self, operand: Operand, *, within: bool = False) -> Operand:
        """The right side of SET; `within` another function or a sum, where a list_append may not stand."""
        match operand:
            case Path():
                return self.path(operand)
            case Placeholder(name):
                return self._literal(name)
            case Literal():
                return operand
            case Arithmetic(operator, left, right):
                return Arithmetic(operator, self._value(left, within=True), self._value(right, within=True))
            case Call(function, operands):
                check_name(function, condition=False)
                if within and function == "list_append":
                    raise misused(function)
                call = Call(function, tuple(self._value(inner, within=True) for inner in operands))
                check_operands(call)
                return call
            case _:
                assert_never(operand)
