"""Items changed by resolved update actions: everything is read from the item as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from mlfn_localstack.services.dynamodb import numbers
from mlfn_localstack.services.dynamodb.errors import validation
from mlfn_localstack.services.dynamodb.expressions.paths import child, read
from mlfn_localstack.services.dynamodb.expressions.syntax import (
    WRONG_TYPE,
    Action,
    Add,
    Arithmetic,
    Call,
    Delete,
    Literal,
    Operand,
    Path,
    Placeholder,
    Remove,
    Set,
)
from mlfn_localstack.services.dynamodb.values import kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_localstack.service import ServiceError
    from mlfn_localstack.services.dynamodb.values import Item, Value


def apply(actions: Sequence[Action], item: Item) -> Item:
    """The item after the actions; the given one is left as it is.

    Raises:
        ServiceError: ValidationException, if an action does not fit the item.
    """
    assignments, removals = _plan(actions, item)
    changed = dict(item)
    for path in (*(path for path, _ in assignments), *removals):
        top = str(path.elements[0])
        if len(path.elements) > 1 and top in changed:
            changed[top] = _copy(changed[top])
    for path, value in sorted(assignments, key=_in_order):
        _assign(changed, path, value)
    for path in sorted(removals, key=lambda path: path.elements, reverse=True):
        _remove(changed, path)
    return changed


def _plan(actions: Sequence[Action], item: Item) -> tuple[list[tuple[Path, Value]], list[Path]]:
    """What is assigned and what is taken away."""
    assignments: list[tuple[Path, Value]] = []
    removals: list[Path] = []
    for action in actions:
        _parent(item, action.path)
        value = _outcome(action, item)
        if value is not None:
            assignments.append((action.path, value))
        elif isinstance(action, Remove) or read(item, action.path) is not None:
            removals.append(action.path)
    return assignments, removals


def _outcome(action: Action, item: Item) -> Value | None:
    """The new value at the action's path; None if nothing is left there."""
    match action:
        case Set(_, value):
            return _evaluate(value, item)
        case Remove():
            return None
        case Add(path, Literal(value), mismatch):
            return _added(read(item, path), value, mismatch)
        case Delete(path, Literal(value), mismatch):
            return _without(read(item, path), value, mismatch)
        case Add() | Delete():
            raise AssertionError("resolved actions have literals")
        case _:
            assert_never(action)


def _in_order(assignment: tuple[Path, Value]) -> Any:
    """Paths in order, so that list elements past the end are appended by their index."""
    return assignment[0].elements


def _copy(value: Value) -> Value:
    """A copy as deep as maps and lists go; scalars and sets are never changed in place."""
    if "M" in value:
        return {"M": {name: _copy(inner) for name, inner in value["M"].items()}}
    if "L" in value:
        return {"L": [_copy(inner) for inner in value["L"]]}
    return value


def _evaluate(operand: Operand, item: Item) -> Value:
    match operand:
        case Literal(value):
            return value
        case Path():
            found = read(item, operand)
            if found is None:
                raise validation("The provided expression refers to an attribute that does not exist in the item")
            return found
        case Arithmetic(operator, left, right):
            return _calculate(operator, _operand(left, item, "N"), _operand(right, item, "N"))
        case Call("if_not_exists", (Path() as path, default)):
            fallback = _evaluate(default, item)  # an error even where it is not needed
            found = read(item, path)
            return fallback if found is None else found
        case Call(_, (first, second)):
            return {"L": [*_operand(first, item, "L"), *_operand(second, item, "L")]}
        case Call() | Placeholder():
            raise AssertionError("resolved expressions have none of these")
        case _:
            assert_never(operand)


def _operand(operand: Operand, item: Item, kind: str) -> Any:
    """The data of an operand that must be of one type."""
    value = _evaluate(operand, item)
    if kind not in value:
        raise validation(WRONG_TYPE)
    return value[kind]


def _bad_path() -> ServiceError:
    return validation("The document path provided in the update expression is invalid for update")


def _calculate(operator: str, left: str, right: str) -> Value:
    combine = numbers.add if operator == "+" else numbers.subtract
    return {"N": combine(left, right)}


def _added(old: Value | None, value: Value, mismatch: str) -> Value:
    if old is None:
        return value
    kind = kind_of(value)
    if kind not in old:
        raise validation(mismatch)
    if kind == "N":
        return {"N": numbers.add(old["N"], value["N"])}
    if kind == "L":  # which legacy updates alone can add
        return {"L": [*old["L"], *value["L"]]}
    return {kind: [*old[kind], *(member for member in value[kind] if member not in old[kind])]}


def _without(old: Value | None, value: Value, mismatch: str) -> Value | None:
    if old is None:
        return None
    kind = kind_of(value)
    if kind not in old:
        raise validation(mismatch)
    left = [member for member in old[kind] if member not in value[kind]]
    return {kind: left} if left else None


def _parent(item: Item, path: Path) -> Value | None:
    """The container of a path's last element; None for a whole attribute."""
    if len(path.elements) == 1:
        return None
    container = read(item, Path(path.elements[:-1]))
    wanted = "L" if isinstance(path.elements[-1], int) else "M"
    if container is None or wanted not in container:
        raise _bad_path()
    return container


def _assign(item: Item, path: Path, value: Value) -> None:
    container, last = _parent(item, path), path.elements[-1]
    if container is None:
        item[str(last)] = value
    elif isinstance(last, str):
        container["M"][last] = value
    elif last < len(container["L"]):
        container["L"][last] = value
    else:
        container["L"].append(value)


def _remove(item: Item, path: Path) -> None:
    container, last = _parent(item, path), path.elements[-1]
    if container is None:
        item.pop(str(last), None)
    elif child(container, last) is not None:
        if isinstance(last, str):
            del container["M"][last]
        else:
            del container["L"][last]
