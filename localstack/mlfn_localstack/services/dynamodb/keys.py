"""Keys: checked against the schema, and encoded so that the store's byte order is DynamoDB's order."""

from __future__ import annotations

from base64 import b64encode
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from mlfn_localstack.services.dynamodb import numbers
from mlfn_localstack.services.dynamodb.errors import constraint, invalid, validation
from mlfn_localstack.services.dynamodb.values import binary, check_item, kind_of

if TYPE_CHECKING:
    from typing import Any

    from mlfn_localstack.service import ServiceError
    from mlfn_localstack.services.dynamodb.model import Index, Key, KeySchema, Table
    from mlfn_localstack.services.dynamodb.values import Item, Value

HASH_BYTES = 8
_MAX_HASH_KEY = 2048
_MAX_RANGE_KEY = 1024
_MISMATCH = "The provided key element does not match the schema"
_EMPTY = "The AttributeValue for a key attribute cannot contain an empty {kind} value."
_EMPTY_KINDS = {"S": "string", "B": "binary"}


class RowKey(NamedTuple):
    """Where an item is: its partition (spread by a hash) and its place in it."""

    partition: bytes
    sort: bytes


def encode(kind: str, data: str) -> bytes:
    """Bytes that sort as DynamoDB sorts: text by UTF-8, numbers by value, binary by unsigned byte."""
    if kind == "S":
        return data.encode()
    return numbers.order_key(data) if kind == "N" else binary(data)


def decode(kind: str, encoded: bytes) -> str:
    """What `encode` was given; a number's digits cannot be read back."""
    return encoded.decode() if kind == "S" else b64encode(encoded).decode()


def readable(schema: KeySchema) -> bool:
    """Whether keys can be read back from their rows."""
    return all(key.kind != "N" for key in schema.keys)


def partition(kind: str, data: str) -> bytes:
    """A partition's place: a hash first, so that a scan meets partitions in no order of their keys."""
    encoded = encode(kind, data)
    return blake2b(encoded, digest_size=HASH_BYTES).digest() + encoded


def item_key(schema: KeySchema, item: Item) -> RowKey:
    """The row of an item that is being put, its key attributes checked.

    Raises:
        ServiceError: a key attribute is missing, of another type, empty or too long.
    """
    for key in schema.keys:
        value = item.get(key.name)
        if value is None:
            raise invalid(f"Missing the key {key.name} in the item")
        if key.kind not in value:
            raise invalid(f"Type mismatch for key {key.name} expected: {key.kind} actual: {kind_of(value)}")
    return _row(schema, item)


def check_key(schema: KeySchema, key: Any) -> tuple[Item, RowKey]:
    """The key of a read, update or delete in normal form, and its row."""
    if key is None:
        raise constraint("null", "key", "Member must not be null")
    checked, _ = check_item(key)
    if len(checked) != len(schema.keys):
        raise validation(_MISMATCH)
    for part in schema.keys:
        if part.kind not in checked.get(part.name, {}):
            raise validation(_MISMATCH)
    return checked, _row(schema, checked)


def index_row(index: Index, item: Item) -> RowKey | None:
    """An item's row in an index, or None if it has not all of the index's keys."""
    schema = index.schema
    head = item.get(schema.hash.name)
    if head is None or schema.hash.kind not in head:
        return None
    if schema.range is None:
        return RowKey(partition(schema.hash.kind, head[schema.hash.kind]), b"")
    tail = item.get(schema.range.name)
    if tail is None or schema.range.kind not in tail:
        return None
    return RowKey(
        partition(schema.hash.kind, head[schema.hash.kind]), encode(schema.range.kind, tail[schema.range.kind])
    )


def check_index_keys(table: Table, item: Item, *, update: bool = False) -> None:
    """Refuse index key attributes of another type, empty or too long; a missing one is allowed."""
    for index in table.indexes:
        for key in index.schema.keys:
            value = item.get(key.name)
            if value is not None and key.name not in table.schema.names:
                _check_index_key(index, key, value, update=update)


def key_of(schema: KeySchema, item: Item) -> Item:
    """The key attributes of an item."""
    return {name: item[name] for name in schema.names}


def check_not_empty(key: Key, value: Value) -> None:
    """Refuse an empty string or binary as a key's value."""
    if not value[key.kind]:
        raise validation(f"One or more parameter values are not valid. {_empty(key.kind)} Key: {key.name}")


def _empty(kind: str) -> str:
    return _EMPTY.format(kind=_EMPTY_KINDS[kind])


def _row(schema: KeySchema, item: Item) -> RowKey:
    head, tail = schema.hash, schema.range
    data = item[head.name][head.kind]
    if not data:
        check_not_empty(head, item[head.name])
    encoded = encode(head.kind, data)
    if len(encoded) > _MAX_HASH_KEY:
        raise invalid("Size of hashkey has exceeded the maximum size limit of2048 bytes")
    row = blake2b(encoded, digest_size=HASH_BYTES).digest() + encoded
    if tail is None:
        return RowKey(row, b"")
    data = item[tail.name][tail.kind]
    if not data:
        check_not_empty(tail, item[tail.name])
    encoded = encode(tail.kind, data)
    if len(encoded) > _MAX_RANGE_KEY:
        raise invalid("Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
    return RowKey(row, encoded)


def _check_index_key(index: Index, key: Key, value: Value, *, update: bool) -> None:
    actual = kind_of(value)
    if actual != key.kind:
        raise _wrong_type(index, key, actual, update=update)
    if not value[actual]:
        raise _empty_index_key(index, key, update=update)
    limit = _MAX_HASH_KEY if key == index.schema.hash else _MAX_RANGE_KEY
    if len(encode(key.kind, value[actual])) > limit:
        part = "hashkey" if limit == _MAX_HASH_KEY else "rangekey"
        raise invalid(f"Size of {part} has exceeded the maximum size limit of{limit} bytes")


def _wrong_type(index: Index, key: Key, actual: str, *, update: bool) -> ServiceError:
    if update:
        return validation("The update expression attempted to update the secondary index key to unsupported type")
    detail = f"Expected: {key.kind} Actual: {actual} IndexName: {index.name}"
    return invalid(f"Type mismatch for Index Key {key.name} {detail}")


def _empty_index_key(index: Index, key: Key, *, update: bool) -> ServiceError:
    start = "One or more parameter values are not valid."
    if update:
        attempt = "The update expression attempted to update a secondary index key to a value that is not supported."
        return validation(f"{start} {attempt} {_empty(key.kind)}")
    refused = "A value specified for a secondary index key is not supported."
    where = f"IndexName: {index.name}, IndexKey: {key.name}"
    return validation(f"{start} {refused} {_empty(key.kind)} {where}")
