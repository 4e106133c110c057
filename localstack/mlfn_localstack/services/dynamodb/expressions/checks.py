"""The rules of expressions that need no item: operand types, arities, distinct operands, limits."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

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
    Set,
)
from mlfn_localstack.services.dynamodb.expressions.tokens import ExpressionError
from mlfn_localstack.services.dynamodb.values import binary, kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_localstack.services.dynamodb.values import Value

_SCALARS = ("S", "N", "B")
_TYPES = ("N", "BS", "L", "B", "NULL", "M", "S", "SS", "NS", "BOOL")
_ANY_TYPE = "{NULL,S,DOUBLESET,B,NS,SS,L,INTSET,DECIMALSET,DOUBLE,N,M,FLOAT,INT,HD,DECIMAL,BS,HDS,BOOL,DICT,FS}"
LONG_NAMES = {
    "S": "STRING",
    "N": "NUMBER",
    "B": "BINARY",
    "BOOL": "BOOLEAN",
    "NULL": "NULL",
    "L": "LIST",
    "M": "MAP",
    "SS": "STRING_SET",
    "NS": "NUMBER_SET",
    "BS": "BINARY_SET",
}
_ARITY = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
    "size": 1,
    "if_not_exists": 2,
    "list_append": 2,
}
_PATH_FUNCTIONS = ("attribute_exists", "attribute_not_exists", "if_not_exists")
_DISTINCT_FUNCTIONS = ("begins_with", "contains", "attribute_type")
_OPERAND_TYPES = {
    "begins_with": ("S", "B"),
    "size": ("S", "B", "SS", "NS", "BS", "L", "M"),
    "list_append": ("L",),
}
_UPDATE_FUNCTIONS = ("if_not_exists", "list_append")
_MAX_OPERATORS = 300
_MAX_CANDIDATES = 100


def condition_operators(condition: Condition | Operand) -> int:
    """How many operators and functions a condition has."""
    match condition:
        case And(left, right) | Or(left, right):
            return 1 + condition_operators(left) + condition_operators(right)
        case Not(inner):
            return 1 + condition_operators(inner)
        case Comparison(_, operands) | Call(_, operands):
            return 1 + sum(condition_operators(operand) for operand in operands if isinstance(operand, Call))
        case _:
            return 0


def action_operators(action: Action) -> int:
    """How many operators and functions an update action has."""
    if not isinstance(action, Set):
        return 0
    return _sum_operators(action.value)


def _sum_operators(operand: Operand) -> int:
    if isinstance(operand, Arithmetic):
        return 1 + _sum_operators(operand.left) + _sum_operators(operand.right)
    return 1 + sum(map(_sum_operators, operand.operands)) if isinstance(operand, Call) else 0


def check_shape(redundant: bool, operators: int) -> None:
    """Refuse what is nested in needless parentheses or has too many operators."""
    if redundant:
        raise ExpressionError("The expression has redundant parentheses;")
    if operators > _MAX_OPERATORS:
        raise ExpressionError(f"The expression contains too many operators; operator count: {_MAX_OPERATORS + 1}")


def misused(function: str) -> ExpressionError:
    """A function where it may not stand."""
    return ExpressionError(f"The function is not allowed to be used this way in an expression; function: {function}")


def check_name(function: str, *, condition: bool) -> None:
    """Refuse a function that is unknown, or that belongs to the other kind of expression."""
    if function not in _ARITY:
        raise ExpressionError(f"Invalid function name; function: {function}")
    if condition and function in _UPDATE_FUNCTIONS:
        raise ExpressionError(f"The function is not allowed in a condition expression; function: {function}")
    if not condition and function not in _UPDATE_FUNCTIONS:
        raise ExpressionError(f"The function is not allowed in an update expression; function: {function}")


def check_comparison(comparison: Comparison) -> None:
    """Refuse operands that a comparison cannot have."""
    first, *others = comparison.operands
    if comparison.operator == "IN" and len(others) > _MAX_CANDIDATES:
        detail = f"number of operands: {len(others)}"
        raise ExpressionError(f"The IN operator is provided with too many operands; {detail}")
    if comparison.operator in ("<", "<=", ">", ">=", "BETWEEN"):
        check_types(comparison.operator, comparison.operands, _SCALARS)
    _check_distinct(comparison.operator, first, others)
    if comparison.operator == "BETWEEN":
        _check_bounds(*others)


def _check_distinct(operator: str, first: Operand, others: Sequence[Operand]) -> None:
    if isinstance(first, Path) and first in others:
        what = "The first operand must be distinct from the remaining operands for this operator or function"
        raise ExpressionError(f"{what}; operator: {operator}, first operand: {first}")


def _check_bounds(lower: Operand, upper: Operand) -> None:
    if not isinstance(lower, Literal) or not isinstance(upper, Literal):
        return
    shown = f"lower bound operand: {_shown(lower)}, upper bound operand: {_shown(upper)}"
    if kind_of(lower.value) != kind_of(upper.value):
        raise ExpressionError(f"The BETWEEN operator requires same data type for lower and upper bounds; {shown}")
    if sortable(lower.value) > sortable(upper.value):
        what = "The BETWEEN operator requires upper bound to be greater than or equal to lower bound"
        raise ExpressionError(f"{what}; {shown}")


def sortable(value: Value) -> Any:
    """What orders S, N and B values of one type."""
    ((kind, data),) = value.items()
    if kind == "N":
        return Decimal(data)
    return binary(data) if kind == "B" else data


def _shown(literal: Literal) -> str:
    """A value as the service quotes it: a number not in its normal form, but as it came."""
    ((kind, data),) = literal.value.items()
    if kind == "N" and literal.given is not None:
        data = literal.given["N"]
    return f"AttributeValue: {{{kind}:{data}}}"


def check_call(call: Call) -> None:
    """Refuse a condition's function with the wrong number or types of operands."""
    check_operands(call)
    _check_call_types(call)
    if call.function == "attribute_type":
        _check_type_name(call.operands[1])


def check_operands(call: Call) -> None:
    """Refuse a function with the wrong number of operands, or without a path where it needs one."""
    function, operands = call.function, call.operands
    if len(operands) != _ARITY[function]:
        what = "Incorrect number of operands for operator or function"
        raise ExpressionError(f"{what}; operator or function: {function}, number of operands: {len(operands)}")
    if function in _PATH_FUNCTIONS and not isinstance(operands[0], Path):
        raise ExpressionError(f"Operator or function requires a document path; operator or function: {function}")
    if function in _DISTINCT_FUNCTIONS:
        _check_distinct(function, operands[0], operands[1:])


def check_action_types(action: Action) -> None:
    """Refuse values that an update action cannot take."""
    match action:
        case Set(_, value):
            _check_value_types(value)
        case Add(_, Literal(value)):
            _check_section("ADD", value, ("N", "SS", "NS", "BS"))
        case Delete(_, Literal(value)):
            _check_section("DELETE", value, ("SS", "NS", "BS"))
        case _:
            return


def _check_value_types(operand: Operand) -> None:
    match operand:
        case Arithmetic(operator, left, right):
            check_types(operator, (left, right), ("N",))
            _check_value_types(left)
            _check_value_types(right)
        case Call(_, operands):
            _check_call_types(operand)
            for inner in operands:
                _check_value_types(inner)
        case _:
            return


def _check_call_types(call: Call) -> None:
    if call.function == "if_not_exists":
        _check_distinct(call.function, call.operands[0], call.operands[1:])
    if call.function in _OPERAND_TYPES:
        check_types(call.function, call.operands, _OPERAND_TYPES[call.function])


def _check_type_name(operand: Operand) -> None:
    if not isinstance(operand, Literal):
        raise _wrong_type("attribute_type", "N" if isinstance(operand, Call) else _ANY_TYPE)
    check_types("attribute_type", (operand,), ("S",))
    if operand.value["S"] not in _TYPES:
        detail = f"type: {operand.value['S']}, valid types: {{{','.join(_TYPES)}}}"
        raise ExpressionError(f"Invalid attribute type name found; {detail}")


def check_types(operator: str, operands: Sequence[Operand], allowed: Sequence[str]) -> None:
    """Refuse operands whose type is known and not allowed."""
    for operand in operands:
        kind = _known_kind(operand)
        if kind is not None and kind not in allowed:
            raise _wrong_type(operator, kind)


def _known_kind(operand: Operand) -> str | None:
    """The operand's type, as far as it can be known without an item."""
    match operand:
        case Literal(value):
            return kind_of(value)
        case Call("size", _):
            return "N"
        case _:
            return None


def _wrong_type(operator: str, kind: str) -> ExpressionError:
    what = "Incorrect operand type for operator or function"
    return ExpressionError(f"{what}; operator or function: {operator}, operand type: {kind}")


def _check_section(section: str, value: Value, allowed: Sequence[str]) -> None:
    kind = kind_of(value)
    if kind not in allowed:
        what = "Incorrect operand type for operator or function"
        detail = f"operator: {section}, operand type: {LONG_NAMES[kind]}, typeSet: ALLOWED_FOR_{section}_OPERAND"
        raise ExpressionError(f"{what}; {detail}")
