"""Query and Scan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.dynamodb.capacity import capacity_mode
from mlfn_localstack.services.dynamodb.errors import constraint, invalid, validation
from mlfn_localstack.services.dynamodb.expressions.key_condition import key_condition
from mlfn_localstack.services.dynamodb.expressions.paths import condition_names
from mlfn_localstack.services.dynamodb.keys import check_not_empty
from mlfn_localstack.services.dynamodb.model import Key
from mlfn_localstack.services.dynamodb.reads import Page, query_range, read_page, scan_range, start_position, within
from mlfn_localstack.services.dynamodb.request import resolve
from mlfn_localstack.services.dynamodb.values import check_item

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Params, Result
    from mlfn_localstack.services.dynamodb.database import Database, SyncOperation
    from mlfn_localstack.services.dynamodb.expressions.syntax import Condition
    from mlfn_localstack.services.dynamodb.model import Index, Table
    from mlfn_localstack.services.dynamodb.request import Expressions
    from mlfn_localstack.services.dynamodb.storage import Range
    from mlfn_localstack.services.dynamodb.values import Item, Value

_SELECTS = ("SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES")
_MAX_SEGMENTS = 1_000_000
_BAD_START = "The provided starting key is invalid"
_NO_MATCH = "The provided key element does not match the schema"


def operations(database: Database) -> Mapping[str, SyncOperation]:
    """This group's operations."""
    reads = QueryOperations(database)
    return {"Query": reads.query, "Scan": reads.scan}


class QueryOperations:
    """Operations that read many items."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def query(self, params: Params) -> Result:
        """Items of one partition, in the order of the sort key."""
        mode = capacity_mode(params)
        expressions = resolve(params, ("FilterExpression", "KeyConditionExpression"))
        if expressions.key_condition is None:
            either = "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
            raise validation(either)
        table = self._database.tables.get(params.get("TableName"))
        index = _index(table, params)
        schema = index.schema if index else table.schema
        condition = key_condition(expressions.key_condition, schema)
        if expressions.filter is not None:
            _check_filter_names(expressions.filter, schema.names, legacy=params.get("QueryFilter") is not None)
        span = query_range(schema, index, condition, forward=bool(params.get("ScanIndexForward", True)))
        span = _after_start(params, table, index, span)
        return read_page(self._database, _page(params, table, index, span, expressions), mode)

    def scan(self, params: Params) -> Result:
        """Items of a whole table or index, or of one segment."""
        mode = capacity_mode(params)
        segment, total = _segment(params)
        expressions = resolve(params, ("FilterExpression",))
        table = self._database.tables.get(params.get("TableName"))
        index = _index(table, params)
        span = _after_start(params, table, index, scan_range(index, segment, total))
        return read_page(self._database, _page(params, table, index, span, expressions), mode)


def _index(table: Table, params: Params) -> Index | None:
    name = params.get("IndexName")
    if name is None:
        return None
    index = table.index(name)
    if index is None:
        raise validation(f"The table does not have the specified index: {name}")
    if params.get("ConsistentRead") and not index.local:
        raise validation("Consistent reads are not supported on global secondary indexes")
    return index


def _segment(params: Params) -> tuple[int, int]:
    segment, total = params.get("Segment"), params.get("TotalSegments")
    if segment is None and total is None:
        return 0, 1
    if total is None:
        missing = "The TotalSegments parameter is required but was not present in the request when Segment"
        raise validation(f"{missing} parameter is present")
    if segment is None:
        missing = "The Segment parameter is required but was not present in the request when parameter TotalSegments"
        raise validation(f"{missing} is present")
    if not 1 <= total <= _MAX_SEGMENTS:
        rule = "greater than or equal to 1" if total < 1 else f"less than or equal to {_MAX_SEGMENTS}"
        raise constraint(f"'{total}'", "totalSegments", f"Member must have value {rule}")
    if segment < 0:
        raise constraint(f"'{segment}'", "segment", "Member must have value greater than or equal to 0")
    if segment >= total:
        what = "The Segment parameter is zero-based and must be less than parameter TotalSegments"
        raise validation(f"{what}: Segment: {segment} is not less than TotalSegments: {total}")
    return segment, total


def _page(params: Params, table: Table, index: Index | None, span: Range, expressions: Expressions) -> Page:
    limit = params.get("Limit")
    if limit is not None and limit < 1:
        raise constraint(f"'{limit}'", "limit", "Member must have value greater than or equal to 1")
    select = _select(params, index)
    return Page(
        table=table,
        index=index,
        span=span,
        limit=limit,
        filter=expressions.filter,
        projection=expressions.projection,
        count_only=select == "COUNT",
        fetch=fetches(table, index, select, expressions),
        consistent=bool(params.get("ConsistentRead")),
    )


def _select(params: Params, index: Index | None) -> str:
    legacy = params.get("AttributesToGet")
    projection = params.get("ProjectionExpression") or legacy
    default = "SPECIFIC_ATTRIBUTES" if projection else "ALL_PROJECTED_ATTRIBUTES" if index else "ALL_ATTRIBUTES"
    select = params.get("Select") or default
    if select not in _SELECTS:
        rule = f"Member must satisfy enum value set: [{', '.join(_SELECTS)}]"
        raise constraint(f"'{select}'", "select", rule)
    if select == "SPECIFIC_ATTRIBUTES" and not projection:
        must = "Must specify the AttributesToGet or ProjectionExpression when choosing to get"
        raise validation(f"{must} SPECIFIC_ATTRIBUTES")
    if projection and select != "SPECIFIC_ATTRIBUTES":
        what = "only the Count" if select == "COUNT" else select
        parameter = "AttributesToGet" if legacy else "ProjectionExpression"
        raise validation(f"Cannot specify the {parameter} when choosing to get {what}")
    if select == "ALL_PROJECTED_ATTRIBUTES" and index is None:
        raise validation("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
    return str(select)


def fetches(table: Table, index: Index | None, select: str, expressions: Expressions) -> bool:
    """Whether a local index must look into the table; a global one cannot."""
    names = index.projected(table.schema) if index else None
    if index is None or names is None:
        return False
    wanted = {str(path.elements[0]) for path in expressions.projection or ()} - names
    fetched = index.local and (select == "ALL_ATTRIBUTES" or bool(wanted))
    if not fetched or expressions.key_condition is not None:  # a query filters before it looks into the table
        _check_seen(index, expressions, names)
    if fetched:
        return True
    if wanted:
        raise invalid(f"Global secondary index {index.name} does not project [{', '.join(sorted(wanted))}]")
    if select == "ALL_ATTRIBUTES":
        what = f"Select type ALL_ATTRIBUTES is not supported for global secondary index {index.name}"
        raise invalid(f"{what} because its projection type is not ALL")
    return False


def _check_seen(index: Index, expressions: Expressions, names: frozenset[str]) -> None:
    unseen = condition_names(expressions.filter) - names if expressions.filter else set()
    if unseen:
        what = f"Secondary index {index.name} does not project one or more filter attributes"
        raise invalid(f"{what}: [{', '.join(sorted(unseen))}]")


def _check_filter_names(condition: Condition, keys: tuple[str, ...], *, legacy: bool) -> None:
    used = condition_names(condition)
    for name in keys:
        if name in used:
            what = f"{'QueryFilter' if legacy else 'Filter Expression'} can only contain non-primary key attributes"
            raise validation(f"{what}: Primary key attribute: {name}")


def _after_start(params: Params, table: Table, index: Index | None, span: Range) -> Range:
    start = params.get("ExclusiveStartKey")
    if start is None:
        return span
    position = start_position(table, index, _start_key(start, table, index))
    if not within(span, position):
        raise _outside(params, span, position)
    return replace(span, after=position)


def _start_key(start: Item, table: Table, index: Index | None) -> Item:
    key, _ = check_item(start)
    kinds = {part.name: part.kind for part in (*table.schema.keys, *(index.schema.keys if index else ()))}
    if key.keys() != kinds.keys() or any(kind not in key[name] for name, kind in kinds.items()):
        raise validation(_BAD_START if index else f"{_BAD_START}: {_NO_MATCH}")
    for name, kind in kinds.items():
        _check_start(Key(name=name, kind=kind), key[name])
    return key


def _check_start(key: Key, value: Value) -> None:
    try:
        check_not_empty(key, value)
    except ServiceError as error:
        raise validation(f"{_BAD_START}: {error.message}") from None


def _outside(params: Params, span: Range, position: tuple[bytes, ...]) -> Exception:
    if params.keys().isdisjoint(("KeyConditionExpression", "KeyConditions")):
        segments = f"TotalSegments: {params.get('TotalSegments')} Segment: {params.get('Segment')}"
        what = "Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment"
        return validation(f"{_BAD_START}: {what}. {segments}")
    if position[0] != span.low.partition:
        return validation("The provided starting key is outside query boundaries based on provided conditions")
    return validation("The provided starting key does not match the range key predicate")
