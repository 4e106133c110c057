"""Streams of DynamoDB call functions: in order, in batches, and never less than once."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.dynamodb import DynamoDb
from mlfn_localstack.services.dynamodbstreams import DynamoDbStreams
from mlfn_localstack.services.s3 import S3
from mlfn_localstack.services.sqs import Sqs
from mlfn_localstack.services.sqs.urls import url_of

if TYPE_CHECKING:
    from tests.fixtures.lambda_lab import Lab, Run

FAST = {"lambda_stream_poll_s": "0.02", "lambda_stream_retry_s": "0.02"}
PRINTING = """
    def handler(event, context):
        print("GOT", *[r["dynamodb"]["Keys"]["id"]["S"] for r in event["Records"]])
"""
POISONED = """
    def handler(event, context):
        ids = [r["dynamodb"]["Keys"]["id"]["S"] for r in event["Records"]]
        print("GOT", *ids)
        if "bad" in ids:
            raise ValueError("poison")
"""
PARTIAL = """
    def handler(event, context):
        ids = [r["dynamodb"]["Keys"]["id"]["S"] for r in event["Records"]]
        print("GOT", *ids)
        failed = [r for r in event["Records"] if r["dynamodb"]["Keys"]["id"]["S"] == "bad"]
        return {"batchItemFailures": [{"itemIdentifier": r["dynamodb"]["SequenceNumber"]} for r in failed]}
"""


def with_tables(lab: Lab) -> None:
    lab.services["dynamodb"] = DynamoDb(lab.environment)
    lab.services["dynamodbstreams"] = DynamoDbStreams(lab.environment)
    lab.services["s3"] = S3(lab.environment)


async def table(lab: Lab) -> str:
    """The ARN of the stream of a new table."""
    with_tables(lab)
    created = await lab.run(
        "dynamodb",
        "CreateTable",
        {
            "TableName": "items",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        },
    )
    return str(created["TableDescription"]["LatestStreamArn"])


async def put(lab: Lab, *names: str) -> None:
    for name in names:
        await lab.run("dynamodb", "PutItem", {"TableName": "items", "Item": {"id": {"S": name}}})


async def follow(lab: Lab, stream: str, **params: Any) -> Any:
    wanted = {"FunctionName": "f", "EventSourceArn": stream, "StartingPosition": "TRIM_HORIZON"}
    return await lab.run("lambda", "CreateEventSourceMapping", wanted | params)


def batches(lab: Lab) -> list[str]:
    return [line[4:] for line in lab.log().splitlines() if line.startswith("GOT ")]


async def got(lab: Lab, count: int) -> list[str]:
    deadline = time.monotonic() + 20
    while len(batches(lab)) < count:
        assert time.monotonic() < deadline, lab.log()
        await asyncio.sleep(0.01)
    return batches(lab)


def test_records_arrive_in_order_and_in_batches(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        stream = await table(lab)
        await lab.create(PRINTING)
        await put(lab, "a", "b", "c", "d", "e")
        await follow(lab, stream, BatchSize=2)
        return await got(lab, 3)

    assert run(scenario, **FAST) == ["a b", "c d", "e"]


def test_a_function_gets_records_as_lambda_hands_them_out(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        stream = await table(lab)
        await lab.create("import json\ndef handler(event, context):\n    print('GOT', json.dumps(event))")
        await follow(lab, stream)
        await put(lab, "a")
        return stream, json.loads((await got(lab, 1))[0])

    stream, event = run(scenario, **FAST)
    (record,) = event["Records"]

    assert record["eventSourceARN"] == stream
    assert (record["eventName"], record["eventSource"], record["eventVersion"]) == ("INSERT", "aws:dynamodb", "1.1")
    assert record["dynamodb"]["NewImage"] == {"id": {"S": "a"}}
    assert isinstance(record["dynamodb"]["ApproximateCreationDateTime"], int)


def test_latest_begins_after_what_is_there_even_over_a_restart(run: Run) -> None:
    async def create(lab: Lab) -> None:
        stream = await table(lab)
        await lab.create(PRINTING)
        await put(lab, "old")
        await follow(lab, stream, StartingPosition="LATEST")
        await lab.lambda_.stop()
        await put(lab, "new")

    async def later(lab: Lab) -> Any:
        with_tables(lab)
        return await got(lab, 1)

    run(create, **FAST)

    assert run(later, **FAST) == ["new"]


def test_what_was_done_is_not_done_again_after_a_restart(run: Run) -> None:
    async def first(lab: Lab) -> None:
        stream = await table(lab)
        await lab.create(PRINTING)
        mapping = await follow(lab, stream)
        await put(lab, "a")
        await got(lab, 1)
        while (await lab.run("lambda", "GetEventSourceMapping", mapping))["LastProcessingResult"] != "OK":
            await asyncio.sleep(0.01)

    async def second(lab: Lab) -> Any:
        with_tables(lab)
        await put(lab, "b")
        return await got(lab, 1)

    run(first, **FAST)

    assert run(second, **FAST) == ["b"]


def test_filters_leave_out_records(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        stream = await table(lab)
        await lab.create(PRINTING)
        pattern = json.dumps({"eventName": ["INSERT"], "dynamodb": {"Keys": {"id": {"S": [{"prefix": "x"}]}}}})
        await follow(lab, stream, FilterCriteria={"Filters": [{"Pattern": pattern}]})
        await put(lab, "a", "x1", "b", "x2", "c")
        await put(lab, "x3")
        found: list[str] = []
        while len(found) < 3:
            found = " ".join(await got(lab, 1)).split()
            await asyncio.sleep(0.01)
        return found

    assert run(scenario, **FAST) == ["x1", "x2", "x3"]


def test_a_window_gathers_records(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        stream = await table(lab)
        await lab.create(PRINTING)
        await follow(lab, stream, MaximumBatchingWindowInSeconds=1)
        await put(lab, "a")
        await asyncio.sleep(0.1)
        await put(lab, "b")
        return await got(lab, 1)

    assert run(scenario, **FAST) == ["a b"]


def test_a_poisoned_record_is_found_by_bisecting_and_given_up(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        stream = await table(lab)
        await lab.run("s3", "CreateBucket", {"Bucket": "failures"})
        await lab.create(POISONED)
        await put(lab, "a", "bad", "b", "c")
        destination = {"OnFailure": {"Destination": "arn:aws:s3:::failures"}}
        await follow(
            lab, stream, BisectBatchOnFunctionError=True, MaximumRetryAttempts=1, DestinationConfig=destination
        )
        seen = await got(lab, 6)
        (item,) = (await lab.run("s3", "ListObjectsV2", {"Bucket": "failures"}))["Contents"]
        record = await lab.environment.gateway.call(
            "s3", "GetObject", {"Bucket": "failures", "Key": item["Key"]}, principal="test"
        )
        with record["Body"].open() as body:
            return seen, item["Key"], json.load(body)

    seen, key, record = run(scenario, **FAST)

    assert seen == ["a bad b c", "a bad", "a", "bad", "bad", "b c"]
    assert key.startswith("aws/lambda/")
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["DDBStreamBatchInfo"]["batchSize"] == 1
    assert json.loads(record["payload"])["Records"][0]["dynamodb"]["Keys"] == {"id": {"S": "bad"}}


@pytest.mark.parametrize(("code", "error"), [(POISONED, "Unhandled"), (PARTIAL, None)], ids=["raises", "partial"])
def test_a_queue_hears_of_a_batch_that_was_given_up_but_not_what_was_in_it(
    run: Run, code: str, error: str | None
) -> None:
    queue = "arn:aws:sqs:us-east-1:000000000000:failures"

    async def scenario(lab: Lab) -> Any:
        stream = await table(lab)
        lab.services["sqs"] = Sqs(lab.environment)
        await lab.run("sqs", "CreateQueue", {"QueueName": "failures"})
        await lab.create(code)
        await put(lab, "bad")
        destination = {"OnFailure": {"Destination": queue}}
        types = ["ReportBatchItemFailures"]
        await follow(lab, stream, MaximumRetryAttempts=0, DestinationConfig=destination, FunctionResponseTypes=types)
        answer = await lab.run("sqs", "ReceiveMessage", {"QueueUrl": url_of(queue), "WaitTimeSeconds": 20})
        return json.loads(answer["Messages"][0]["Body"])

    record = run(scenario, **FAST)

    assert list(record) == ["requestContext", "responseContext", "version", "timestamp", "DDBStreamBatchInfo"]
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": error}
    assert record["DDBStreamBatchInfo"]["batchSize"] == 1
    assert "payload" not in record


def test_a_batch_that_was_given_up_does_not_wait_for_a_destination_that_is_gone(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        stream = await table(lab)
        await lab.create(POISONED)
        await put(lab, "bad", "after")
        destination = {"OnFailure": {"Destination": "arn:aws:s3:::never-made"}}
        await follow(lab, stream, BatchSize=1, MaximumRetryAttempts=0, DestinationConfig=destination)
        return await got(lab, 2)

    assert run(scenario, **FAST) == ["bad", "after"]


def test_without_a_limit_a_failing_batch_holds_up_the_shard(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        stream = await table(lab)
        await lab.create(POISONED)
        mapping = await follow(lab, stream, BatchSize=1)
        await put(lab, "bad", "after")
        await got(lab, 3)
        return batches(lab), await lab.run("lambda", "GetEventSourceMapping", mapping)

    seen, mapping = run(scenario, **FAST)

    assert set(seen) == {"bad"}
    assert mapping["LastProcessingResult"] == "PROBLEM: Function call failed"


def test_a_partial_failure_goes_on_from_the_first_failed_record_with_all_its_attempts(run: Run) -> None:
    """As AWS was recorded: what a batch fails with at first takes none of the attempts of what is left of it."""

    async def scenario(lab: Lab) -> Any:
        stream = await table(lab)
        await lab.create(PARTIAL)
        await put(lab, "a", "bad", "b")
        await follow(lab, stream, FunctionResponseTypes=["ReportBatchItemFailures"], MaximumRetryAttempts=1)
        await got(lab, 3)
        await put(lab, "c")
        return await got(lab, 4)

    assert run(scenario, **FAST) == ["a bad b", "bad b", "bad b", "c"]


def test_a_disabled_mapping_rests_and_goes_on_where_it_was(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        stream = await table(lab)
        await lab.create(PRINTING)
        mapping = {"UUID": (await follow(lab, stream, Enabled=False))["UUID"]}
        await put(lab, "a")
        await asyncio.sleep(0.1)
        before = batches(lab)
        updated = await lab.run("lambda", "UpdateEventSourceMapping", mapping | {"Enabled": True, "BatchSize": 7})
        return before, updated, await got(lab, 1)

    before, updated, after = run(scenario, **FAST)

    assert (before, after) == ([], ["a"])
    assert (updated["State"], updated["BatchSize"]) == ("Enabling", 7)


def test_mappings_are_listed_tagged_and_deleted(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        stream = await table(lab)
        await lab.create(PRINTING)
        created = await follow(lab, stream, Tags={"a": "1"})
        with pytest.raises(ServiceError, match="ResourceConflictException"):
            await follow(lab, stream)
        arn = created["EventSourceMappingArn"]
        await lab.run("lambda", "TagResource", {"Resource": arn, "Tags": {"b": "2"}})
        tags = await lab.run("lambda", "ListTags", {"Resource": arn})
        listed = await lab.run("lambda", "ListEventSourceMappings", {"FunctionName": "f"})
        deleted = await lab.run("lambda", "DeleteEventSourceMapping", {"UUID": created["UUID"]})
        with pytest.raises(ServiceError, match="The resource you requested does not exist"):
            await lab.run("lambda", "GetEventSourceMapping", {"UUID": created["UUID"]})
        return created, tags, listed, deleted

    created, tags, listed, deleted = run(scenario, **FAST)

    assert created["State"] == "Creating"
    assert created["FunctionArn"] == "arn:aws:lambda:us-east-1:000000000000:function:f"
    assert tags == {"Tags": {"a": "1", "b": "2"}}
    assert [mapping["State"] for mapping in listed["EventSourceMappings"]] == ["Enabled"]
    assert deleted["State"] == "Deleting"


def test_a_stream_or_function_that_is_not_there_is_named(run: Run) -> None:
    async def scenario(lab: Lab) -> None:
        stream = await table(lab)
        with pytest.raises(ServiceError, match="Function does not exist"):
            await follow(lab, stream)
        await lab.create(PRINTING)
        with pytest.raises(ServiceError, match="Stream not found: "):
            await follow(lab, stream + "0")

    run(scenario, **FAST)
