"""Indexes that show keys alone: the same answers whatever the keys' kinds, page by page, in both directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.functional.dynamodb.conftest import Lab

SORTS: dict[str, Callable[[int], Any]] = {
    "S": lambda number: f"é{number}",
    "N": str,
    "B": lambda number: "AAE" + "ABCDEFGH"[number] + "/w==",
}


def table(lab: Lab, sort: str, *, ranged: bool) -> None:
    """A table of `pk` and `n` with the index `gsi` of `g` and, if it is ranged, `s`."""
    index_key = [("g", "HASH"), ("s", "RANGE")] if ranged else [("g", "HASH")]
    lab.call(
        "CreateTable",
        TableName="keyed",
        KeySchema=keys([("pk", "HASH"), ("n", "RANGE")]),
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": kind}
            for name, kind in {"pk": "S", "n": sort, "g": "S", **({"s": sort} if ranged else {})}.items()
        ],
        GlobalSecondaryIndexes=[
            {"IndexName": "gsi", "KeySchema": keys(index_key), "Projection": {"ProjectionType": "KEYS_ONLY"}}
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def keys(names: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in names]


@pytest.mark.parametrize("ranged", [True, False], ids=["with a sort key", "without a sort key"])
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("forward", [True, False], ids=["forward", "backward"])
def test_pages_of_an_index_of_keys(lab: Lab, sort: str, ranged: bool, forward: bool) -> None:
    table(lab, sort, ranged=ranged)
    shown = []
    for number in range(5):
        data = {sort: SORTS[sort](number)}
        item = {"pk": {"S": "p"}, "n": data, "g": {"S": "ü"}, **({"s": data} if ranged else {})}
        lab.call("PutItem", TableName="keyed", Item=item | {"more": {"S": "never shown"}})
        shown.append(item)
    lab.call("PutItem", TableName="keyed", Item={"pk": {"S": "other"}, "n": {sort: SORTS[sort](0)}})

    found: list[Any] = []
    start: dict[str, Any] = {}
    while True:
        page = lab.call(
            "Query",
            TableName="keyed",
            IndexName="gsi",
            KeyConditionExpression="g = :g",
            ExpressionAttributeValues={":g": {"S": "ü"}},
            ScanIndexForward=forward,
            Limit=2,
            ReturnConsumedCapacity="TOTAL",
            **start,
        )
        found += page["Items"]
        assert page["ConsumedCapacity"]["CapacityUnits"] == 0.5
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    assert found == (shown if forward else shown[::-1])
