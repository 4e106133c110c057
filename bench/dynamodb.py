"""In-process cost of DynamoDB operations: `python bench/dynamodb.py [NORMAL|FULL]`, eight at a time over a file."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import Caller, Environment, RequestContext
from mlfn_localstack.services.dynamodb import DynamoDb
from mlfn_localstack.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 8_000
CLIENTS = 8
CONTEXT = RequestContext(
    service="dynamodb",
    operation="",
    region="us-east-1",
    account_id="000000000000",
    caller=Caller(arn="", account_id="", user_id="", access_key=""),
    request_id="",
    endpoint="",
)


def open_database(directory: Path, synchronous: str) -> tuple[Store, DynamoDb]:
    """The service with the table `plain` and the table `indexed`, which has a global index and a stream."""
    store = Store(directory / "store.db", synchronous=synchronous)
    # the operations use neither the gateway nor the authenticator
    environment = Environment(store=store, gateway=None, authenticator=None, state_dir=directory)  # type: ignore[arg-type]
    service = DynamoDb(environment)
    keys = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    kinds = [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"}]
    plain = {"KeySchema": keys, "AttributeDefinitions": kinds, "BillingMode": "PAY_PER_REQUEST"}
    index = {
        "IndexName": "gsi",
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    indexed = {
        **plain,
        "AttributeDefinitions": [*kinds, {"AttributeName": "g", "AttributeType": "S"}],
        "GlobalSecondaryIndexes": [index],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    }
    for name, table in (("plain", plain), ("indexed", indexed)):
        asyncio.run(create(service, {"TableName": name, **table}))
    store.commit()
    return store, service


async def create(service: DynamoDb, table: dict[str, Any]) -> None:
    """Make a table."""
    await service.operations()["CreateTable"](CONTEXT, table)


def item(number: int) -> dict[str, Any]:
    """An item of about 200 bytes."""
    return {
        "pk": {"S": f"caller-{number % 100}"},
        "sk": {"N": str(number)},
        "g": {"S": f"group-{number % 10}"},
        "digest": {"S": "0123456789abcdef" * 4},
        "duration_ms": {"N": "12.5"},
        "meta": {"M": {"status": {"S": "ok"}, "cold": {"BOOL": False}}},
    }


async def measure(
    store: Store, service: DynamoDb, name: str, make: Callable[[int], dict[str, Any]]
) -> tuple[float, float]:
    """Microseconds per operation, each durable before it counts: by the clock, and of this process's CPU."""
    operation = service.operations()[name]

    async def client(first: int) -> None:
        for number in range(first, COUNT, CLIENTS):
            await operation(CONTEXT, make(number))
            await store.durable()

    began, worked = time.perf_counter(), time.process_time()
    await asyncio.gather(*(client(first) for first in range(CLIENTS)))
    return (time.perf_counter() - began) / COUNT * 1e6, (time.process_time() - worked) / COUNT * 1e6


def key(number: int) -> dict[str, Any]:
    """The key of `item(number)`."""
    return {name: item(number)[name] for name in ("pk", "sk")}


CASES: dict[str, tuple[str, Callable[[int], dict[str, Any]]]] = {
    "put": ("PutItem", lambda n: {"TableName": "plain", "Item": item(n)}),
    "put if absent": (
        "PutItem",
        lambda n: {
            "TableName": "plain",
            "Item": item(n + COUNT),
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
    ),
    "put, index and stream": ("PutItem", lambda n: {"TableName": "indexed", "Item": item(n)}),
    "get": ("GetItem", lambda n: {"TableName": "plain", "Key": key(n)}),
    "update": (
        "UpdateItem",
        lambda n: {
            "TableName": "plain",
            "Key": key(n),
            "UpdateExpression": "ADD hits :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        },
    ),
    "query 10 items": (
        "Query",
        lambda n: {
            "TableName": "plain",
            "KeyConditionExpression": "pk = :p AND sk > :s",
            "ExpressionAttributeValues": {":p": {"S": f"caller-{n % 100}"}, ":s": {"N": "100"}},
            "Limit": 10,
        },
    ),
}


def main() -> None:
    """Print microseconds per operation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("synchronous", choices=["NORMAL", "FULL"], nargs="?", default="NORMAL")
    synchronous = parser.parse_args().synchronous
    with tempfile.TemporaryDirectory() as directory:
        store, service = open_database(Path(directory), synchronous)
        print(f"synchronous={synchronous}, {CLIENTS} at a time")
        for title, (name, make) in CASES.items():
            clock, cpu = asyncio.run(measure(store, service, name, make))
            print(f"{title:24}{clock:8.1f} µs ({cpu:.1f} µs of CPU)")
        store.close()


if __name__ == "__main__":
    main()
