"""AttributeUpdates as actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb.errors import constraint, invalid
from mlfn_localstack.services.dynamodb.expressions.checks import LONG_NAMES
from mlfn_localstack.services.dynamodb.expressions.syntax import Action, Add, Delete, Literal, Path, Remove, Set
from mlfn_localstack.services.dynamodb.values import check_value, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_ACTIONS = ("ADD", "PUT", "DELETE")
_SETS = ("SS", "NS", "BS")
_MISMATCH = "Type mismatch for attribute to update"


def actions(entries: Mapping[str, Any]) -> tuple[Action, ...]:
    """What is to be changed, in the request's order."""
    return tuple(_action(name, entry) for name, entry in entries.items())


def _action(name: str, entry: Mapping[str, Any]) -> Action:
    kind, value = entry.get("Action") or "PUT", entry.get("Value")
    if kind not in _ACTIONS:
        rule = f"Member must satisfy enum value set: [{', '.join(_ACTIONS)}]"
        raise constraint(f"'{kind}'", f"attributeUpdates.{name}.member.action", rule)
    path = Path((name,))
    if value is None:
        if kind != "DELETE":
            raise invalid("Only DELETE action is allowed when no attribute value is specified")
        return Remove(path)
    return _with_value(kind, path, Literal(check_value(value)[0]))


def _with_value(kind: str, path: Path, literal: Literal) -> Action:
    type_ = kind_of(literal.value)
    match kind:
        case "PUT":
            return Set(path, literal)
        case "DELETE":
            if type_ not in _SETS:
                raise invalid(f"DELETE action with value is not supported for the type {LONG_NAMES[type_]}")
            return Delete(path, literal, _MISMATCH)
        case _:
            if type_ not in ("N", "L", *_SETS):
                raise invalid(f"ADD action is not supported for the type {LONG_NAMES[type_]}")
            return Add(path, literal, _MISMATCH)
