"""What operations do and report: the same test against our emulator and AWS's DynamoDB Local."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.conformance.dynamodb.conftest import Peer

KEY = {"pk": {"S": "a"}, "sk": {"N": "1"}}


def units(answer: dict[str, Any]) -> dict[str, float]:
    """Consumed units by table and index."""
    consumed = answer["ConsumedCapacity"]
    indexes = consumed.get("GlobalSecondaryIndexes", {}) | consumed.get("LocalSecondaryIndexes", {})
    return {"table": consumed["Table"]["CapacityUnits"]} | {
        name: used["CapacityUnits"] for name, used in indexes.items()
    }


def wait_for_index(peer: Peer, table: str) -> None:
    """DynamoDB Local takes a moment to fill an index, and now and then fails to describe the table meanwhile."""
    for _ in range(300):
        try:
            (index,) = peer.dynamodb.describe_table(TableName=table)["Table"]["GlobalSecondaryIndexes"]
        except ClientError as error:
            if not (peer.is_local and error.response["Error"]["Code"] == "InternalFailure"):
                raise
        else:
            if index["IndexStatus"] == "ACTIVE":
                return
        time.sleep(0.1)


def test_a_failed_condition_gives_the_item_that_was_there(peer: Peer, indexed_table: str) -> None:
    item = {**KEY, "data": {"B": b"\x00\xff"}, "n": {"N": "01.50"}}
    peer.dynamodb.put_item(TableName=indexed_table, Item=item)

    with pytest.raises(ClientError) as refused:
        peer.dynamodb.put_item(
            TableName=indexed_table,
            Item=KEY,
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    response: dict[str, Any] = dict(refused.value.response)
    assert response["Item"] == {**item, "n": {"N": "1.5"}}


def test_index_writes_cost_units_only_when_the_index_changes(peer: Peer, indexed_table: str) -> None:
    def put(**attributes: str) -> dict[str, float]:
        item = {**KEY, **{name: {"S": text} for name, text in attributes.items()}}
        return units(peer.dynamodb.put_item(TableName=indexed_table, Item=item, ReturnConsumedCapacity="INDEXES"))

    assert put() == {"table": 1}
    assert put(g="x", l="y") == {"table": 1, "gsi": 1, "lsi": 1}
    assert put(g="x", l="y", other="z") == {"table": 1, "lsi": 1}
    assert put(g="w", l="y", other="z") == {"table": 1, "gsi": 2, "lsi": 1}
    assert put(other="z" * 2000) == {"table": 2, "gsi": 1, "lsi": 1}


def test_reads_cost_by_size_and_consistency(peer: Peer, indexed_table: str) -> None:
    peer.dynamodb.put_item(TableName=indexed_table, Item={**KEY, "data": {"S": "x" * 5000}})

    def get(**params: Any) -> dict[str, float]:
        params = {"TableName": indexed_table, "Key": KEY, "ReturnConsumedCapacity": "INDEXES", **params}
        return units(peer.dynamodb.get_item(**params))

    assert get() == {"table": 1.0}
    assert get(ConsistentRead=True) == {"table": 2.0}


def test_a_page_ends_after_a_megabyte_and_goes_on_at_its_last_key(peer: Peer, indexed_table: str) -> None:
    for number in range(6):
        item = {"pk": {"S": "a"}, "sk": {"N": str(number)}, "data": {"S": "x" * 300_000}}
        peer.dynamodb.put_item(TableName=indexed_table, Item=item)
    query = {
        "TableName": indexed_table,
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": "a"}},
        "Select": "COUNT",
    }

    first = peer.dynamodb.query(**query)
    second = peer.dynamodb.query(**query, ExclusiveStartKey=first["LastEvaluatedKey"])

    assert (first["Count"], first["LastEvaluatedKey"]["sk"]) == (4, {"N": "3"})
    assert (second["Count"], second.get("LastEvaluatedKey")) == (2, None)


def test_a_global_index_is_sparse_and_follows_its_items(peer: Peer, indexed_table: str) -> None:
    for number, group in enumerate(["x", "x", "y"]):
        item = {"pk": {"S": f"p{number}"}, "sk": {"N": "1"}, "g": {"S": group}, "other": {"S": "z"}}
        peer.dynamodb.put_item(TableName=indexed_table, Item=item)
    peer.dynamodb.put_item(TableName=indexed_table, Item={"pk": {"S": "p9"}, "sk": {"N": "1"}})
    peer.dynamodb.update_item(
        TableName=indexed_table, Key={"pk": {"S": "p0"}, "sk": {"N": "1"}}, UpdateExpression="REMOVE g"
    )

    answer = peer.dynamodb.query(
        TableName=indexed_table,
        IndexName="gsi",
        KeyConditionExpression="g = :g",
        ExpressionAttributeValues={":g": {"S": "x"}},
    )

    assert answer["Items"] == [{"pk": {"S": "p1"}, "sk": {"N": "1"}, "g": {"S": "x"}}]
    assert peer.dynamodb.scan(TableName=indexed_table, IndexName="gsi", Select="COUNT")["Count"] == 2


def test_segments_of_a_scan_cover_every_item_once(peer: Peer, indexed_table: str) -> None:
    for number in range(40):
        peer.dynamodb.put_item(TableName=indexed_table, Item={"pk": {"S": f"p{number}"}, "sk": {"N": "1"}})

    found = []
    for segment in range(3):
        pages = peer.dynamodb.get_paginator("scan").paginate(
            TableName=indexed_table, Segment=segment, TotalSegments=3, PaginationConfig={"PageSize": 7}
        )
        found += [item["pk"]["S"] for page in pages for item in page["Items"]]

    assert sorted(found) == sorted(f"p{number}" for number in range(40))


def test_a_transaction_happens_as_a_whole_or_says_why_not(peer: Peer, indexed_table: str) -> None:
    peer.dynamodb.put_item(TableName=indexed_table, Item=KEY)
    other = {"pk": {"S": "b"}, "sk": {"N": "1"}}
    check = {
        "TableName": indexed_table,
        "Key": KEY,
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }

    with pytest.raises(ClientError) as refused:
        peer.dynamodb.transact_write_items(
            TransactItems=[{"Put": {"TableName": indexed_table, "Item": other}}, {"ConditionCheck": check}]
        )

    reasons = refused.value.response["CancellationReasons"]
    assert refused.value.response["Error"]["Code"] == "TransactionCanceledException"
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    assert reasons[1]["Item"] == KEY
    assert "Item" not in peer.dynamodb.get_item(TableName=indexed_table, Key=other)


def test_a_transaction_is_done_once_under_one_token(peer: Peer, indexed_table: str) -> None:
    change = {
        "TableName": indexed_table,
        "Key": KEY,
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    request = {"TransactItems": [{"Update": change}], "ClientRequestToken": f"token-{indexed_table}"}

    peer.dynamodb.transact_write_items(**request)
    peer.dynamodb.transact_write_items(**request)

    assert peer.dynamodb.get_item(TableName=indexed_table, Key=KEY)["Item"]["n"] == {"N": "1"}
    other = {"TransactItems": [{"Delete": {"TableName": indexed_table, "Key": KEY}}]}
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        peer.dynamodb.transact_write_items(**(request | other))


def test_a_batch_writes_and_reads_several_items(peer: Peer, indexed_table: str) -> None:
    keys = [{"pk": {"S": f"p{number}"}, "sk": {"N": "1"}} for number in range(3)]
    peer.dynamodb.put_item(TableName=indexed_table, Item=keys[2])
    puts = [{"PutRequest": {"Item": {**key, "v": {"S": "new"}}}} for key in keys[:2]]

    written = peer.dynamodb.batch_write_item(RequestItems={indexed_table: [*puts, {"DeleteRequest": {"Key": keys[2]}}]})
    read = peer.dynamodb.batch_get_item(RequestItems={indexed_table: {"Keys": keys, "ProjectionExpression": "v"}})

    assert written["UnprocessedItems"] == {}
    assert read["Responses"][indexed_table] == [{"v": {"S": "new"}}] * 2


def test_a_stream_shows_inserts_changes_and_removals_with_their_images(peer: Peer) -> None:
    table = peer.create("pk:S", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    arn = peer.dynamodb.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    item = {"pk": {"S": "a"}, "n": {"N": "1"}}
    peer.dynamodb.put_item(TableName=table, Item=item)
    peer.dynamodb.put_item(TableName=table, Item=item)
    peer.dynamodb.put_item(TableName=table, Item={**item, "n": {"N": "2"}})
    peer.dynamodb.delete_item(TableName=table, Key={"pk": {"S": "a"}})
    peer.dynamodb.delete_item(TableName=table, Key={"pk": {"S": "a"}})

    (shard,) = peer.streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = peer.streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = peer.streams.get_records(ShardIterator=iterator)["Records"]

    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    assert records[1]["dynamodb"]["OldImage"] == item
    assert records[1]["dynamodb"]["NewImage"]["n"] == {"N": "2"}
    assert [record["dynamodb"]["SizeBytes"] for record in records] == [9, 15, 9]


def test_a_new_index_is_filled_from_the_table(peer: Peer) -> None:
    table = peer.create("pk:S")
    for number in range(5):
        peer.dynamodb.put_item(TableName=table, Item={"pk": {"S": str(number)}, "g": {"S": "x"}})
    index = {
        "IndexName": "late",
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    peer.dynamodb.update_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": "g", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": index}],
    )

    wait_for_index(peer, table)
    assert peer.dynamodb.scan(TableName=table, IndexName="late", Select="COUNT")["Count"] == 5


def test_a_time_to_live_setting_is_told_and_cannot_be_set_twice(peer: Peer) -> None:
    table = peer.create("pk:S")
    setting = {"TableName": table, "TimeToLiveSpecification": {"AttributeName": "expiry", "Enabled": True}}

    peer.dynamodb.update_time_to_live(**setting)

    told = peer.dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert told == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiry"}
    with pytest.raises(ClientError, match="TimeToLive is already enabled"):
        peer.dynamodb.update_time_to_live(**setting)


@pytest.mark.parametrize(
    ("returned", "attributes"),
    [
        ("ALL_OLD", {**KEY, "n": {"N": "1"}}),
        ("UPDATED_OLD", {"n": {"N": "1"}}),
        ("ALL_NEW", {**KEY, "n": {"N": "3"}, "m": {"S": "x"}}),
        ("UPDATED_NEW", {"n": {"N": "3"}, "m": {"S": "x"}}),
    ],
)
def test_an_update_returns_what_was_asked_for(
    peer: Peer, indexed_table: str, returned: str, attributes: dict[str, Any]
) -> None:
    peer.dynamodb.put_item(TableName=indexed_table, Item={**KEY, "n": {"N": "1"}})

    answer = peer.dynamodb.update_item(
        TableName=indexed_table,
        Key=KEY,
        UpdateExpression="SET n = n + :two, m = :x",
        ExpressionAttributeValues={":two": {"N": "2"}, ":x": {"S": "x"}},
        ReturnValues=returned,
    )

    assert answer["Attributes"] == attributes
