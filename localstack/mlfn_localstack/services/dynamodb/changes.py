"""Writes to items: the item, its index rows and its stream record, all in one turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlfn_localstack.services.dynamodb.keys import RowKey
    from mlfn_localstack.services.dynamodb.model import Table
    from mlfn_localstack.services.dynamodb.storage import Items
    from mlfn_localstack.services.dynamodb.stored import Stored
    from mlfn_localstack.services.dynamodb.stream_log import StreamLog


class Changes:
    """The one door through which items change."""

    def __init__(self, items: Items, streams: StreamLog) -> None:
        self._items = items
        self._streams = streams

    def write(self, table: Table, key: RowKey, old: Stored | None, new: Stored | None, *, by_ttl: bool = False) -> None:
        """Replace `old` by `new`; None is no item. A table with indexes or a stream needs the true `old`."""
        if new is not None and new is not old:
            self._items.put(table, key, new, old)
        elif new is None and old is not None:
            self._items.delete(table, key, old)
        if table.stream is not None:
            self._streams.append(table, table.stream, old, new, by_ttl=by_ttl)
