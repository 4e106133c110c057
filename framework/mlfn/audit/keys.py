"""Where a record lies in the table and its indexes, by the questions it answers: docs/audit-record.md §4."""

from __future__ import annotations

from mlfn.sha256 import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST_SHARDS = 64
"""Partitions that an hour of a model version may be spread over."""
SHARDED = "S#"
"""The `g1` partition that says on which days which models had more than one shard."""
START = "started"
"""The one phase that no index points to: its attempt's end phase will."""


def hour_of(time: str) -> str:
    """`20261123T06` for a record's time."""
    return f"{time[:4]}{time[5:7]}{time[8:13]}"


def day_of(time: str) -> str:
    """`20261123` for a record's time."""
    return f"{time[:4]}{time[5:7]}{time[8:10]}"


def shard_of(invocation: str, shards: int) -> int:
    """Which of `shards` partitions the phases of an invocation share."""
    return 0 if shards == 1 else int.from_bytes(sha256(invocation.encode())[:4], "big") % shards


def model_key(model: str, version: str, hour: str, shard: int) -> str:
    """The partition of a model version's hour."""
    return f"A#{model}#{version}#{hour}#{shard}"


def caller_key(caller: str, day: str, shard: int) -> str:
    """The `g1` partition of a caller's day."""
    return f"C#{caller}#{day}#{shard}"


def execution_key(execution: str) -> str:
    """The `g2` partition of a pipeline's execution."""
    return f"T#{execution}"


def input_key(digest_hex: str, day: str) -> str:
    """The `g3` partition of an input's day: by the first 16 hex digits of its digest."""
    return f"H#{digest_hex[:16]}#{day}"


def directory_key(model: str) -> str:
    """The partition that lists which hours of a model hold records."""
    return f"B#{model}"


def directory_sort(hour: str, version: str, function_version: str, shard: int) -> str:
    """One entry of that list."""
    return f"{hour}#{version}#{function_version}#{shard}"


def sharded_sort(day: str, shards: int | str) -> str:
    """An entry among the directory's that says how many shards a day has; it sorts before those of hours."""
    return f"#{day}#{shards}"


def keys_of(wire: dict[str, Any], input_hex: str | None) -> dict[str, str]:
    """The key attributes of a record in its wire form."""
    time, shard = wire["t0"], shard_of(wire["iv"], wire.get("sh", 1))
    keys = {
        "pk": model_key(wire["m"], wire["mv"], hour_of(time), shard),
        "sk": f"{time}#{wire['id']}#{wire['ph']}",
    }
    if "ex" in wire:
        keys["g2"] = execution_key(wire["ex"])
    if wire["ph"] == START:
        return keys
    if "ca" in wire:
        keys["g1"] = caller_key(wire["ca"], day_of(time), shard)
    if input_hex is not None:
        keys["g3"] = input_key(input_hex, day_of(time))
    return keys
