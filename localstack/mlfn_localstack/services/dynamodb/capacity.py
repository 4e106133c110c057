"""Consumed capacity and item collection metrics, as DynamoDB counts and reports them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb.errors import constraint
from mlfn_localstack.services.dynamodb.keys import index_row
from mlfn_localstack.services.dynamodb.values import item_size

if TYPE_CHECKING:
    from mlfn_localstack.service import Params
    from mlfn_localstack.services.dynamodb.model import Index, Table
    from mlfn_localstack.services.dynamodb.stored import Stored
    from mlfn_localstack.services.dynamodb.values import Item

WRITE_UNIT = 1024
READ_UNIT = 4096
MODES = ("INDEXES", "TOTAL", "NONE")


@dataclass(slots=True, kw_only=True)
class Consumed:
    """The capacity one request used of one table; grows as the request goes on."""

    table: Table
    units: float = 0.0
    indexes: dict[str, float] = field(default_factory=dict)
    transaction: str | None = None
    """`Read` or `Write` inside a transaction, which reports those units by name."""

    def add(self, units: float) -> None:
        """Count units of the table itself."""
        self.units += units

    def add_index(self, index: Index, units: float) -> None:
        """Count units of an index."""
        self.indexes[index.name] = self.indexes.get(index.name, 0.0) + units

    def write(self, old: Stored | None, new: Stored | None, factor: int = 1) -> None:
        """Count a write that replaced `old` by `new`."""
        larger = max(old.size if old else 0, new.size if new else 0)
        self.add(factor * write_units(larger))
        for index in self.table.indexes:
            units = _index_units(self.table, index, old and old.item, new and new.item)
            if units:
                self.add_index(index, factor * units)

    def report(self, mode: str) -> dict[str, Any]:
        """ConsumedCapacity in the API's form."""
        total = self.units + sum(self.indexes.values())
        report: dict[str, Any] = {"TableName": self.table.name, **self._units(total)}
        if mode == "INDEXES":
            report["Table"] = self._units(self.units)
            for member, indexes in (
                ("LocalSecondaryIndexes", self.table.local_indexes),
                ("GlobalSecondaryIndexes", self.table.global_indexes),
            ):
                used = {i.name: self._units(self.indexes[i.name]) for i in indexes if i.name in self.indexes}
                if used:
                    report[member] = used
        return report

    def _units(self, units: float) -> dict[str, float]:
        named = {f"{self.transaction}CapacityUnits": units} if self.transaction else {}
        return {"CapacityUnits": units, **named}


def write_units(size: int) -> float:
    """Write units of an item; the smallest write costs one."""
    return float(max(1, -(-size // WRITE_UNIT)))


def read_units(size: int, *, consistent: bool) -> float:
    """Read units of so many bytes; the smallest read costs half a unit, or one if consistent."""
    return max(1, -(-size // READ_UNIT)) * (1.0 if consistent else 0.5)


def capacity_mode(params: Params) -> str | None:
    """ReturnConsumedCapacity, or None if nothing is to be reported."""
    mode = params.get("ReturnConsumedCapacity")
    if mode is None or mode == "NONE":
        return None
    if mode not in MODES:
        rule = f"Member must satisfy enum value set: [{', '.join(MODES)}]"
        raise constraint(f"'{mode}'", "returnConsumedCapacity", rule)
    return str(mode)


def projected_size(table: Table, index: Index, stored: Stored) -> int:
    """The size of an item as an index holds it."""
    names = index.projected(table.schema)
    if names is None:
        return stored.size
    return item_size({name: value for name, value in stored.item.items() if name in names})


def collection_metrics(table: Table, key: Item, size: int) -> dict[str, Any]:
    """ItemCollectionMetrics: the range of whole gigabytes a partition of a table with local indexes falls in."""
    gigabytes = size // 2**30
    name = table.schema.hash.name
    return {"ItemCollectionKey": {name: key[name]}, "SizeEstimateRangeGB": [float(gigabytes), float(gigabytes + 1)]}


def _index_units(table: Table, index: Index, old: Item | None, new: Item | None) -> float:
    """Write units of the change an index sees: a changed key is a removal and an insertion."""
    before = _projection(table, index, old)
    after = _projection(table, index, new)
    if before == after:
        return 0.0
    if before and after and index_row(index, before) == index_row(index, after):
        return write_units(max(item_size(before), item_size(after)))
    return sum(write_units(item_size(image)) for image in (before, after) if image)


def _projection(table: Table, index: Index, item: Item | None) -> Item | None:
    if item is None or index_row(index, item) is None:
        return None
    names = index.projected(table.schema)
    return item if names is None else {name: value for name, value in item.items() if name in names}
