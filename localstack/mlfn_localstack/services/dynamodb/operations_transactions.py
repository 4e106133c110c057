"""TransactWriteItems and TransactGetItems: all or nothing, with a reason for each action when it is nothing."""

from __future__ import annotations

import hashlib
import json
import time
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.dynamodb import writes
from mlfn_localstack.services.dynamodb.capacity import Consumed, capacity_mode, collection_metrics, read_units
from mlfn_localstack.services.dynamodb.errors import (
    ConditionFailedError,
    DuplicateItemError,
    cancelled,
    constraint,
    validation,
)
from mlfn_localstack.services.dynamodb.expressions.paths import project
from mlfn_localstack.services.dynamodb.keys import RowKey, check_key
from mlfn_localstack.services.dynamodb.request import Expressions, resolve
from mlfn_localstack.services.dynamodb.values import check_item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mlfn_localstack.service import Params, Result
    from mlfn_localstack.services.dynamodb.database import Database, SyncOperation
    from mlfn_localstack.services.dynamodb.model import Table
    from mlfn_localstack.services.dynamodb.stored import Stored
    from mlfn_localstack.services.dynamodb.writes import Write

    _Checked = tuple[str, Params, Expressions, Stored | None]
    """Kind, request, expressions, and a Put's item."""
    _Prepare = Callable[[], Write]

Outcome = TypeVar("Outcome")

_MAX_ACTIONS = 100
_MAX_BYTES = 4 * 1024 * 1024
_TOKEN_LIFE_S = 600
_TOKEN_MAX = 36
_NONE = {"Code": "None"}
_FACTOR = 2
"""A transaction reads or writes everything twice: to prepare and to commit."""
ONE_ITEM = "Transaction request cannot include multiple operations on one item"


def operations(database: Database) -> Mapping[str, SyncOperation]:
    """This group's operations."""
    transactions = TransactionOperations(database)
    return {"TransactWriteItems": transactions.write, "TransactGetItems": transactions.get}


class TransactionOperations:
    """Operations on up to 100 items at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tokens = database.store.documents("dynamodb-token")

    def write(self, params: Params) -> Result:
        """Do all actions, or none."""
        mode = capacity_mode(params)
        actions = _actions(params)
        token = params.get("ClientRequestToken")
        preparations = [self._preparation(one) for one in [_checked(action) for action in actions]]
        if token is not None and self.was_done(token, _digest(actions)):
            return self._repeated(preparations, mode)
        planned = plan(preparations)
        consumed = self.carry_out(planned)
        if token is not None:
            self.note_done(token, _digest(actions))
        return self._result(params, planned, consumed.values(), mode)

    def carry_out(self, planned: Sequence[Write]) -> dict[str, Consumed]:
        """Do all writes, or none; gives what that took of each table.

        Raises:
            ServiceError: TransactionCanceledException, if one cannot be done.
        """
        changes = self._outcomes(planned)
        consumed: dict[str, Consumed] = {}
        for write, (old, new) in zip(planned, changes, strict=True):
            self._database.changes.write(write.table, write.key, old, new)
            used = consumed.setdefault(write.table.name, Consumed(table=write.table, transaction="Write"))
            used.write(old, new, _FACTOR)
        return consumed

    def get(self, params: Params) -> Result:
        """Read all items as of one moment."""
        mode = capacity_mode(params)
        requests = [(request, _checked_get(request)) for request in _gets(params)]
        reads = [self._read_request(request, expressions) for request, expressions in requests]
        found, reasons = self._read(reads)
        _refuse(reasons)
        result: Result = {"Responses": []}
        consumed: dict[str, Consumed] = {}
        for (table, _, expressions), stored in zip(reads, found, strict=True):
            used = consumed.setdefault(table.name, Consumed(table=table, transaction="Read"))
            used.add(_FACTOR * read_units(stored.size if stored else 0, consistent=True))
            response = {}
            if stored is not None:
                paths = expressions.projection
                response["Item"] = stored.item if paths is None else project(stored.item, paths)
            result["Responses"].append(response)
        if mode is not None:
            result["ConsumedCapacity"] = [used.report(mode) for used in consumed.values()]
        return result

    def _preparation(self, checked: _Checked) -> _Prepare:
        """What is left of an action to be done; it decides about the transaction."""
        kind, request, expressions, stored = checked
        table = self._database.tables.get(request.get("TableName"))
        _check_no_empty_key(table, request.get("Item") or request.get("Key") or {})

        def prepare() -> Write:
            if stored is not None:
                return writes.prepared_put(table, stored, expressions.condition, request)
            key, condition = request.get("Key"), expressions.condition
            if kind == "Update":
                return writes.update(table, key, expressions.update or (), condition, request)
            if kind == "ConditionCheck" and condition is not None:
                return writes.check(table, key, condition, request)
            return writes.delete(table, key, condition, request)

        return prepare

    def _outcomes(self, planned: Sequence[Write]) -> list[tuple[Stored | None, Stored | None]]:
        changes: list[tuple[Stored | None, Stored | None]] = []
        reasons: list[Mapping[str, Any]] = []
        for write in planned:
            old = self._database.items.get(write.table, write.key)
            new, reason = _attempt(partial(write.outcome, old))
            changes.append((old, new))
            reasons.append(reason)
        _refuse(reasons)
        if sum(new.size for _, new in changes if new) > _MAX_BYTES:
            raise validation("Transaction payload size cannot exceed 4MB.")
        return changes

    def _result(
        self, params: Params, planned: Sequence[Write], consumed: Iterable[Consumed], mode: str | None
    ) -> Result:
        result: Result = {}
        if mode is not None:
            result["ConsumedCapacity"] = [used.report(mode) for used in consumed]
        if params.get("ReturnItemCollectionMetrics") == "SIZE":
            metrics: dict[str, list[dict[str, Any]]] = {}
            for write in planned:
                if write.table.local_indexes:
                    size = self._database.items.collection_size(write.table, write.key.partition)
                    metrics.setdefault(write.table.name, []).append(
                        collection_metrics(write.table, write.key_item, size)
                    )
            result["ItemCollectionMetrics"] = metrics
        return result

    def was_done(self, token: str, digest: str) -> bool:
        """Whether the same request was carried out under this token within the last ten minutes."""
        if not 1 <= len(token) <= _TOKEN_MAX:
            rule = f"less than or equal to {_TOKEN_MAX}" if token else "greater than or equal to 1"
            raise constraint(f"'{token}'", "clientRequestToken", f"Member must have length {rule}")
        done = self._tokens.get(token)
        if done is None or done["until"] < time.time():
            return False
        if done["digest"] != digest:
            raise ServiceError(
                "IdempotentParameterMismatchException",
                "Specified idempotent token was used with different request parameters within the idempotency window",
            )
        return True

    def note_done(self, token: str, digest: str) -> None:
        """Remember what was carried out under this token."""
        self._tokens.put(token, {"digest": digest, "until": time.time() + _TOKEN_LIFE_S})

    def _repeated(self, preparations: Sequence[_Prepare], mode: str | None) -> Result:
        """The answer to a repeated request: nothing is written, the items are read."""
        if mode is None:
            return {}
        consumed: dict[str, Consumed] = {}
        for write in plan(preparations):
            used = consumed.setdefault(write.table.name, Consumed(table=write.table, transaction="Read"))
            size = self._database.items.size(write.table, write.key)
            used.add(_FACTOR * read_units(size, consistent=True))
        return {"ConsumedCapacity": [used.report(mode) for used in consumed.values()]}

    def _read_request(self, request: Params, expressions: Expressions) -> tuple[Table, Any, Expressions]:
        table = self._database.tables.get(request.get("TableName"))
        _check_no_empty_key(table, request.get("Key") or {})
        return table, request.get("Key"), expressions

    def _read(
        self, reads: Sequence[tuple[Table, Any, Expressions]]
    ) -> tuple[list[Stored | None], list[Mapping[str, Any]]]:
        found: list[Stored | None] = []
        reasons: list[Mapping[str, Any]] = []
        places: list[tuple[int, RowKey]] = []
        for table, key, _ in reads:
            checked, reason = _attempt(partial(check_key, table.schema, key))
            reasons.append(reason)
            if checked is not None:
                places.append((table.id, checked[1]))
                found.append(self._database.items.get(table, checked[1]))
        if len(set(places)) != len(places):
            raise validation(ONE_ITEM)
        return found, reasons


_WITH_VALUES = {
    "Put": ("ConditionExpression",),
    "Delete": ("ConditionExpression",),
    "ConditionCheck": ("ConditionExpression",),
    "Update": ("UpdateExpression", "ConditionExpression"),
}


def forget_tokens(database: Database) -> None:
    """Drop the tokens of transactions that are older than ten minutes."""
    tokens = database.store.documents("dynamodb-token")
    for token, done in tokens.items():
        if done["until"] < time.time():
            tokens.delete(token)


def _actions(params: Params) -> list[dict[str, Any]]:
    actions = _listed(params)
    if any(not action for action in actions):
        raise validation("Invalid Request: TransactWriteRequest should contain Delete or Put or Update request")
    if any(len(action) > 1 for action in actions):
        raise validation("TransactItems can only contain one of Check, Put, Update or Delete")
    return actions


def _listed(params: Params) -> list[dict[str, Any]]:
    """The actions, each with what it has."""
    actions = params.get("TransactItems")
    if actions is None:
        raise constraint("null", "transactItems", "Member must not be null")
    if not actions:
        raise constraint("'[]'", "transactItems", "Member must have length greater than or equal to 1")
    if len(actions) > _MAX_ACTIONS:
        raise constraint("'[...]'", "transactItems", f"Member must have length less than or equal to {_MAX_ACTIONS}")
    return [{kind: request for kind, request in action.items() if request is not None} for action in actions]


def _gets(params: Params) -> list[dict[str, Any]]:
    return [action["Get"] for action in _listed(params)]


def _checked(action: Mapping[str, Any]) -> _Checked:
    """An action that is well-formed; nothing of it needs a table, so that all are looked at before the first table."""
    ((kind, request),) = action.items()
    expressions = resolve(request, _WITH_VALUES[kind])
    if kind == "Put":
        return kind, request, expressions, writes.check_put(request["Item"])
    check_item(request["Key"])
    return kind, request, expressions, None


def _checked_get(request: Params) -> Expressions:
    expressions = resolve(request)
    check_item(request["Key"])
    return expressions


def _check_no_empty_key(table: Table, attributes: Mapping[str, Any]) -> None:
    """An empty key value is refused before the transaction begins; other wrong keys cancel it."""
    for key in table.schema.keys:
        value = attributes.get(key.name)
        if isinstance(value, dict) and value.get(key.kind) in ("", b""):
            kind = "string" if key.kind == "S" else "binary"
            start = "One or more parameter values are not valid. The AttributeValue for a key attribute"
            if key.kind != "N":
                raise validation(f"{start} cannot contain an empty {kind} value. Key: {key.name}")


def plan(preparations: Sequence[_Prepare]) -> list[Write]:
    """Every action against its table's schema.

    Raises:
        ServiceError: TransactionCanceledException if one does not fit, ValidationException if two are on one item.
    """
    attempts = [_attempt(prepare) for prepare in preparations]
    planned = [write for write, _ in attempts if write is not None]
    places = [(write.table.id, write.key) for write in planned]
    if len(set(places)) != len(places):
        raise validation(ONE_ITEM)
    if len(planned) < len(attempts):
        raise cancelled([reason for _, reason in attempts])
    return planned


def _attempt(step: Callable[[], Outcome]) -> tuple[Outcome | None, Mapping[str, Any]]:
    """What a step gives, or the reason for which it cancels the transaction."""
    try:
        return step(), _NONE
    except ConditionFailedError as error:
        reason = {"Code": "ConditionalCheckFailed", "Message": error.message, **error.fields}
    except DuplicateItemError as error:
        reason = {"Code": "DuplicateItem", "Message": error.message}
    except ServiceError as error:
        if error.code != "ValidationException":
            raise
        reason = {"Code": "ValidationError", "Message": error.message}
    return None, reason


def _refuse(reasons: Sequence[Mapping[str, Any]]) -> None:
    """Cancel the transaction if there is any reason to."""
    if any(reason is not _NONE for reason in reasons):
        raise cancelled(reasons)


def _digest(actions: Sequence[Mapping[str, Any]]) -> str:
    text = json.dumps(actions, sort_keys=True, default=lambda data: data.hex())
    return hashlib.sha256(text.encode()).hexdigest()
