"""What boto3 does beyond single calls: paginators, waiters, resources, streams, presigned URLs, retries."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.config import Config
from botocore.exceptions import WaiterError
from tests.fixtures.target import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fixtures.target import Target


@pytest.fixture
def table(target: Target, name: str) -> Iterator[Any]:
    """A table resource, keyed by `pk` and `sk`."""
    made = target.resource("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    made.wait_until_exists()
    yield made
    made.delete()


@pytest.fixture
def bucket(target: Target, name: str) -> Iterator[Any]:
    """A bucket resource."""
    made = target.resource("s3").Bucket(name)
    made.create()
    yield made
    made.objects.all().delete()
    made.delete()


def test_a_batch_writer_and_condition_objects(table: Any) -> None:
    with table.batch_writer(overwrite_by_pkeys=["pk", "sk"]) as batch:
        for number in (*range(30), 0):
            batch.put_item(Item={"pk": "a", "sk": number, "v": Decimal("1.10"), "even": number % 2 == 0})

    found = table.query(
        KeyConditionExpression=Key("pk").eq("a") & Key("sk").between(10, 20),
        FilterExpression=Attr("even").eq(True) & Attr("v").exists(),
    )

    assert [int(item["sk"]) for item in found["Items"]] == [10, 12, 14, 16, 18, 20]
    assert (found["Count"], found["ScannedCount"]) == (6, 11)
    assert found["Items"][0]["v"] == Decimal("1.1")


def test_paginators_walk_everything_once(target: Target, table: Any) -> None:
    with table.batch_writer() as batch:
        for number in range(25):
            batch.put_item(Item={"pk": "a", "sk": number})
    query = target.client("dynamodb").get_paginator("query")

    pages = query.paginate(
        TableName=table.name,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {"S": "a"}},
        PaginationConfig={"PageSize": 10},
    )
    tables = target.client("dynamodb").get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 1})

    assert [len(page["Items"]) for page in pages] == [10, 10, 5]
    assert list(tables.search("TableNames")).count(table.name) == 1


def test_an_object_streams_line_by_line(bucket: Any) -> None:
    lines = [f"line {number}".encode() for number in range(5_000)]
    bucket.put_object(Key="lines", Body=b"\n".join(lines))

    body = bucket.Object("lines").get()["Body"]

    assert list(body.iter_lines(chunk_size=1000)) == lines
    part = bucket.Object("lines").get(Range="bytes=5-")["Body"]
    assert part.read(6) == b"0\nline"


def test_objects_are_listed_and_copied_as_resources(bucket: Any) -> None:
    for key in ("a/1", "a/2", "b/1"):
        bucket.put_object(Key=key, Body=key.encode())

    bucket.Object("c").copy({"Bucket": bucket.name, "Key": "a/2"})

    assert [found.key for found in bucket.objects.filter(Prefix="a/").page_size(1)] == ["a/1", "a/2"]
    assert bucket.Object("c").get()["Body"].read() == b"a/2"


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_put_and_get(target: Target, bucket: Any, version: str) -> None:
    client = target.client("s3", config=Config(signature_version=version))
    params = {"Bucket": bucket.name, "Key": "signed ü"}
    put = client.generate_presigned_url("put_object", Params=params, ExpiresIn=60)
    get = client.generate_presigned_url("get_object", Params=params, ExpiresIn=60)

    assert fetch(put, b"by url") == (200, b"")
    assert fetch(get) == (200, b"by url")
    status, body = fetch(get.replace("signed", "stolen"))
    assert (status, b"<Code>SignatureDoesNotMatch</Code>" in body) == (403, True)


def fetch(url: str, body: bytes | None = None) -> tuple[int, bytes]:
    """Status and body, the way curl would get them."""
    request = urllib.request.Request(url, data=body, method="GET" if body is None else "PUT")  # noqa: S310 - boto3's own
    request.add_unredirected_header("Content-Type", "")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_waiter_ends_when_the_service_says_no(target: Target, name: str) -> None:
    waiter = target.client("dynamodb").get_waiter("table_exists")

    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        waiter.wait(TableName=name, WaiterConfig={"Delay": 0, "MaxAttempts": 2})


def test_a_throttled_call_says_why(target: Target, make_function: Callable[..., str]) -> None:
    function = make_function({"app.py": "def handler(event, context):\n    return event"})
    client = target.client("lambda", config=Config(retries={"total_max_attempts": 1}))
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)

    with pytest.raises(client.exceptions.TooManyRequestsException) as refused:
        client.invoke(FunctionName=function)

    response: dict[str, Any] = dict(refused.value.response)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert (response["Error"]["Code"], response["message"]) == ("TooManyRequestsException", "Rate Exceeded.")


def test_throttled_calls_are_tried_again_until_there_is_room(target: Target, make_function: Callable[..., str]) -> None:
    code = "import time\ndef handler(event, context):\n    time.sleep(0.3)\n    return event"
    function = make_function({"app.py": code})
    client = target.client("lambda", config=Config(retries={"mode": "standard", "total_max_attempts": 10}))
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=1)

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda n: client.invoke(FunctionName=function, Payload=f"{n}"), range(3)))

    assert [json.load(answer["Payload"]) for answer in answers] == [0, 1, 2]
    assert sum(answer["ResponseMetadata"]["RetryAttempts"] for answer in answers) > 0


def test_clients_made_from_the_environment_work(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    if target.kind is Kind.AWS:
        pytest.skip("the other tests do that there")
    for variable, value in target.environment.items():
        monkeypatch.setenv(variable, value)
    import boto3  # noqa: PLC0415 - after the environment is as a user's shell has it

    session: Any = boto3.session.Session()

    assert session.client("sts").get_caller_identity()["Arn"].startswith("arn:aws:")
