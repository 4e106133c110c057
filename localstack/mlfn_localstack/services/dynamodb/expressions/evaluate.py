"""Whether a resolved condition holds for an item."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from mlfn_localstack.services.dynamodb.expressions.checks import sortable
from mlfn_localstack.services.dynamodb.expressions.paths import read
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
    Placeholder,
)
from mlfn_localstack.services.dynamodb.values import binary, equal, kind_of

if TYPE_CHECKING:
    from mlfn_localstack.services.dynamodb.values import Item, Value

_MEMBER_KINDS = {"SS": "S", "NS": "N", "BS": "B"}


def holds(condition: Condition, item: Item) -> bool:
    """Whether the condition holds; an absent item is an empty one."""
    match condition:
        case And(left, right):
            return holds(left, item) and holds(right, item)
        case Or(left, right):
            return holds(left, item) or holds(right, item)
        case Not(inner):
            return not holds(inner, item)
        case Comparison(operator, operands):
            return _compare(operator, [_value(operand, item) for operand in operands])
        case Call(function, operands):
            return _test(function, [_value(operand, item) for operand in operands])
        case _:
            assert_never(condition)


def _value(operand: Operand, item: Item) -> Value | None:
    match operand:
        case Path():
            return read(item, operand)
        case Literal(value):
            return value
        case Call(_, operands):
            return _size(_value(operands[0], item))
        case Placeholder() | Arithmetic():
            raise AssertionError("resolved conditions have none of these")
        case _:
            assert_never(operand)


def _compare(operator: str, values: list[Value | None]) -> bool:
    first, *others = values
    match operator:
        case "=":
            return _same(first, others[0])
        case "<>":
            return not _same(first, others[0])
        case "IN":
            return any(_same(first, other) for other in others)
        case "BETWEEN":
            return _ordered(others[0], "<=", first) and _ordered(first, "<=", others[1])
        case _:
            return _ordered(first, operator, others[0])


def _same(left: Value | None, right: Value | None) -> bool:
    return left is not None and right is not None and equal(left, right)


def _ordered(left: Value | None, operator: str, right: Value | None) -> bool:
    if left is None or right is None or kind_of(left) != kind_of(right) or kind_of(left) not in ("S", "N", "B"):
        return False
    one, two = sortable(left), sortable(right)
    match operator:
        case "<":
            return bool(one < two)
        case "<=":
            return bool(one <= two)
        case ">":
            return bool(one > two)
        case _:
            return bool(one >= two)


def _test(function: str, values: list[Value | None]) -> bool:
    first = values[0]
    match function:
        case "attribute_exists":
            return first is not None
        case "attribute_not_exists":
            return first is None
        case _:
            second = values[1]
            return first is not None and second is not None and _relate(function, first, second)


def _relate(function: str, first: Value, second: Value) -> bool:
    match function:
        case "attribute_type":
            return bool(kind_of(first) == second["S"])
        case "begins_with":
            return _begins_with(first, second)
        case _:
            return _contains(first, second)


def _begins_with(value: Value, prefix: Value) -> bool:
    if "S" in value and "S" in prefix:
        return bool(value["S"].startswith(prefix["S"]))
    if "B" in value and "B" in prefix:
        return binary(value["B"]).startswith(binary(prefix["B"]))
    return False


def _contains(container: Value, member: Value) -> bool:
    kind = kind_of(container)
    if kind == "L":
        return any(equal(element, member) for element in container["L"])
    if kind in _MEMBER_KINDS:
        return bool(member.get(_MEMBER_KINDS[kind]) in container[kind])
    if kind == "S" and "S" in member:
        return bool(member["S"] in container["S"])
    if kind == "B" and "B" in member:
        return binary(member["B"]) in binary(container["B"])
    return False


def _size(value: Value | None) -> Value | None:
    """What `size()` gives: UTF-16 units of text, bytes of binary, elements of the rest; nothing for other types."""
    if value is None:
        return None
    ((kind, data),) = value.items()
    match kind:
        case "N" | "BOOL" | "NULL":
            return None
        case "S":
            return {"N": str(len(data.encode("utf-16-le")) // 2)}
        case "B":
            return {"N": str(len(binary(data)))}
        case _:
            return {"N": str(len(data))}
