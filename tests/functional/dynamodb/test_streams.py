"""Reading streams: positions, the end of a closed shard, and what is kept of a deleted table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from tests.functional.dynamodb.conftest import Lab

STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}


def iterator(lab: Lab, kind: str, **params: Any) -> str:
    """An iterator over the shard of the table `items`."""
    (stream,) = lab.call("ListStreams", TableName="items")["Streams"]
    (shard,) = lab.call("DescribeStream", StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]
    start = {"StreamArn": stream["StreamArn"], "ShardId": shard["ShardId"], "ShardIteratorType": kind, **params}
    return str(lab.call("GetShardIterator", **start)["ShardIterator"])


def put(lab: Lab, key: str) -> None:
    """One item."""
    lab.call("PutItem", TableName="items", Item={"pk": {"S": key}})


def keys(answer: Any) -> list[str]:
    """The keys of records."""
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in answer["Records"]]


def test_latest_shows_only_what_comes_after(lab: Lab) -> None:
    lab.create(StreamSpecification=STREAM)
    put(lab, "before")

    latest = iterator(lab, "LATEST")
    put(lab, "after")

    assert keys(lab.call("GetRecords", ShardIterator=latest)) == ["after"]


def test_reading_goes_on_where_it_stopped(lab: Lab) -> None:
    lab.create(StreamSpecification=STREAM)
    for key in "abc":
        put(lab, key)

    first = lab.call("GetRecords", ShardIterator=iterator(lab, "TRIM_HORIZON"), Limit=2)
    second = lab.call("GetRecords", ShardIterator=first["NextShardIterator"])
    sequence = first["Records"][0]["dynamodb"]["SequenceNumber"]
    after = iterator(lab, "AFTER_SEQUENCE_NUMBER", SequenceNumber=sequence)

    assert (keys(first), keys(second)) == (["a", "b"], ["c"])
    assert keys(lab.call("GetRecords", ShardIterator=after)) == ["b", "c"]


def test_a_deleted_tables_stream_is_readable_to_its_end(lab: Lab) -> None:
    lab.create(StreamSpecification=STREAM)
    put(lab, "a")
    start = iterator(lab, "TRIM_HORIZON")

    lab.call("DeleteTable", TableName="items")

    answer = lab.call("GetRecords", ShardIterator=start)
    assert keys(answer) == ["a"]
    assert "NextShardIterator" not in answer


def test_a_trimmed_record_is_named_as_such(lab: Lab) -> None:
    lab.create(StreamSpecification=STREAM)
    put(lab, "a")
    sequence = lab.records()[0]["dynamodb"]["SequenceNumber"]

    lab.store.execute("DELETE FROM dynamodb_stream")

    with pytest.raises(ServiceError, match="TrimmedDataAccessException"):
        iterator(lab, "AT_SEQUENCE_NUMBER", SequenceNumber=sequence)


@pytest.mark.parametrize("text", ["", "a|b", "a|1|!!", "arn|1|W10=", None], ids=["empty", "two", "bad", "list", "none"])
def test_a_malformed_iterator_is_refused(lab: Lab, text: str | None) -> None:
    with pytest.raises(ServiceError, match="ValidationException"):
        lab.call("GetRecords", ShardIterator=text)


def test_a_moment_is_where_the_first_record_since_then_is(lab: Lab) -> None:
    lab.create(StreamSpecification=STREAM)
    put(lab, "before")
    moment = datetime.now(UTC)
    put(lab, "after")

    at_moment = iterator(lab, "AT_TIMESTAMP", Timestamp=moment)
    long_ago = iterator(lab, "AT_TIMESTAMP", Timestamp=moment - timedelta(days=2))
    now = iterator(lab, "AT_TIMESTAMP", Timestamp=datetime.now(UTC))
    put(lab, "last")

    assert keys(lab.call("GetRecords", ShardIterator=at_moment)) == ["after", "last"]
    assert keys(lab.call("GetRecords", ShardIterator=long_ago)) == ["before", "after", "last"]
    assert keys(lab.call("GetRecords", ShardIterator=now)) == ["last"]


@pytest.mark.parametrize("params", [{}, {"Timestamp": datetime(2100, 1, 1, tzinfo=UTC)}], ids=["none", "future"])
def test_a_moment_has_to_be_one_that_was(lab: Lab, params: dict[str, Any]) -> None:
    lab.create(StreamSpecification=STREAM)

    with pytest.raises(ServiceError) as caught:
        iterator(lab, "AT_TIMESTAMP", **params)

    assert caught.value.code == "ValidationException"


def test_a_shard_has_no_children(lab: Lab) -> None:
    lab.create(StreamSpecification=STREAM)
    (stream,) = lab.call("ListStreams", TableName="items")["Streams"]
    (shard,) = lab.call("DescribeStream", StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]
    children = {"Type": "CHILD_SHARDS", "ShardId": shard["ShardId"]}

    described = lab.call("DescribeStream", StreamArn=stream["StreamArn"], ShardFilter=children)

    assert described["StreamDescription"]["Shards"] == []
