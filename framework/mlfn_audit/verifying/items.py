"""A table item as the canonical text of its record, by the specification (docs/audit-record.md §4 and §5)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from mlfn_audit.verifying.reader import BYTES, DIGEST, FIELDS, MOST_SHARDS, digest_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS = ("pk", "sk", "g1", "g2", "g3")
_STARTED = "started"


def text_of(item: Mapping[str, Mapping[str, Any]]) -> str:
    """The canonical text of an item's record.

    Raises:
        ValueError: the item's keys are not those of its record, or it is no record.
    """
    try:
        keys = {name: item[name]["S"] for name in KEYS if name in item}
        wire = {name: _value(name, attribute) for name, attribute in item.items() if name not in KEYS}
        _restore(wire, keys)
        expected = _keys_of(wire, _shard(wire))
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"it is not a record's item ({error!r})") from error
    if wrong := sorted(name for name in KEYS if keys.get(name) != expected.get(name)):
        raise ValueError(f"its keys are not those of its record: {', '.join(wrong)}")
    return json.dumps(wire, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _restore(wire: dict[str, Any], keys: Mapping[str, str]) -> None:
    """Fill in the fields that only the keys hold."""
    kind, model, version, _, _ = keys["pk"].split("#")
    started, record, phase = keys["sk"].split("#")
    if kind != "A":
        raise ValueError("it does not lie where records lie")
    held = {"m": model, "mv": version, "t0": started, "id": record, "ph": phase}
    for name, value in held.items():
        wire.setdefault(name, value)
    if "g1" in keys:
        wire.setdefault("ca", keys["g1"][2:].rsplit("#", 2)[0])
    if "g2" in keys:
        wire.setdefault("ex", keys["g2"][2:])


def _shard(wire: Mapping[str, Any]) -> int:
    shards = wire.get("sh", 1)
    if not 1 <= shards <= MOST_SHARDS:
        raise ValueError("sh is not what it should be")
    return int.from_bytes(sha256(wire["iv"].encode()).digest()[:4]) % int(shards)


def _keys_of(wire: Mapping[str, Any], shard: int) -> dict[str, str]:
    time: str = wire["t0"]
    day = time[:10].replace("-", "")
    keys = {
        "pk": f"A#{wire['m']}#{wire['mv']}#{day}{time[10:13]}#{shard}",
        "sk": f"{time}#{wire['id']}#{wire['ph']}",
    }
    if "ex" in wire:
        keys["g2"] = f"T#{wire['ex']}"
    if wire["ph"] != _STARTED:
        if "ca" in wire:
            keys["g1"] = f"C#{wire['ca']}#{day}#{shard}"
        if "ih" in wire:
            keys["g3"] = f"H#{_hex(wire['ih'])[:16]}#{day}"
    return keys


def _value(name: str, attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    if (kind == "B") != (FIELDS.get(name) in {BYTES, DIGEST}):
        raise ValueError(f"{name} is of another type")
    match kind:
        case "S" | "BOOL":
            return value
        case "N":
            return int(value)
        case "B":
            return urlsafe_b64encode(bytes(value)).decode().rstrip("=")
        case "L":
            return [part["S"] for part in value]
        case _:
            raise ValueError(f"{name} is of type {kind}")


def _hex(text: str) -> str:
    return digest_bytes(text).hex()
