"""Document paths: read from an item, checked against each other, and projected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from mlfn_localstack.services.dynamodb.expressions.syntax import (
    And,
    Call,
    Comparison,
    Condition,
    Not,
    Operand,
    Or,
    Path,
)
from mlfn_localstack.services.dynamodb.expressions.tokens import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn_localstack.services.dynamodb.values import Item, Value


def read(item: Item, path: Path) -> Value | None:
    """The value at a path, or None."""
    first, *rest = path.elements
    value = item.get(str(first))
    for element in rest:
        if value is None:
            return None
        value = child(value, element)
    return value


def child(value: Value, element: str | int) -> Value | None:
    """A map's member or a list's element, or None."""
    if isinstance(element, str):
        found: Value | None = value.get("M", {}).get(element)
        return found
    elements: list[Value] = value.get("L", [])
    return elements[element] if element < len(elements) else None


def disjoint(backwards: Iterable[Path]) -> tuple[Path, ...]:
    """Paths, which come from the last to the first and are looked at one by one, in their order.

    Raises:
        ExpressionError: one contains another, or they treat one value as both a map and a list.
    """
    found: list[Path] = []
    groups: dict[str | int, list[Path]] = {}
    for path in backwards:
        group = groups.setdefault(path.elements[0], [])
        for other in group:
            _check_pair(path, other)
        group.append(path)
        found.append(path)
    return tuple(reversed(found))


def project(item: Item, paths: Iterable[Path]) -> Item:
    """Only what the paths name; list elements close up."""
    wanted: dict[str | int, Any] = {}
    for path in paths:
        node = wanted
        for element in path.elements[:-1]:
            node = node.setdefault(element, {})
        node[path.elements[-1]] = None
    return _members(item, wanted)


def _members(members: Item, wanted: dict[str | int, Any]) -> Item:
    found = {}
    for name, inner in wanted.items():
        value = members.get(str(name))
        picked = None if value is None else _pick(value, inner)
        if picked is not None:
            found[str(name)] = picked
    return found


def _pick(value: Value, wanted: dict[str | int, Any] | None) -> Value | None:
    if wanted is None:
        return value
    if "M" in value:
        members = _members(value["M"], {name: inner for name, inner in wanted.items() if isinstance(name, str)})
        return {"M": members} if members else None
    if "L" not in value:
        return None
    indexes = sorted(index for index in wanted if isinstance(index, int) and index < len(value["L"]))
    picked = [_pick(value["L"][index], wanted[index]) for index in indexes]
    present = [element for element in picked if element is not None]
    return {"L": present} if present else None


def _check_pair(one: Path, two: Path) -> None:
    if one.elements[: len(two.elements)] == two.elements[: len(one.elements)]:
        raise _pair_error("overlap", one, two)
    shared = zip(one.elements, two.elements, strict=False)
    left, right = next((a, b) for a, b in shared if a != b)
    if isinstance(left, int) != isinstance(right, int):
        raise _pair_error("conflict", one, two)


def _pair_error(how: str, one: Path, two: Path) -> ExpressionError:
    what = f"Two document paths {how} with each other; must remove or rewrite one of these paths"
    return ExpressionError(f"{what}; path one: {one}, path two: {two}")


def condition_names(condition: Condition) -> set[str]:
    """The attributes a condition looks at."""
    match condition:
        case And(left, right) | Or(left, right):
            return condition_names(left) | condition_names(right)
        case Not(inner):
            return condition_names(inner)
        case Comparison(_, operands) | Call(_, operands):
            return set().union(*map(_operand_names, operands))
        case _:
            assert_never(condition)


def _operand_names(operand: Operand) -> set[str]:
    match operand:
        case Path(elements):
            return {str(elements[0])}
        case Call(_, operands):
            return set().union(*map(_operand_names, operands))
        case _:
            return set()
