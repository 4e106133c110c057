"""ExecuteStatement, BatchExecuteStatement and ExecuteTransaction: PartiQL."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.dynamodb.capacity import Consumed, capacity_mode
from mlfn_localstack.services.dynamodb.errors import validation
from mlfn_localstack.services.dynamodb.keys import check_key
from mlfn_localstack.services.dynamodb.operations_transactions import ONE_ITEM, TransactionOperations, plan
from mlfn_localstack.services.dynamodb.partiql.parse import parse
from mlfn_localstack.services.dynamodb.partiql.plan import key_of
from mlfn_localstack.services.dynamodb.partiql.reads import read_items, reading
from mlfn_localstack.services.dynamodb.partiql.syntax import Select
from mlfn_localstack.services.dynamodb.partiql.tokens import MALFORMED
from mlfn_localstack.services.dynamodb.partiql.writes import prepared, returned

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlfn_localstack.service import Params, Result
    from mlfn_localstack.services.dynamodb.database import Database, SyncOperation
    from mlfn_localstack.services.dynamodb.keys import RowKey
    from mlfn_localstack.services.dynamodb.model import Table
    from mlfn_localstack.services.dynamodb.partiql.syntax import Statement
    from mlfn_localstack.services.dynamodb.partiql.writes import Change
    from mlfn_localstack.services.dynamodb.writes import Write

_READ = "Read"
_CODES = {
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "DuplicateItemException": "DuplicateItem",
    "ResourceNotFoundException": "ResourceNotFound",
    "ValidationException": "ValidationError",
}


def operations(database: Database) -> Mapping[str, SyncOperation]:
    """This group's operations."""
    statements = StatementOperations(database)
    return {
        "ExecuteStatement": statements.execute,
        "BatchExecuteStatement": statements.batch,
        "ExecuteTransaction": statements.transact,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Single:
    """A statement on one item, and how to carry it out."""

    table: str
    place: tuple[Any, ...]
    run: Callable[[], tuple[Any, Consumed]]


class StatementOperations:
    """Operations that say in PartiQL what they do."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._transactions = TransactionOperations(database)

    def execute(self, params: Params) -> Result:
        """Carry out one statement."""
        mode = capacity_mode(params)
        statement = _parsed(params)
        table = self._database.tables.get(statement.table)
        if isinstance(statement, Select):
            wanted = reading(table, statement, consistent=bool(params.get("ConsistentRead")))
            return read_items(self._database, wanted, params.get("Limit"), params.get("NextToken"), mode)
        item, consumed = self._changed(statement, params)
        result: Result = {"Items": [] if item is None else [item]}
        return result if mode is None else {**result, "ConsumedCapacity": consumed.report(mode)}

    def batch(self, params: Params) -> Result:
        """Carry out up to 25 statements on single items, each on its own."""
        mode = capacity_mode(params)
        requests = params.get("Statements") or ()
        if _is_mixed(requests):
            raise validation("Read and write requests together in the same batch is not supported.")
        singles = [_tried(partial(self._single, request)) for request in requests]
        _check_distinct([single for single in singles if isinstance(single, Single)])
        consumed: list[Consumed] = []
        responses = [each if isinstance(each, dict) else _response(each, consumed) for each in singles]
        result: Result = {"Responses": responses}
        if mode is not None:
            result["ConsumedCapacity"] = [used.report(mode) for used in _by_table(consumed)]
        return result

    def transact(self, params: Params) -> Result:
        """Carry out statements on single items, all or none."""
        mode = capacity_mode(params)
        requests = params.get("TransactStatements") or ()
        if _is_mixed(requests):
            both = "ExecuteTransaction API does not support both read and write operations in the same request."
            raise validation(both)
        statements: list[Single | Change] = []
        for at, request in enumerate(requests):
            statement = _in_transaction(at, request)
            statements.append(self._read_in_transaction(at, statement) if isinstance(statement, Select) else statement)
        reads = [statement for statement in statements if isinstance(statement, Single)]
        if reads:
            return _read_together(reads, mode)
        token = params.get("ClientRequestToken")
        digest = hashlib.sha256(json.dumps(requests, sort_keys=True, default=repr).encode()).hexdigest()
        if token is not None and self._transactions.was_done(token, digest):
            return {"Responses": []}
        changes = [statement for statement in statements if not isinstance(statement, Single)]
        tables = [self._database.tables.get(change.table) for change in changes]
        pairs = zip(tables, changes, requests, strict=True)
        consumed = self._transactions.carry_out(plan([partial(prepared, *each) for each in pairs]))
        if token is not None:
            self._transactions.note_done(token, digest)
        result: Result = {"Responses": []}
        return (
            result
            if mode is None
            else {**result, "ConsumedCapacity": [used.report(mode) for used in consumed.values()]}
        )

    def _changed(self, statement: Change, params: Params) -> tuple[Any, Consumed]:
        write = prepared(self._database.tables.get(statement.table), statement, params)
        return self._written(statement, write)

    def _written(self, statement: Change, write: Write) -> tuple[Any, Consumed]:
        old = self._database.items.get(write.table, write.key)
        new = write.outcome(old)
        self._database.changes.write(write.table, write.key, old, new)
        consumed = Consumed(table=write.table)
        consumed.write(old, new)
        return returned(statement, write, old, new), consumed

    def _single(self, request: Params) -> Single:
        """A statement on one item, ready to be carried out."""
        statement = _parsed(request)
        table = self._database.tables.get(statement.table)
        if isinstance(statement, Select):
            return self._read(statement, request, "BatchExecuteStatement")
        write = prepared(table, statement, request)
        run = partial(self._written, statement, write)
        return Single(table=table.name, place=(table.id, *write.key), run=run)

    def _read(self, statement: Select, request: Params, operation: str) -> Single:
        table = self._database.tables.get(statement.table)
        key = _key(statement, table, operation)
        wanted = reading(table, statement, consistent=bool(request.get("ConsistentRead")))

        def run() -> tuple[Any, Consumed]:
            page = read_items(self._database, wanted, None, None, "TOTAL")
            used = Consumed(table=table)
            used.add(page["ConsumedCapacity"]["CapacityUnits"])
            return next(iter(page["Items"]), None), used

        return Single(table=table.name, place=(table.id, *key), run=run)

    def _read_in_transaction(self, at: int, statement: Select) -> Single:
        try:
            return self._read(statement, {"ConsistentRead": True}, "ExecuteTransaction")
        except ServiceError as error:
            raise _failed(at, error) from None


def _read_together(singles: Sequence[Single], mode: str | None) -> Result:
    if len({single.place for single in singles}) < len(singles):
        raise validation(ONE_ITEM)
    consumed: list[Consumed] = []
    responses = []
    for single in singles:
        item, used = single.run()
        responses.append({} if item is None else {"Item": item})
        consumed.append(used)
    result: Result = {"Responses": responses}
    if mode is not None:
        result["ConsumedCapacity"] = [used.report(mode) for used in _by_table(consumed, _READ)]
    return result


def _parsed(request: Params) -> Statement:
    return parse(request.get("Statement") or "", request.get("Parameters") or ())


def _in_transaction(at: int, request: Params) -> Statement:
    try:
        statement = _parsed(request)
    except ServiceError as error:
        raise error if error.message.startswith(MALFORMED) else _failed(at, error) from None
    problem = None
    if isinstance(statement, Select) and statement.index is not None:
        problem = "Reads on indices are not supported within transactions."
    elif getattr(statement, "returning", None) is not None:
        problem = "RETURNING clause is not supported in ExecuteTransaction."
    if problem is not None:
        raise _failed(at, validation(problem))
    return statement


def _failed(at: int, error: ServiceError) -> ServiceError:
    if error.code != "ValidationException":
        return error
    return validation(f"Validation failed in TransactStatements[{at}]: {error.message}")


def _key(statement: Select, table: Table, operation: str) -> RowKey:
    """The row of the one item that is to be read, of which nothing else may be asked."""
    try:
        key, rest = key_of(statement.where, table.schema)
    except ServiceError:
        key, rest = {}, None
    if not key or rest is not None or statement.index is not None:
        must = "must specify the primary key in the where clause."
        raise validation(f"Select statements within {operation} {must}")
    return check_key(table.schema, key)[1]


def _tried(prepare: Callable[[], Single]) -> Single | dict[str, Any]:
    """A statement of a batch, or what is answered because it cannot be carried out."""
    try:
        return prepare()
    except ServiceError as error:
        return _refused(error)


def _refused(error: ServiceError) -> dict[str, Any]:
    if error.code not in _CODES:
        raise error
    return {"Error": {"Code": _CODES[error.code], "Message": error.message, **error.fields}}


def _is_mixed(requests: Sequence[Params]) -> bool:
    """Whether some statements read and others write."""
    reads = [str(request.get("Statement")).lstrip()[:6].upper() == "SELECT" for request in requests]
    return any(reads) and not all(reads)


def _check_distinct(singles: Sequence[Single]) -> None:
    if len({single.place for single in singles}) < len(singles):
        raise validation("Provided list of item keys contains duplicates")


def _response(single: Single, consumed: list[Consumed]) -> dict[str, Any]:
    name = {"TableName": single.table}
    try:
        item, used = single.run()
    except ServiceError as error:
        return {**_refused(error), **name}
    consumed.append(used)
    return name if item is None else {**name, "Item": item}


def _by_table(consumed: Sequence[Consumed], transaction: str | None = None) -> list[Consumed]:
    """What was used of each table, all statements together; a transaction reads everything twice."""
    found: dict[str, Consumed] = {}
    for used in consumed:
        total = found.setdefault(used.table.name, Consumed(table=used.table, transaction=transaction))
        total.add(used.units * (2 if transaction else 1))
        for name, units in used.indexes.items():
            total.indexes[name] = total.indexes.get(name, 0.0) + units
    return list(found.values())
