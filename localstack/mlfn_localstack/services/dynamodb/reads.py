"""Pages of a table or index: where they start and end, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb.capacity import Consumed, projected_size, read_units
from mlfn_localstack.services.dynamodb.expressions.evaluate import holds
from mlfn_localstack.services.dynamodb.expressions.paths import project
from mlfn_localstack.services.dynamodb.keys import RowKey, encode, key_of, partition, readable
from mlfn_localstack.services.dynamodb.model import ProjectionType
from mlfn_localstack.services.dynamodb.storage import MAX_KEY, Range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_localstack.service import Result
    from mlfn_localstack.services.dynamodb.database import Database
    from mlfn_localstack.services.dynamodb.expressions.key_condition import KeyCondition, Term
    from mlfn_localstack.services.dynamodb.expressions.syntax import Condition, Path
    from mlfn_localstack.services.dynamodb.model import Index, Key, KeySchema, Table
    from mlfn_localstack.services.dynamodb.stored import Stored
    from mlfn_localstack.services.dynamodb.values import Item

PAGE_BYTES = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one Query or Scan asks for."""

    table: Table
    index: Index | None
    span: Range
    limit: int | None
    filter: Condition | None
    projection: tuple[Path, ...] | None
    count_only: bool
    fetch: bool
    """Whether attributes that a local index lacks are read from the table."""
    consistent: bool

    @property
    def schema(self) -> KeySchema:
        """The keys of what is read."""
        return self.index.schema if self.index else self.table.schema

    @property
    def keys_alone(self) -> bool:
        """Whether the keys are all that the index shows, and can be read from its rows."""
        index, table = self.index, self.table
        if index is None or self.fetch or index.projection is not ProjectionType.KEYS_ONLY:
            return False
        return readable(index.schema) and readable(table.schema)

    def visible(self, item: Item) -> Item:
        """An item as the index shows it."""
        names = None if self.index is None or self.fetch else self.index.projected(self.table.schema)
        return item if names is None else {name: value for name, value in item.items() if name in names}


def read_page(database: Database, page: Page, mode: str | None) -> Result:
    """Items up to the limit, or to one megabyte, before any filter."""
    consumed = Consumed(table=page.table)
    found: list[Item] = []
    scanned = count = size = 0
    last: Item | None = None
    keys_alone = page.keys_alone
    for stored in _stored(database, page, keys_alone=keys_alone):
        scanned += 1
        size += stored.size if keys_alone else _read_size(page, stored, consumed)
        item = stored.item if keys_alone else page.visible(stored.item)
        if page.filter is None or holds(page.filter, item):
            count += 1
            if not page.count_only:
                found.append(item if page.projection is None else project(item, page.projection))
        if scanned == page.limit or size >= PAGE_BYTES:
            last = stored.item
            break
    result: Result = {"Count": count, "ScannedCount": scanned}
    if not page.count_only:
        result["Items"] = found
    if last is not None:
        result["LastEvaluatedKey"] = _last_key(page, last)
    if mode is not None:
        result["ConsumedCapacity"] = _report(page, consumed, size, mode)
    return result


def query_range(schema: KeySchema, index: Index | None, condition: KeyCondition, *, forward: bool) -> Range:
    """The rows a key condition selects."""
    (data,) = condition.hash.data(schema.hash)
    place = partition(schema.hash.kind, data)
    low, high, ends = b"", MAX_KEY, (False, False)
    if condition.range is not None and schema.range is not None:
        low, high, ends = _sort_bounds(schema.range, condition.range)
    return Range(
        index=index,
        low=RowKey(place, low),
        high=RowKey(place, high),
        without_low=ends[0],
        without_high=ends[1],
        forward=forward,
    )


def scan_range(index: Index | None, segment: int, total: int) -> Range:
    """One segment's rows of a whole table or index."""
    return Range(
        index=index, low=RowKey(_boundary(segment, total), b""), high=RowKey(_boundary(segment + 1, total), b"")
    )


def start_position(table: Table, index: Index | None, key: Item) -> tuple[bytes, ...]:
    """Where an ExclusiveStartKey points to, in the order of the rows."""
    place = _place(table.schema, key)
    return place if index is None else (*_place(index.schema, key), *place)


def within(span: Range, position: tuple[bytes, ...]) -> bool:
    """Whether a position lies in a range."""
    place = RowKey(*position[:2])
    above = place > span.low if span.without_low else place >= span.low
    below = place < span.high if span.without_high else place <= span.high
    return above and below


def _boundary(segment: int, total: int) -> bytes:
    return MAX_KEY if segment == total else ((segment << 64) // total).to_bytes(8, "big")


def _sort_bounds(key: Key, term: Term) -> tuple[bytes, bytes, tuple[bool, bool]]:
    """The lower and upper end of a sort key condition, and which of them is left out."""
    first, *others = (encode(key.kind, data) for data in term.data(key))
    match term.operator:
        case "=":
            return first, first, (False, False)
        case "<" | "<=":
            return b"", first, (False, term.operator == "<")
        case ">" | ">=":
            return first, MAX_KEY, (term.operator == ">", False)
        case "BETWEEN":
            return first, others[0], (False, False)
        case _:
            return first, _after_prefix(first), (False, True)


def _after_prefix(prefix: bytes) -> bytes:
    """The first byte string after all that begin with `prefix`."""
    stem = prefix.rstrip(b"\xff")
    return stem[:-1] + bytes([stem[-1] + 1]) if stem else MAX_KEY


def _place(schema: KeySchema, key: Item) -> tuple[bytes, bytes]:
    place = partition(schema.hash.kind, key[schema.hash.name][schema.hash.kind])
    if schema.range is None:
        return place, b""
    return place, encode(schema.range.kind, key[schema.range.name][schema.range.kind])


def _stored(database: Database, page: Page, *, keys_alone: bool) -> Iterator[Stored]:
    if keys_alone and page.index is not None:
        return database.items.read_keys(page.table, page.index, page.span)
    return database.items.read(page.table, page.span)


def _read_size(page: Page, stored: Stored, consumed: Consumed) -> int:
    if page.index is None:
        return stored.size
    if page.fetch:
        consumed.add(read_units(stored.size, consistent=page.consistent))
    return projected_size(page.table, page.index, stored)


def _last_key(page: Page, item: Item) -> Item:
    return {**key_of(page.schema, item), **key_of(page.table.schema, item)}


def _report(page: Page, consumed: Consumed, size: int, mode: str) -> dict[str, Any]:
    units = read_units(size, consistent=page.consistent)
    if page.index is None:
        consumed.add(units)
    else:
        consumed.add_index(page.index, units)
    return consumed.report(mode)
