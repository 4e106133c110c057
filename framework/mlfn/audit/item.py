"""A record as a DynamoDB item of at most 1,024 bytes, and back: docs/audit-record.md §5."""

from __future__ import annotations

from mlfn.audit.codec import BINARY, base64_of, base64url, base64url_bytes, fit
from mlfn.audit.keys import (
    SHARDED,
    day_of,
    directory_key,
    directory_sort,
    hour_of,
    keys_of,
    shard_of,
    sharded_sort,
)
from mlfn.jsontext import encode, encode_text
from mlfn.sha256 import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from mlfn.audit.codec import Wire

    Item = dict[str, dict[str, Any]]

LIMIT = 1024
"""Bytes of one write unit, as DynamoDB counts them: names and values."""
HELD_BY_KEYS = ("ex", "ca", "mv", "m", "id", "ph", "t0")
"""Fields the keys repeat, in the order in which an item that is too large leaves them out."""
_ANY_HASH = "A" * 43
"""The hash comes after cutting; its size is known."""
KEYS = frozenset({"pk", "sk", "g1", "g2", "g3"})


def to_item(wire: Wire) -> Item:
    """The item of a record that has been through `shrink`."""
    keys = keys_of(wire, base64url_bytes(wire["ih"]).hex() if "ih" in wire else None)
    item: Item = {name: {"S": value} for name, value in keys.items()}
    for name, value in wire.items():
        item[name] = _attribute(name, value)
    size = item_size(item)
    for name in HELD_BY_KEYS:
        if size <= LIMIT:
            break
        if name in item and _is_held(name, item):
            size -= len(name) + _size(item.pop(name))
    return item


def item_text(wire: Wire, canonical: bytes) -> str:
    """The item of a record with these canonical bytes, as the JSON that DynamoDB takes."""
    if len(canonical) > LIMIT:
        return encode(to_item(wire))
    # No item is larger than its canonical bytes: nothing has to be measured, nothing left out.
    keys = keys_of(wire, base64url_bytes(wire["ih"]).hex() if "ih" in wire else None)
    parts = [f'"{name}":{{"S":{encode_text(value)}}}' for name, value in keys.items()]
    for name, value in wire.items():
        kind = type(value)
        if name in BINARY:
            parts.append(f'"{name}":{{"B":"{base64_of(value)}"}}')
        elif kind is str:
            parts.append(f'"{name}":{{"S":{encode_text(value)}}}')
        elif kind is int:
            parts.append(f'"{name}":{{"N":"{value}"}}')
        else:
            parts.append(f'"{name}":{encode(_attribute(name, value))}')
    return "{" + ",".join(parts) + "}"


def directory_items(wire: Wire) -> list[Item]:
    """What the directory has to say so that a record is found: its hour, and the day's shards if there are several."""
    key, shards = {"S": directory_key(wire["m"])}, wire.get("sh", 1)
    hour = directory_sort(hour_of(wire["t0"]), wire["mv"], wire.get("fv", ""), shard_of(wire["iv"], shards))
    expires = {"N": str(wire["x"] + 86_400)}
    items: list[Item] = [{"pk": key, "sk": {"S": hour}, "x": expires}]
    if shards > 1:
        sort = sharded_sort(day_of(wire["t0"]), shards)
        items.append({"pk": key, "sk": {"S": sort}, "x": expires, "g1": {"S": SHARDED}})
    return items


def from_item(item: Mapping[str, Mapping[str, Any]]) -> Wire:
    """The record in an item, as boto3's client or the wire gives it."""
    wire: Wire = {name: _value(attribute) for name, attribute in item.items() if name not in KEYS}
    restore(wire, item)
    return wire


def restore(fields: dict[str, Any], item: Mapping[str, Mapping[str, Any]]) -> None:
    """Fill in the fields of a record that its item's keys hold."""
    _, fields["m"], fields["mv"], _, _ = item["pk"]["S"].split("#")
    fields["t0"], fields["id"], fields["ph"] = item["sk"]["S"].split("#")
    if "ca" not in fields and "g1" in item:
        fields["ca"] = item["g1"]["S"][2:].rsplit("#", 2)[0]
    if "ex" not in fields and "g2" in item:
        fields["ex"] = item["g2"]["S"][2:]


def item_size(item: Mapping[str, Mapping[str, Any]]) -> int:
    """The bytes DynamoDB counts for an item."""
    return sum([len(name) + _size(attribute) for name, attribute in item.items()])


def shrink(wire: Wire) -> None:
    """Cut what may be cut, in the order the specification gives, until the record's item fits into one write unit."""
    for cut in _CUTS:
        if item_size(to_item({**wire, "h": _ANY_HASH})) <= LIMIT:
            return
        cut(wire)


def summary_of(parts: list[str]) -> list[str]:
    """One entry in place of many: how many there were, and the start of the SHA-256 of their lines."""
    return [f"+{len(parts)}#{sha256(chr(10).join(parts).encode()).hex()[:16]}"]


def _is_held(name: str, item: Item) -> bool:
    return {"ex": "g2", "ca": "g1"}.get(name, "pk") in item


def _attribute(name: str, value: Any) -> dict[str, Any]:
    if name in BINARY:
        return {"B": base64_of(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    return {"L": [{"S": part} for part in value]}


def _value(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return int(value)
        case "B":
            # boto3 gives bytes, the JSON protocol base64 text.
            return base64url(value) if isinstance(value, bytes) else _unpadded(value)
        case "L":
            return [part["S"] for part in value]
        case _:
            return value


def _unpadded(text: str) -> str:
    return text.rstrip("=").replace("+", "-").replace("/", "_")


def _size(attribute: Mapping[str, Any]) -> int:
    kind: str
    value: str
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return len(value.encode())
        case "N":
            return (len(value) + 1) // 2 + 1
        case "B":
            return len(value) * 3 // 4 - len(value) + len(value.rstrip("="))
        case "L":
            return 3 + sum([1 + _size(part) for part in attribute["L"]])
        case _:
            return 1


def _drop(name: str) -> Callable[[Wire], None]:
    return lambda wire: wire.pop(name, None) and None


def _cut(name: str, limit: int) -> Callable[[Wire], None]:
    def cut(wire: Wire) -> None:
        if name in wire:
            wire[name] = fit(wire[name], limit)

    return cut


def _each(name: str, limit: int) -> Callable[[Wire], None]:
    def cut(wire: Wire) -> None:
        if name in wire:
            wire[name] = [fit(part, limit) for part in wire[name]]

    return cut


def _summarise(name: str) -> Callable[[Wire], None]:
    def cut(wire: Wire) -> None:
        if len(wire.get(name, ())) > 1:
            wire[name] = summary_of(wire[name])

    return cut


_CUTS: tuple[Callable[[Wire], None], ...] = (
    _drop("os"),
    _cut("ua", 40),
    _drop("tp"),
    _summarise("ds"),
    _summarise("pa"),
    _each("ds", 64),
    _cut("sn", 32),
    _drop("ua"),
    _drop("gr"),
    _drop("ai"),
    _cut("er", 32),
    _cut("pp", 64),
    _cut("ca", 64),
    _drop("fn"),
    _drop("is"),
    _drop("im"),
    _drop("sb"),
    _cut("ex", 128),
    _drop("eh"),
    _drop("t1"),
    _drop("ma"),
    _drop("sn"),
)
