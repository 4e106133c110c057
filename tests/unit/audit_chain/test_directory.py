"""Partitions read one after the other: in order, whatever answers first, and asked for ahead."""

from __future__ import annotations

from threading import Event
from typing import Any

from mlfn_audit.directory import Partition, items_of

PATIENCE_S = 60


class Slow:
    """A table of numbered partitions whose first answer waits until others are asked for."""

    def __init__(self, waits_for: int) -> None:
        self.asked: list[int] = []
        self._waits_for = waits_for
        self._is_enough = Event()

    def query(self, **request: Any) -> Any:
        """`Query`: two pages of one item each."""
        number = int(request["ExpressionAttributeValues"][":p"]["S"])
        if "ExclusiveStartKey" in request:
            return {"Items": [item(number, "b")]}
        self.asked.append(number)
        if len(self.asked) > self._waits_for:
            self._is_enough.set()
        if number == 0:
            assert self._is_enough.wait(PATIENCE_S)
        return {"Items": [item(number, "a")], "LastEvaluatedKey": item(number, "a")}


def item(number: int, sort: str) -> dict[str, Any]:
    """An item's key."""
    return {"pk": {"S": str(number)}, "sk": {"S": sort}}


def parts(count: int) -> list[Partition]:
    """Partitions of as many hours."""
    return [Partition(hour=str(number), key=str(number)) for number in range(count)]


def test_the_next_partitions_are_asked_for_while_one_is_waited_for() -> None:
    table: Any = Slow(waits_for=3)

    found = list(items_of(table, "audit", parts(7)))

    assert found == [item(number, sort) for number in range(7) for sort in "ab"]


def test_who_reads_no_further_asks_for_few_partitions() -> None:
    table: Any = Slow(waits_for=0)

    items: Any = items_of(table, "audit", parts(100))
    assert next(items) == item(0, "a")
    items.close()

    assert len(table.asked) <= 5


def test_no_partitions_have_no_items() -> None:
    table: Any = Slow(waits_for=0)

    assert list(items_of(table, "audit", [])) == []
