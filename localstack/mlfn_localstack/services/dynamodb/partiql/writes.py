"""INSERT, UPDATE and DELETE as the writes that the other operations do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb import writes
from mlfn_localstack.services.dynamodb.errors import DuplicateItemError, validation
from mlfn_localstack.services.dynamodb.expressions.paths import project
from mlfn_localstack.services.dynamodb.expressions.syntax import And, Call, Path
from mlfn_localstack.services.dynamodb.partiql.plan import check_key_kind, key_of
from mlfn_localstack.services.dynamodb.partiql.syntax import Delete, Insert, Update

if TYPE_CHECKING:
    from mlfn_localstack.services.dynamodb.model import Table
    from mlfn_localstack.services.dynamodb.stored import Stored
    from mlfn_localstack.services.dynamodb.values import Item
    from mlfn_localstack.services.dynamodb.writes import Write

Change = Insert | Update | Delete


def prepared(table: Table, statement: Change, params: dict[str, Any]) -> Write:
    """The write that a statement asks for.

    Raises:
        ServiceError: ValidationException: it does not fit the table.
    """
    match statement:
        case Insert(item=item):
            return _insertion(table, item, params)
        case Update(actions=actions, where=where):
            key, rest = key_of(where, table.schema)
            there = Call("attribute_exists", (Path((table.schema.hash.name,)),))
            return writes.update(table, key, actions, there if rest is None else And(there, rest), params)
        case Delete(where=where, returning=returning):
            key, rest = key_of(where, table.schema)
            if returning not in (None, "ALL OLD"):
                only = "Only RETURNING ALL OLD * is allowed in DELETE statements."
                raise validation(f"Invalid returning clause: RETURNING {returning} *. {only}")
            return writes.delete(table, key, rest, params)


def returned(statement: Change, write: Write, old: Stored | None, new: Stored | None) -> Item | None:
    """What a RETURNING clause gives."""
    which = None if isinstance(statement, Insert) else statement.returning
    if which is None:
        return None
    stored = old if which.endswith("OLD") else new
    if stored is None or which.startswith("ALL"):
        return stored.item if stored else None
    return project(stored.item, tuple(action.path for action in write.actions))


def _insertion(table: Table, item: Item, params: dict[str, Any]) -> Write:
    for key in table.schema.keys:
        if key.name not in item:
            raise validation(f"Key attribute should be present in the item: Key {key.name}")
        check_key_kind(key, item[key.name])
    write = writes.put(table, item, None, params)

    def insert(old: Stored | None) -> Stored | None:
        if old is not None:
            raise DuplicateItemError
        return write.change(None)

    return write._replace(change=insert)
