"""PutItem, GetItem, UpdateItem and DeleteItem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb import writes
from mlfn_localstack.services.dynamodb.capacity import Consumed, capacity_mode, collection_metrics, read_units
from mlfn_localstack.services.dynamodb.errors import validation
from mlfn_localstack.services.dynamodb.expressions.paths import project
from mlfn_localstack.services.dynamodb.keys import check_key
from mlfn_localstack.services.dynamodb.request import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.service import Params, Result
    from mlfn_localstack.services.dynamodb.database import Database, SyncOperation
    from mlfn_localstack.services.dynamodb.stored import Stored
    from mlfn_localstack.services.dynamodb.values import Item
    from mlfn_localstack.services.dynamodb.writes import Write

_PUT_VALUES = ("NONE", "ALL_OLD")
_UPDATE_VALUES = ("NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW")


def operations(database: Database) -> Mapping[str, SyncOperation]:
    """This group's operations."""
    items = ItemOperations(database)
    return {
        "PutItem": items.put,
        "GetItem": items.get,
        "UpdateItem": items.update,
        "DeleteItem": items.delete,
    }


class ItemOperations:
    """Operations on one item."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, params: Params) -> Result:
        """Write a whole item."""
        returned = _return_values(params, _PUT_VALUES)
        expressions = resolve(params, ("ConditionExpression",), "Item")
        stored = writes.check_put(params.get("Item"))
        table = self._database.tables.get(params.get("TableName"))
        write = writes.prepared_put(table, stored, expressions.condition, params)
        old, _ = self._apply(write, params, blind=returned == "NONE")
        return self._result(write, old, stored, params, old.item if old and returned == "ALL_OLD" else None)

    def delete(self, params: Params) -> Result:
        """Remove an item."""
        returned = _return_values(params, _PUT_VALUES)
        expressions = resolve(params, ("ConditionExpression",), "Key")
        table = self._database.tables.get(params.get("TableName"))
        write = writes.delete(table, params.get("Key"), expressions.condition, params)
        old, _ = self._apply(write, params)
        return self._result(write, old, None, params, old.item if old and returned == "ALL_OLD" else None)

    def update(self, params: Params) -> Result:
        """Change some attributes of an item."""
        returned = _return_values(params, _UPDATE_VALUES)
        expressions = resolve(params, ("UpdateExpression", "ConditionExpression"), "Key")
        table = self._database.tables.get(params.get("TableName"))
        write = writes.update(table, params.get("Key"), expressions.update or (), expressions.condition, params)
        old, new = self._apply(write, params)
        return self._result(write, old, new, params, _updated_values(write, returned, old, new))

    def get(self, params: Params) -> Result:
        """Read an item."""
        mode = capacity_mode(params)
        expressions = resolve(params, (), "Key")
        table = self._database.tables.get(params.get("TableName"))
        _, row = check_key(table.schema, params.get("Key"))
        stored = self._database.items.get(table, row)
        result: Result = {}
        if stored is not None:
            item = stored.item
            result["Item"] = item if expressions.projection is None else project(item, expressions.projection)
        if mode is not None:
            consumed = Consumed(table=table)
            consumed.add(read_units(stored.size if stored else 0, consistent=bool(params.get("ConsistentRead"))))
            result["ConsumedCapacity"] = consumed.report(mode)
        return result

    def _apply(self, write: Write, params: Params, *, blind: bool = False) -> tuple[Stored | None, Stored | None]:
        """The item before and after; a `blind` write of a plain table does not look at what it replaces."""
        table = write.table
        plain = write.condition is None and not table.indexes and table.stream is None
        if blind and plain and capacity_mode(params) is None:
            new = write.outcome(None)
            self._database.changes.write(table, write.key, None, new)
            return None, new
        old = self._database.items.get(table, write.key)
        new = write.outcome(old)
        self._database.changes.write(table, write.key, old, new)
        return old, new

    def _result(
        self, write: Write, old: Stored | None, new: Stored | None, params: Params, attributes: Item | None
    ) -> Result:
        result: Result = {}
        if attributes:
            result["Attributes"] = attributes
        mode = capacity_mode(params)
        if mode is not None:
            consumed = Consumed(table=write.table)
            consumed.write(old, new)
            result["ConsumedCapacity"] = consumed.report(mode)
        if params.get("ReturnItemCollectionMetrics") == "SIZE" and write.table.local_indexes:
            size = self._database.items.collection_size(write.table, write.key.partition)
            result["ItemCollectionMetrics"] = collection_metrics(write.table, write.key_item, size)
        return result


def _return_values(params: Params, allowed: Sequence[str]) -> str:
    wanted: Any = params.get("ReturnValues", "NONE")
    if wanted not in allowed:
        raise validation("ReturnValues can only be ALL_OLD or NONE")
    return str(wanted)


def _updated_values(write: Write, returned: str, old: Stored | None, new: Stored | None) -> Item | None:
    paths = tuple(action.path for action in write.actions)
    match returned:
        case "ALL_OLD":
            return old.item if old else None
        case "UPDATED_OLD":
            return project(old.item, paths) if old else None
        case "ALL_NEW":
            return new.item if new else None
        case "UPDATED_NEW":
            return project(new.item, paths) if new else None
        case _:
            return None
