"""Attribute values in DynamoDB's wire form: checked, brought to normal form, and sized as DynamoDB counts.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

import orjson

from mlfn_localstack.services.dynamodb import numbers
from mlfn_localstack.services.dynamodb.errors import invalid, serialization, validation

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_localstack.service import ServiceError

Value = dict[str, Any]
Item = dict[str, Value]

MAX_ITEM_BYTES = 409_600
_MAX_NAME_BYTES = 65_535
_MAX_DEPTH = 32
_EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
_SEVERAL = (
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
)
_TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
)


def encode(item: Item) -> str:
    """An item as it is stored."""
    return orjson.dumps(item).decode()


def check_item(item: Any) -> tuple[Item, int]:
    """An item in normal form, and its size in bytes.

    Raises:
        ServiceError: ValidationException or SerializationException.
    """
    if not isinstance(item, dict):
        raise _unexpected(item)
    return _check_attributes(item, 1)


def _check_attributes(item: dict[str, Any], depth: int) -> tuple[Item, int]:
    """Attributes by their names, `depth` levels down, and the bytes of both."""
    checked: Item = {}
    total = 0
    for name, value in item.items():
        text = value.get("S") if type(value) is dict and len(value) == 1 else None
        if type(text) is str and text.isascii() and depth <= _MAX_DEPTH:  # what most are, without further calls
            checked[name], size = value, len(text)
        else:
            checked[name], size = check_value(value, depth)
        total += size + (len(name) if name.isascii() and 0 < len(name) <= _MAX_NAME_BYTES else _name_size(name))
    return checked, total


def check_value(value: Any, depth: int = 1) -> tuple[Value, int]:
    """One attribute value in normal form, and its size in bytes."""
    if depth > _MAX_DEPTH:
        raise validation(_TOO_DEEP)
    if not isinstance(value, dict):
        raise _unexpected(value)
    if len(value) != 1:
        value = _single(value)
    ((kind, data),) = value.items()
    check = _CHECKS.get(kind)
    if check is None or data is None:
        raise validation(_EMPTY)
    normal, size = check(data, depth)
    return (value if normal is data else {kind: normal}), size


def item_size(item: Item) -> int:
    """The size of an item in normal form."""
    return sum(text_size(name) + value_size(value) for name, value in item.items())


def value_size(value: Value) -> int:
    """The size of a value in normal form."""
    ((kind, data),) = value.items()
    return _CHECKS[kind](data, 1)[1] if kind not in "LM" else _nested_size(kind, data)


def depth_of(value: Value) -> int:
    """How many levels a value has; a scalar has one."""
    ((kind, data),) = value.items()
    if kind not in "LM":
        return 1
    children = data if kind == "L" else data.values()
    return 1 + max((depth_of(child) for child in children), default=0)


def check_depth(item: Item) -> None:
    """Refuse an item that is nested deeper than DynamoDB stores."""
    if any(depth_of(value) > _MAX_DEPTH for value in item.values()):
        raise validation(_TOO_DEEP)


def kind_of(value: Value) -> str:
    """The type descriptor of a value in normal form, such as `S`."""
    return next(iter(value))


def text_size(text: str) -> int:
    """UTF-8 bytes of a string, which must be one (JSON may hold lone surrogates)."""
    if text.isascii():
        return len(text)
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise serialization("The request contains text that is not valid Unicode.") from error


def binary(text: str) -> bytes:
    """The bytes of a `B` value in normal form."""
    return base64.b64decode(text)


def equal(left: Value, right: Value) -> bool:
    """Whether two values in normal form are equal; sets have no order."""
    ((kind, data),) = left.items()
    if kind not in right:
        return False
    other = right[kind]
    if kind in ("SS", "NS", "BS"):
        return len(data) == len(other) and set(data) == set(other)
    if kind == "L":
        return len(data) == len(other) and all(map(equal, data, other))
    if kind == "M":
        return data.keys() == other.keys() and all(equal(data[name], other[name]) for name in data)
    return bool(data == other)


def _nested_size(kind: str, data: Any) -> int:
    if kind == "L":
        return 3 + sum(1 + value_size(child) for child in data)
    return 3 + sum(1 + text_size(name) + value_size(child) for name, child in data.items())


def _name_size(name: str) -> int:
    size = len(name) if name.isascii() else text_size(name)
    if not size:
        raise validation("Empty attribute name")
    if size > _MAX_NAME_BYTES:
        raise validation("Attribute name is too large, must be less than 65536 bytes")
    return size


def _single(value: Value) -> Value:
    present = {kind: data for kind, data in value.items() if kind in _CHECKS and data is not None}
    if len(present) > 1:
        raise validation(_SEVERAL)
    if not present:
        raise validation(_EMPTY)
    return present


def _unexpected(data: Any, wanted: str = "") -> ServiceError:
    """The SerializationException for JSON of the wrong kind."""
    if isinstance(data, bool):
        return serialization(f"{'TRUE' if data else 'FALSE'}_VALUE cannot be converted to {wanted or 'AttributeValue'}")
    if isinstance(data, int | float):
        return serialization(f"NUMBER_VALUE cannot be converted to {wanted or 'AttributeValue'}")
    if isinstance(data, str):
        return serialization(
            f"STRING_VALUE cannot be converted to {wanted}" if wanted else "Unexpected value type in payload"
        )
    if isinstance(data, list | dict):
        kind = "list" if isinstance(data, list) else "structure or map"
        return serialization(f"Start of {kind} found where not expected")
    return validation(_EMPTY)


def _check_text(data: Any, depth: int) -> tuple[str, int]:
    if not isinstance(data, str):
        raise _unexpected(data, "String")
    return data, len(data) if data.isascii() else text_size(data)


def _check_number(data: Any, depth: int) -> tuple[str, int]:
    if not isinstance(data, str):
        raise _unexpected(data, "String")
    return numbers.measure(data)


def _check_binary(data: Any, depth: int) -> tuple[str, int]:
    if isinstance(data, bytes | bytearray):
        return base64.b64encode(data).decode(), len(data)
    if not isinstance(data, str):
        raise _unexpected(data, "Blob")
    try:
        raw = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise serialization("Invalid Base64 data in a binary value.") from error
    normal = base64.b64encode(raw).decode()
    return data if normal == data else normal, len(raw)


def _check_boolean(data: Any, depth: int) -> tuple[bool, int]:
    if not isinstance(data, bool):
        raise _unexpected(data, "Boolean")
    return data, 1


def _check_null(data: Any, depth: int) -> tuple[bool, int]:
    if not isinstance(data, bool):
        raise _unexpected(data, "Boolean")
    if not data:
        raise invalid("Null attribute value types must have the value of true")
    return data, 1


def _check_list(data: Any, depth: int) -> tuple[list[Value], int]:
    if not isinstance(data, list):
        raise _unexpected(data, "List")
    checked = [check_value(child, depth + 1) for child in data]
    return [value for value, _ in checked], 3 + sum(1 + size for _, size in checked)


def _check_map(data: Any, depth: int) -> tuple[Item, int]:
    if not isinstance(data, dict):
        raise _unexpected(data, "Map")
    checked, size = _check_attributes(data, depth + 1)
    return checked, 3 + len(data) + size


def _set_check(check: Callable[[Any, int], tuple[str, int]], empty: str, kind: str) -> Callable[..., tuple[Any, int]]:
    def check_set(data: Any, depth: int) -> tuple[list[str], int]:
        if not isinstance(data, list):
            raise _unexpected(data, "Set")
        if not data:
            raise invalid(empty)
        members = [check(member, depth) for member in data]
        texts = [text for text, _ in members]
        if len(set(texts)) != len(texts):
            raise _duplicates(kind, texts)
        return texts, sum(size for _, size in members)

    return check_set


def _duplicates(kind: str, members: list[str]) -> ServiceError:
    if kind == "NS":
        return validation("Input collection contains duplicates")
    listed = f"[{', '.join(members)}]"
    suffix = "of type BS" if kind == "BS" else ""
    return invalid(f"Input collection {listed}{suffix} contains duplicates.")


_CHECKS: dict[str, Callable[[Any, int], tuple[Any, int]]] = {
    "S": _check_text,
    "N": _check_number,
    "B": _check_binary,
    "BOOL": _check_boolean,
    "NULL": _check_null,
    "L": _check_list,
    "M": _check_map,
    "SS": _set_check(_check_text, "An string set  may not be empty", "SS"),
    "NS": _set_check(_check_number, "An number set  may not be empty", "NS"),
    "BS": _set_check(_check_binary, "Binary sets should not be empty", "BS"),
}
