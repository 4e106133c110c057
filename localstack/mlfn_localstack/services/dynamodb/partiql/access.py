"""What a statement touches, for whoever decides whether it may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.dynamodb.partiql.parse import parse
from mlfn_localstack.services.dynamodb.partiql.plan import equalities
from mlfn_localstack.services.dynamodb.partiql.syntax import Insert, Select

if TYPE_CHECKING:
    from mlfn_localstack.service import Params


def touched(request: Params) -> tuple[str, dict[str, Any]] | None:
    """The IAM action of a statement and the same as parameters of an older operation; None if it cannot be read."""
    try:
        statement = parse(request.get("Statement") or "", request.get("Parameters") or ())
    except ServiceError:
        return None
    asked: dict[str, Any] = {"TableName": statement.table}
    if isinstance(statement, Insert):
        asked["Item"] = statement.item
    else:
        named = equalities(statement.where).items()
        asked["KeyConditions"] = {name: {"AttributeValueList": values} for name, values in named}
    if isinstance(statement, Select) and statement.index is not None:
        asked["IndexName"] = statement.index
    return f"dynamodb:PartiQL{type(statement).__name__}", asked
