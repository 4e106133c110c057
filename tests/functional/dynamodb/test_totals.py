"""What DescribeTable counts: kept up with every write, over restarts, and counted anew where it cannot be known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from tests.functional.dynamodb.conftest import Lab

INDEX = {
    "IndexName": "gsi",
    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
UNIQUE = {"ConditionExpression": "attribute_not_exists(pk)"}


def table(lab: Lab) -> None:
    """The table `items` with the index `gsi` of `g`."""
    lab.call(
        "CreateTable",
        TableName="items",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "g")],
        GlobalSecondaryIndexes=[INDEX],
        BillingMode="PAY_PER_REQUEST",
    )


def put(lab: Lab, key: str, **more: str) -> None:
    """Write an item: its size is that of its names and texts."""
    lab.call("PutItem", TableName="items", Item={name: {"S": text} for name, text in {"pk": key, **more}.items()})


def totals(lab: Lab) -> list[tuple[int, int]]:
    """Items and bytes of the table, then of its indexes."""
    shown: dict[str, Any] = lab.call("DescribeTable", TableName="items")["Table"]
    indexes = shown.get("GlobalSecondaryIndexes", [])
    table_total = (shown["ItemCount"], shown["TableSizeBytes"])
    return [table_total, *((index["ItemCount"], index["IndexSizeBytes"]) for index in indexes)]


def written(lab: Lab) -> list[tuple[int, int]]:
    """Put, replace, update and delete; gives what is there then."""
    put(lab, "a", g="g")
    put(lab, "b")
    put(lab, "c", g="g")
    put(lab, "a", g="g", text="longer")
    put(lab, "d", g="g")
    lab.call("DeleteItem", TableName="items", Key={"pk": {"S": "d"}})
    lab.call("DeleteItem", TableName="items", Key={"pk": {"S": "never there"}})
    lab.call("UpdateItem", TableName="items", Key={"pk": {"S": "c"}}, UpdateExpression="REMOVE g")
    return [(3, 15 + 3 + 3), (1, 15)]


def stopped(lab: Lab) -> None:
    """End the services in good order."""
    asyncio.run(lab.dynamodb.stop())
    lab.store.close()


def test_totals_keep_up_with_writes(lab: Lab) -> None:
    table(lab)

    assert totals(lab) == [(0, 0), (0, 0)]
    assert written(lab) == totals(lab)


def test_totals_are_the_same_after_a_restart(open_lab: Callable[[], Lab]) -> None:
    lab = open_lab()
    table(lab)
    before = written(lab)
    stopped(lab)

    again = open_lab()

    assert totals(again) == before
    put(again, "e", g="g")
    assert totals(again) == [(4, 26), (2, 20)]
    again.store.close()


def test_totals_are_counted_anew_after_an_end_by_force(open_lab: Callable[[], Lab]) -> None:
    lab = open_lab()
    table(lab)
    put(lab, "a", g="g")
    stopped(lab)
    killed = open_lab()
    put(killed, "b", g="g")
    killed.store.close()

    again = open_lab()

    assert totals(again) == [(2, 10), (2, 10)]
    again.store.close()


def test_what_is_written_while_the_services_end_counts(open_lab: Callable[[], Lab]) -> None:
    lab = open_lab()
    table(lab)
    asyncio.run(lab.dynamodb.stop())
    put(lab, "late", g="g")
    lab.store.close()

    again = open_lab()

    assert totals(again) == [(1, 8), (1, 8)]
    again.store.close()


def test_a_replaced_item_of_a_table_without_indexes_counts_once(lab: Lab) -> None:
    lab.create()
    assert totals(lab) == [(0, 0)]

    put(lab, "a")
    assert totals(lab) == [(1, 3)]
    put(lab, "a", text="b")
    assert totals(lab) == [(1, 8)]
    lab.call("PutItem", TableName="items", Item={"pk": {"S": "b"}}, **UNIQUE)

    assert totals(lab) == [(2, 11)]


def test_an_index_that_is_added_counts_what_it_holds(lab: Lab) -> None:
    lab.create()
    put(lab, "a", g="g")
    put(lab, "b")

    lab.call(
        "UpdateTable",
        TableName="items",
        AttributeDefinitions=[{"AttributeName": "g", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": INDEX}],
    )

    assert totals(lab) == [(2, 8), (1, 5)]


def test_a_table_made_anew_is_empty(lab: Lab) -> None:
    table(lab)
    put(lab, "a", g="g")
    lab.call("DeleteTable", TableName="items")

    table(lab)

    assert totals(lab) == [(0, 0), (0, 0)]
