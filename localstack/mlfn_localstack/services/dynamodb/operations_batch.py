"""BatchGetItem and BatchWriteItem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb import writes
from mlfn_localstack.services.dynamodb.capacity import Consumed, capacity_mode, collection_metrics, read_units
from mlfn_localstack.services.dynamodb.errors import constraint, invalid, validation
from mlfn_localstack.services.dynamodb.expressions.paths import project
from mlfn_localstack.services.dynamodb.keys import check_key
from mlfn_localstack.services.dynamodb.request import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlfn_localstack.service import Params, Result
    from mlfn_localstack.services.dynamodb.database import Database, SyncOperation
    from mlfn_localstack.services.dynamodb.keys import RowKey
    from mlfn_localstack.services.dynamodb.model import Table
    from mlfn_localstack.services.dynamodb.values import Item
    from mlfn_localstack.services.dynamodb.writes import Write

_MAX_GETS = 100
_MAX_WRITES = 25
_MAX_ANSWER = 16 * 1024 * 1024


def operations(database: Database) -> Mapping[str, SyncOperation]:
    """This group's operations."""
    batches = BatchOperations(database)
    return {"BatchGetItem": batches.get, "BatchWriteItem": batches.write}


class BatchOperations:
    """Operations on many items, each on its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, params: Params) -> Result:
        """Up to 100 items by key, as far as 16 MB hold them."""
        mode = capacity_mode(params)
        requests = _requests(params)
        if sum(len(request.get("Keys") or ()) for request in requests.values()) > _MAX_GETS:
            raise validation("Too many items requested for the BatchGetItem call")
        readers = [_TableRead(self._database, name, request) for name, request in requests.items()]
        room = _MAX_ANSWER
        for reader in readers:
            room = reader.read(room)
        result: Result = {
            "Responses": {reader.table.name: reader.found for reader in readers},
            "UnprocessedKeys": {reader.table.name: reader.rest() for reader in readers if reader.unread},
        }
        if mode is not None:
            result["ConsumedCapacity"] = [reader.consumed.report(mode) for reader in readers]
        return result

    def write(self, params: Params) -> Result:
        """Up to 25 puts and deletes; nothing is written if one of them is malformed."""
        mode = capacity_mode(params)
        requests = _requests(params)
        if sum(map(len, requests.values())) > _MAX_WRITES:
            raise validation("Too many items requested for the BatchWriteItem call")
        for name, actions in requests.items():
            if not actions:
                raise validation(f"The batch write request list for a table cannot be null or empty: {name}")
        planned = {name: self._plan(name, actions) for name, actions in requests.items()}
        result: Result = {"UnprocessedItems": {}}
        consumed = [self._apply(table, actions) for table, actions in planned.values()]
        if mode is not None:
            result["ConsumedCapacity"] = [used.report(mode) for used in consumed]
        if params.get("ReturnItemCollectionMetrics") == "SIZE":
            metrics = {table.name: self._metrics(actions) for table, actions in planned.values() if table.local_indexes}
            result["ItemCollectionMetrics"] = metrics
        return result

    def _plan(self, name: str, actions: Iterable[Mapping[str, Any]]) -> tuple[Table, list[Write]]:
        table = self._database.tables.get(name)
        planned = [_planned(table, action) for action in actions]
        _check_distinct(write.key for write in planned)
        return table, planned

    def _apply(self, table: Table, planned: list[Write]) -> Consumed:
        consumed = Consumed(table=table)
        for write in planned:
            old = self._database.items.get(table, write.key)
            new = write.outcome(old)
            self._database.changes.write(table, write.key, old, new)
            consumed.write(old, new)
        return consumed

    def _metrics(self, planned: list[Write]) -> list[dict[str, Any]]:
        by_partition = {write.key.partition: write for write in planned}
        return [
            collection_metrics(write.table, write.key_item, self._database.items.collection_size(write.table, place))
            for place, write in by_partition.items()
        ]


class _TableRead:
    """The part of a BatchGetItem that concerns one table."""

    def __init__(self, database: Database, name: str, request: Params) -> None:
        self._request = request
        self._items = database.items
        if not request.get("Keys"):
            raise validation(f"The list of keys in RequestItems for BatchGetItem is required: {name} has empty list")
        self._expressions = resolve(request)
        self.table = database.tables.get(name)
        self._keys = [check_key(self.table.schema, key) for key in request["Keys"]]
        _check_distinct(row for _, row in self._keys)
        self.consumed = Consumed(table=self.table)
        self.found: list[Item] = []
        self.unread: list[Item] = []

    def read(self, room: int) -> int:
        """Read what fits into `room` bytes; gives what is left of it."""
        consistent = bool(self._request.get("ConsistentRead"))
        for key, row in self._keys:
            stored = self._items.get(self.table, row)
            size = stored.size if stored else 0
            if size > room or self.unread:
                self.unread.append(key)
                continue
            room -= size
            self.consumed.add(read_units(size, consistent=consistent))
            if stored is not None:
                paths = self._expressions.projection
                self.found.append(stored.item if paths is None else project(stored.item, paths))
        return room

    def rest(self) -> dict[str, Any]:
        """The request for the keys that were not read."""
        return {**self._request, "Keys": self.unread}


def _requests(params: Params) -> dict[str, Any]:
    requests = params.get("RequestItems")
    if requests is None:
        raise constraint("null", "requestItems", "Member must not be null")
    if not requests:
        raise constraint("'{}'", "requestItems", "Member must have length greater than or equal to 1")
    checked: dict[str, Any] = requests
    return checked


def _planned(table: Table, action: Mapping[str, Any]) -> Write:
    match {kind: request for kind, request in action.items() if request is not None}:
        case {"PutRequest": request, **others} if not others:
            return writes.put(table, request.get("Item"), None, {})
        case {"DeleteRequest": request, **others} if not others:
            return writes.delete(table, request.get("Key"), None, {})
        case {"PutRequest": _}:
            raise validation(
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported"
                " datatypes"
            )
        case _:
            raise invalid("Each request in a BatchWriteItem must be Put or Delete")


def _check_distinct(rows: Iterable[RowKey]) -> None:
    listed = list(rows)
    if len(set(listed)) != len(listed):
        raise validation("Provided list of item keys contains duplicates")
