"""How many items tables and indexes have, and their bytes: counted once, then kept up with every write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlfn_localstack.services.dynamodb.model import Index, Table
    from mlfn_localstack.services.dynamodb.stored import Stored
    from mlfn_localstack.store import Store

_KIND, _KEY = "dynamodb-totals", "all"
_ITSELF = 0
"""Stands for the table, where indexes have their numbers."""


@dataclass(slots=True)
class Total:
    """Items and their bytes."""

    items: int
    size: int


class Totals:
    """The totals that are known, in memory; in the store only while nobody writes to it.

    After an end by force they are counted anew, when somebody asks.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._documents = store.documents(_KIND)
        saved = self._documents.get(_KEY)
        self._known = {(table, index): Total(items, size) for table, index, items, size in saved or ()}
        self._is_saved = saved is not None
        self._withdraw()

    def save(self) -> None:
        """Leave what is known to the next start."""
        self._documents.put(_KEY, [[*place, total.items, total.size] for place, total in self._known.items()])
        self._is_saved = True

    def replaced(self, table: Table, index: Index | None, old: Stored | None, new: Stored | None) -> None:
        """Keep up with a write to the table or to one of its indexes; None is no item there."""
        if self._is_saved:
            self._withdraw()
        total = self._known.get((table.id, index.number if index else _ITSELF))
        if total is not None:
            total.items += (new is not None) - (old is not None)
            total.size += (new.size if new else 0) - (old.size if old else 0)

    def begin(self, table: Table, index: Index) -> None:
        """An index is empty: every item that it gets will be told of."""
        self._known[table.id, index.number] = Total(0, 0)

    def forget(self, table: Table, index: Index | None = None) -> None:
        """Count a table or index anew when somebody asks."""
        if self._is_saved:
            self._withdraw()
        self._known.pop((table.id, index.number if index else _ITSELF), None)

    def of_table(self, table: Table) -> Total:
        """A table's total."""
        known = self._known.get((table.id, _ITSELF))
        if known is None:
            sql = "SELECT count(*), coalesce(sum(size), 0) FROM dynamodb_rows WHERE tbl=?"
            known = self._known[table.id, _ITSELF] = Total(*self._store.execute(sql, (table.id,)).fetchone())
        return known

    def of_index(self, table: Table, index: Index) -> Total:
        """An index's total; approximate (as in AWS): whole items, and if they must be counted, of middling size."""
        known = self._known.get((table.id, index.number))
        if known is None:
            sql = "SELECT count(*) FROM dynamodb_index WHERE tbl=? AND idx=?"
            (items,) = self._store.execute(sql, (table.id, index.number)).fetchone()
            whole = self.of_table(table)
            known = Total(items, whole.size * items // max(whole.items, 1))
            self._known[table.id, index.number] = known
        return known

    def _withdraw(self) -> None:
        if self._is_saved:
            self._documents.delete(_KEY)
            self._is_saved = False
