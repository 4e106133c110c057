"""Where a trail is verified from: an exported file, or the table and the bucket themselves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_audit.checkpoint import Sealed
from mlfn_audit.directory import items_of, partitions
from mlfn_audit.verifying.items import text_of
from mlfn_audit.verifying.report import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn_audit.bucket import CheckpointBucket
    from mlfn_audit.directory import TableClient
    from mlfn_audit.verifying.report import Report
    from mlfn_audit.verifying.trail import Trail

_FAR = 1 << 36
_RECORD = '{"mlfn_audit":'
_EVENTS = {
    "mlfn.audit.checkpoint.v1": "mlfn_checkpoint",
    "mlfn.audit.export.v1": "mlfn_export",
    "mlfn.audit.damaged.v1": "mlfn_damaged",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSource:
    """A table with the bucket its checkpoints are in."""

    client: TableClient
    table: str
    bucket: CheckpointBucket
    models: tuple[str, ...]


def verify_file(lines: Iterable[bytes], trail: Trail) -> Report:
    """The verdict on an exported trail. The key in the file is not believed: `trail` has its own."""
    for number, line in enumerate(lines, 1):
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            trail.refuse(f"line {number}", "it is not UTF-8")
            continue
        if text.startswith(_RECORD) and text.endswith("}\n"):
            trail.add(text[len(_RECORD) : -2])
        else:
            _add_other(text, number, trail)
    return trail.report()


def verify_table(source: TableSource, trail: Trail) -> Report:
    """The verdict on a trail as it lies in AWS."""
    number = 0
    for number, stored in enumerate(source.bucket.all(), 1):
        if stored.changes:
            trail.refuse(stored.key, f"it was overwritten or deleted {stored.changes} times", Kind.CHECKPOINT)
        _add_checkpoint(_parsed(stored.data), f"checkpoint {number}", trail)
    _check_pointer(source, number, trail)
    for item in items_of(source.client, source.table, partitions(source.client, source.table, source.models)):
        try:
            text = text_of(item)
        except ValueError as error:
            trail.refuse(f"{item['pk']['S']} {item['sk']['S']}", str(error))
        else:
            trail.add(text)
    return trail.report()


def _check_pointer(source: TableSource, number: int, trail: Trail) -> None:
    """The table knows how many checkpoints there have been."""
    pointer = source.client.get_item(
        TableName=source.table, Key={"pk": {"S": "K#"}, "sk": {"S": "latest"}}, ConsistentRead=True
    ).get("Item")
    if pointer and int(pointer["n"]["N"]) > number:
        trail.refuse("the bucket", f"it has {number} checkpoints, the table knows {pointer['n']['N']}", Kind.CHECKPOINT)


def _add_other(text: str, number: int, trail: Trail) -> None:
    match _unwrapped(_parsed(text)):
        case {"mlfn_audit": {**wire}}:
            trail.add(json.dumps(wire, ensure_ascii=False, separators=(",", ":"), sort_keys=True))
        case {"mlfn_checkpoint": document}:
            _add_checkpoint(document, f"line {number}", trail)
        case {"mlfn_damaged": {"pk": pk, "sk": sk, "problem": problem}}:
            trail.refuse(f"{pk} {sk}", str(problem))
        case {"mlfn_export": {"at": int(at)}}:
            trail.note_export(datetime.fromtimestamp(min(max(at, 0), _FAR), UTC))
        case _:
            trail.refuse(f"line {number}", "it is not a line of an exported trail")


def _unwrapped(document: Any) -> Any:
    """What a line means; a CloudEvent is what it carries."""
    match document:
        case {"specversion": "1.0", "type": str(kind), "data": data}:
            name = _EVENTS.get(kind, "mlfn_audit" if kind.startswith("mlfn.invocation.") else kind)
            return {name: data}
        case _:
            return document


def _add_checkpoint(document: Any, where: str, trail: Trail) -> None:
    try:
        trail.add_checkpoint(Sealed.from_json(document))
    except ValueError as error:
        trail.refuse(where, str(error), Kind.CHECKPOINT)


def _parsed(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
