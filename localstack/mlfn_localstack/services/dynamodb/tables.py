"""The tables there are: kept in memory, durable in the store."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb.errors import constraint, constraints, resource_not_found, validation
from mlfn_localstack.services.dynamodb.model import Table, from_document, to_document
from mlfn_localstack.services.dynamodb.table_keys import TableKeys, key_of

if TYPE_CHECKING:
    from mlfn_localstack.store import Store

_NAME = re.compile(r"[a-zA-Z0-9_.-]+")
_ARN = re.compile(r"arn:aws[a-z-]*:dynamodb:[^:]*:\d{12}:table/(?P<name>[a-zA-Z0-9_.-]+)(?:/.*)?")


class Tables:
    """Tables by name."""

    def __init__(self, store: Store, keys: TableKeys) -> None:
        self._keys = keys
        self._documents = store.documents("dynamodb-table")
        self._counter = store.documents("dynamodb-counter")
        self._tables = {name: from_document(document) for name, document in self._documents.items()}
        self._open = {name: table for name, table in self._tables.items() if not key_of(table.encryption)}
        """Those under no key of the owner's, which need no look at it."""

    def find(self, name: str) -> Table | None:
        """A table by name, or None."""
        return self._tables.get(name)

    def by_id(self, number: int) -> Table | None:
        """A table by the number that marks its rows."""
        return next((table for table in self._tables.values() if table.id == number), None)

    def get(self, reference: Any) -> Table:
        """A table by name or ARN, for the data plane.

        Raises:
            ServiceError: the name is malformed, ResourceNotFoundException, or nobody can use the table's key.
        """
        table = self._open.get(reference) if isinstance(reference, str) else None
        if table is None:
            table = self._tables.get(table_name(reference))
            if table is None:
                raise resource_not_found()
            self._keys.check(table)
        return table

    def named(self, reference: Any) -> Table:
        """A table by name or ARN, for the control plane, whose refusal names it."""
        name = table_name(reference, minimum=3)
        if name not in self._tables:
            raise resource_not_found(name)
        table = self._tables[name]
        if reference != name and reference.split(":")[3] != table.arn.split(":")[3]:
            raise validation(f"1 validation error detected: Invalid AWS region in '{reference}'")
        return table

    def names(self) -> list[str]:
        """All names, in order."""
        return sorted(self._tables)

    def all(self) -> list[Table]:
        """All tables, by name."""
        return [self._tables[name] for name in self.names()]

    def next_id(self) -> int:
        """A number no table had before."""
        number = int(self._counter.get("table") or 0) + 1
        self._counter.put("table", number)
        return number

    def save(self, table: Table) -> None:
        """Add or replace a table."""
        self._tables[table.name] = table
        if key_of(table.encryption):
            self._open.pop(table.name, None)
        else:
            self._open[table.name] = table
        self._documents.put(table.name, to_document(table))

    def remove(self, table: Table) -> None:
        """Forget a table."""
        del self._tables[table.name]
        self._open.pop(table.name, None)
        self._documents.delete(table.name)


def table_name(reference: Any, *, minimum: int = 1) -> str:
    """The name in a name or ARN.

    Raises:
        ServiceError: ValidationException, as the API's model words it.
    """
    if not isinstance(reference, str):
        raise constraint("null", "tableName", "Member must not be null")
    match = _ARN.fullmatch(reference)
    name = match["name"] if match else reference
    if len(name) > 255:
        raise constraint(f"'{name}'", "tableName", "Member must have length less than or equal to 255")
    broken = [f"Member must have length greater than or equal to {minimum}"] * (len(name) < minimum)
    broken += ["Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"] * (not _NAME.fullmatch(name))
    if broken:
        raise constraints([(f"'{name}'", "tableName", rule) for rule in broken])
    return name
