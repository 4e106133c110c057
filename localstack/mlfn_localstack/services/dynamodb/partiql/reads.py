"""SELECT: the pages of what it finds."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb.errors import validation
from mlfn_localstack.services.dynamodb.expressions.paths import read
from mlfn_localstack.services.dynamodb.operations_query import fetches
from mlfn_localstack.services.dynamodb.partiql.plan import plan_read
from mlfn_localstack.services.dynamodb.reads import Page, query_range, read_page, scan_range, start_position
from mlfn_localstack.services.dynamodb.request import Expressions

if TYPE_CHECKING:
    from mlfn_localstack.service import Result
    from mlfn_localstack.services.dynamodb.database import Database
    from mlfn_localstack.services.dynamodb.expressions.syntax import Condition, Path
    from mlfn_localstack.services.dynamodb.model import Index, KeySchema, Table
    from mlfn_localstack.services.dynamodb.partiql.syntax import Select
    from mlfn_localstack.services.dynamodb.storage import Range
    from mlfn_localstack.services.dynamodb.values import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A SELECT with its table: the ranges to read, one after the other."""

    table: Table
    index: Index | None
    spans: tuple[Range, ...]
    filter: Condition | None
    paths: tuple[Path, ...] | None
    consistent: bool


def reading(table: Table, statement: Select, *, consistent: bool) -> Reading:
    """What a SELECT reads."""
    index = _index(table, statement, consistent=consistent)
    schema = index.schema if index else table.schema
    plan = plan_read(statement.where, schema)
    forward = _forward(statement, schema, by_key=bool(plan.keys))
    keys = list(plan.keys)
    if any(name == schema.hash.name for name, _ in statement.order):
        keys.sort(key=lambda key: str(key.hash.values[0]), reverse=not dict(statement.order)[schema.hash.name])
    spans = [query_range(schema, index, key, forward=forward) for key in keys]
    return Reading(
        table=table,
        index=index,
        spans=tuple(spans) if keys or plan.keys else (scan_range(index, 0, 1),),
        filter=plan.filter,
        paths=statement.paths,
        consistent=consistent,
    )


def read_items(database: Database, wanted: Reading, limit: int | None, token: str | None, mode: str | None) -> Result:
    """A page: items until the limit, a megabyte or the end, and where to go on."""
    at, last = _decoded(token)
    found: list[Item] = []
    result: Result = {"Items": found}
    while at < len(wanted.spans):
        page = read_page(database, _page(wanted, at, last, limit), mode)
        found += [_shown(item, wanted.paths) for item in page["Items"]]
        _add_capacity(result, page)
        last = page.get("LastEvaluatedKey")
        limit = None if limit is None else limit - page["ScannedCount"]
        if last is not None:
            break
        at += 1
        if limit == 0:
            break
    if last is not None or at < len(wanted.spans):
        result["NextToken"] = base64.b64encode(json.dumps([at, last]).encode()).decode()
    if last is not None:
        result["LastEvaluatedKey"] = last
    return result


def _index(table: Table, statement: Select, *, consistent: bool) -> Index | None:
    if statement.index is None:
        return None
    index = table.index(statement.index)
    if index is None:
        raise validation("The table does not have the specified index")
    if consistent and not index.local:
        raise validation("Strongly consistent read is not supported on Global Secondary Indexes")
    return index


def _forward(statement: Select, schema: KeySchema, *, by_key: bool) -> bool:
    for name, _ in statement.order:
        if name not in schema.names:
            what = f"Variable reference {name} in ORDER BY clause must be part of the primary key"
            raise validation(what)
    if statement.order and not by_key:
        must = "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
        raise validation(must)
    return next((ascending for name, ascending in statement.order if name != schema.hash.name), True)


def _page(wanted: Reading, at: int, last: Item | None, limit: int | None) -> Page:
    span = wanted.spans[at]
    if last is not None:
        span = replace(span, after=start_position(wanted.table, wanted.index, last))
    expressions = Expressions(filter=wanted.filter, projection=wanted.paths)
    select = "ALL_PROJECTED_ATTRIBUTES" if wanted.paths is None else "SPECIFIC_ATTRIBUTES"
    return Page(
        table=wanted.table,
        index=wanted.index,
        span=span,
        limit=limit,
        filter=wanted.filter,
        projection=None,
        count_only=False,
        fetch=fetches(wanted.table, wanted.index, select, expressions),
        consistent=wanted.consistent,
    )


def _shown(item: Item, paths: tuple[Path, ...] | None) -> Item:
    """What was selected of an item, each by its last name."""
    if paths is None:
        return item
    found = ((_name(path), read(item, path)) for path in paths)
    return {name: value for name, value in found if value is not None}


def _name(path: Path) -> str:
    name = ""
    for element in path.elements:
        name = f"{name}[{element}]" if isinstance(element, int) else element
    return name


def _decoded(token: str | None) -> tuple[int, Any]:
    if token is None:
        return 0, None
    try:
        at, last = json.loads(base64.b64decode(token, validate=True))
        return int(at), last
    except (ValueError, TypeError, binascii.Error):
        raise validation("Given NextToken is invalid") from None


def _add_capacity(result: Result, page: Result) -> None:
    """What several ranges took, together."""
    told: Any = page.get("ConsumedCapacity")
    so_far: Any = result.get("ConsumedCapacity")
    if told is not None and so_far is not None:
        told["CapacityUnits"] += so_far["CapacityUnits"]
    if told is not None:
        result["ConsumedCapacity"] = told
