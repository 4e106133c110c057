"""DynamoDB over a store of its own, called in-process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import Caller, Environment, RequestContext
from mlfn_localstack.services.dynamodb import DynamoDb
from mlfn_localstack.services.dynamodbstreams import DynamoDbStreams
from mlfn_localstack.store import Store

if TYPE_CHECKING:
    from pathlib import Path

KEY = {"pk": {"S": "a"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """Both services over one store."""

    store: Store
    dynamodb: DynamoDb
    streams: DynamoDbStreams

    def call(self, operation: str, /, **params: Any) -> Any:
        """An operation's result."""
        context = RequestContext(
            service="dynamodb",
            operation=operation,
            region="us-east-1",
            account_id="000000000000",
            caller=Caller(arn="", account_id="", user_id="", access_key=""),
            request_id="1",
            endpoint="",
        )
        operations = {**self.dynamodb.operations(), **self.streams.operations()}

        async def run() -> Any:
            result = await operations[operation](context, params)
            await self.store.durable()
            return result

        return asyncio.run(run())

    def create(self, **settings: Any) -> None:
        """The table `items` with the string key `pk`."""
        self.call(
            "CreateTable",
            TableName="items",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            **settings,
        )

    def records(self) -> list[dict[str, Any]]:
        """All stream records of the table `items`, or of what it was."""
        (stream,) = self.call("ListStreams", TableName="items")["Streams"]
        arn = stream["StreamArn"]
        (shard,) = self.call("DescribeStream", StreamArn=arn)["StreamDescription"]["Shards"]
        start = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = self.call("GetShardIterator", **start)["ShardIterator"]
        records: list[dict[str, Any]] = self.call("GetRecords", ShardIterator=iterator)["Records"]
        return records


@pytest.fixture
def open_lab(tmp_path: Path) -> Callable[[], Lab]:
    """Opens the services over the same file each time, as a restart does."""

    def open_() -> Lab:
        store = Store(tmp_path / "store.db")
        # the operations use neither the gateway nor the authenticator
        environment = Environment(store=store, gateway=None, authenticator=None, state_dir=tmp_path)  # type: ignore[arg-type]
        return Lab(store=store, dynamodb=DynamoDb(environment), streams=DynamoDbStreams(environment))

    return open_


@pytest.fixture
def lab(open_lab: Callable[[], Lab]) -> Lab:
    """The services over an empty store."""
    return open_lab()
