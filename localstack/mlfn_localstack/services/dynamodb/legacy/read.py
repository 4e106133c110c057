"""A request's legacy parameters, together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb.errors import constraint, invalid, validation
from mlfn_localstack.services.dynamodb.expressions.syntax import Path
from mlfn_localstack.services.dynamodb.legacy.conditions import expected, filtered, key_conditions
from mlfn_localstack.services.dynamodb.legacy.updates import actions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_localstack.service import Params

PARAMETERS = (
    "AttributesToGet",
    "AttributeUpdates",
    "QueryFilter",
    "ScanFilter",
    "Expected",
    "ConditionalOperator",
    "KeyConditions",
)
"""Their names, in the order in which the service lists them."""
_JOINED = ("QueryFilter", "ScanFilter", "Expected")


def read(params: Params) -> dict[str, Any]:
    """What they say, by the name of the expression each stands for.

    Raises:
        ServiceError: ValidationException, as DynamoDB words it.
    """
    operator = _operator(params)
    found: dict[str, Any] = {}
    for name in ("QueryFilter", "ScanFilter"):
        if params.get(name) is not None:
            found["filter"] = filtered(name[0].lower() + name[1:], params[name], operator)
    if params.get("Expected") is not None:
        found["condition"] = expected(params["Expected"], operator)
    if params.get("AttributeUpdates") is not None:
        found["update"] = actions(params["AttributeUpdates"])
    if params.get("AttributesToGet") is not None:
        found["projection"] = _projection(params["AttributesToGet"])
    if params.get("KeyConditions") is not None:
        found["key_condition"] = key_conditions(params["KeyConditions"])
    if operator is not None and not any(params.get(name) for name in _JOINED):
        raise validation("ConditionalOperator cannot be used without Filter or Expected")
    return found


def _operator(params: Params) -> str | None:
    operator = params.get("ConditionalOperator")
    if operator not in (None, "AND", "OR"):
        rule = "Member must satisfy enum value set: [OR, AND]"
        raise constraint(f"'{operator}'", "conditionalOperator", rule)
    return operator


def _projection(names: Sequence[str]) -> tuple[Path, ...]:
    if not names:
        rule = "Member must have length greater than or equal to 1"
        raise constraint("'[]'", "attributesToGet", rule)
    for at, name in enumerate(names):
        if not name:
            raise validation("Empty attribute name")
        if name in names[:at]:
            raise invalid(f"Duplicate value in attribute name: {name}")
    return tuple(Path((name,)) for name in names)
