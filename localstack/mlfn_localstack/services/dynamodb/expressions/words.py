"""An expression's words, once it is parsed: reserved names, unknown functions, functions out of place."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from mlfn_localstack.services.dynamodb.expressions.checks import check_name, misused
from mlfn_localstack.services.dynamodb.expressions.reserved import RESERVED
from mlfn_localstack.services.dynamodb.expressions.syntax import (
    Action,
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
    Placeholder,
    Set,
)
from mlfn_localstack.services.dynamodb.expressions.tokens import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Iterable


def check_paths(paths: Iterable[Path]) -> None:
    """Refuse reserved words as plain names."""
    for path in paths:
        for element in path.elements:
            if isinstance(element, str) and element.upper() in RESERVED:
                raise ExpressionError(f"Attribute name is a reserved keyword; reserved keyword: {element}")


def check_condition(condition: Condition) -> None:
    """Refuse what a condition cannot say, whatever its names and values stand for."""
    match condition:
        case And(left, right) | Or(left, right):
            check_condition(left)
            check_condition(right)
        case Not(inner):
            check_condition(inner)
        case Comparison(_, operands):
            _check_operands(operands)
        case Call(function, operands):
            check_name(function, condition=True)
            if function == "size":
                raise misused(function)
            _check_operands(operands)
        case _:
            assert_never(condition)


def check_actions(actions: Iterable[Action]) -> None:
    """Refuse what an update cannot say, whatever its names and values stand for."""
    for action in actions:
        check_paths((action.path,))
        if isinstance(action, Set):
            _check_value(action.value)


def _check_operands(operands: Iterable[Operand]) -> None:
    for operand in operands:
        if isinstance(operand, Path):
            check_paths((operand,))
        elif isinstance(operand, Call):
            check_name(operand.function, condition=True)
            if operand.function != "size":
                raise misused(operand.function)
            _check_operands(operand.operands)


def _check_value(operand: Operand, *, within: bool = False) -> None:
    """The right side of SET; `within` another function or a sum, where a list_append may not stand."""
    match operand:
        case Path():
            check_paths((operand,))
        case Arithmetic(_, left, right):
            _check_value(left, within=True)
            _check_value(right, within=True)
        case Call(function, operands):
            check_name(function, condition=False)
            if within and function == "list_append":
                raise misused(function)
            for inner in operands:
                _check_value(inner, within=True)
        case Placeholder() | Literal():
            return
        case _:
            assert_never(operand)
