"""A trail in one file: checkpoints, then every record, one JSON object a line (docs/audit-trail.md §5)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn.audit.codec import canonical
from mlfn.audit.item import from_item
from mlfn_audit.directory import partition_items, partitions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlfn_audit.bucket import CheckpointBucket
    from mlfn_audit.directory import Item, TableClient


def export(
    client: TableClient, table: str, models: Iterable[str], *, bucket: CheckpointBucket, at: int
) -> Iterator[bytes]:
    """The lines of the whole trail, as it is at this moment (seconds since 1970)."""
    yield _line("mlfn_export", {"table": table, "at": at})
    for stored in bucket.all():
        yield _line("mlfn_checkpoint", _document(stored.data))
    for part in partitions(client, table, models):
        for item in partition_items(client, table, part.key):
            yield record_line(item)


def record_line(item: Item) -> bytes:
    """One record; an item that is none is exported as damaged, so that verification tells of it."""
    try:
        return b'{"mlfn_audit":%b}\n' % canonical(from_item(item))
    except (KeyError, TypeError, ValueError) as error:
        return _line("mlfn_damaged", {"pk": item["pk"]["S"], "sk": item["sk"]["S"], "problem": repr(error)})


def _document(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data.decode("utf-8", "replace")


def _line(kind: str, value: Any) -> bytes:
    return json.dumps({kind: value}, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
