"""Indexes as answers show them while they are made and dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.target import Kind

if TYPE_CHECKING:
    from tests.fixtures.target import Target

DEFINITIONS = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "kind")]
BY_KIND = {
    "IndexName": "by-kind",
    "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}


def test_indexes_are_shown_being_made_and_dropped(target: Target, name: str) -> None:
    if target.kind is Kind.AWS:
        pytest.skip("an index takes minutes")
    dynamodb = target.client("dynamodb")

    def index_of(table: dict[str, Any]) -> dict[str, Any]:
        (index,) = table["GlobalSecondaryIndexes"]
        return dict(index)

    def updated(change: dict[str, Any]) -> dict[str, Any]:
        changes = {"AttributeDefinitions": DEFINITIONS, "GlobalSecondaryIndexUpdates": [change]}
        answer = index_of(dynamodb.update_table(TableName=name, **changes)["TableDescription"])
        dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
        return answer

    made = dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=DEFINITIONS,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[BY_KIND],
    )["TableDescription"]
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})

    assert index_of(made)["IndexStatus"] == "CREATING"
    assert index_of(dynamodb.describe_table(TableName=name)["Table"])["IndexStatus"] == "ACTIVE"
    assert updated({"Delete": {"IndexName": "by-kind"}})["IndexStatus"] == "DELETING"
    assert "GlobalSecondaryIndexes" not in dynamodb.describe_table(TableName=name)["Table"]
    again = updated({"Create": BY_KIND})
    assert (again["IndexStatus"], again["Backfilling"]) == ("CREATING", False)
    dynamodb.delete_table(TableName=name)
