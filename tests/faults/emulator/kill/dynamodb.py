"""Puts, deletes, counters and transactions on DynamoDB tables."""

from __future__ import annotations

import uuid
from random import Random
from typing import Any

from tests.faults.emulator.kill.tally import Tally

_KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]


class DynamoDbLoad:
    """One client that writes to partitions of its own; the call under way at the kill may have happened or not."""

    def __init__(self, client: Any, worker: int) -> None:
        self.name = f"dynamodb-{worker}"
        self.tally = Tally()
        self._client = client
        self._worker = worker
        self._items: dict[str, dict[str, str]] = {}
        self._pending: dict[str, str | None] = {}
        """Key → body (None: deletion) of the call under way."""
        self._counts = {"counter": 0, "transactions": 0}
        self._pending_count = 0
        self._transaction: dict[str, Any] | None = None
        self._both: list[str] = []

    def prepare(self) -> None:
        """Two tables for everybody, one of them with an index."""
        names = self._client.list_tables()["TableNames"]
        for table in ("first", "second"):
            if table not in names:
                self._client.create_table(
                    TableName=table,
                    KeySchema=_KEYS,
                    AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "g")],
                    GlobalSecondaryIndexes=[
                        {
                            "IndexName": "by-g",
                            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                            "Projection": {"ProjectionType": "KEYS_ONLY"},
                        }
                    ],
                    BillingMode="PAY_PER_REQUEST",
                )

    def work(self, round_number: int, rng: Random) -> None:
        """One write."""
        partition = self._partition(round_number)
        kind = rng.choices(("put", "delete", "count", "transact"), (6, 1, 2, 2))[0]
        match kind:
            case "put":
                self._put(partition, uuid.uuid4().hex, rng.randbytes(rng.choice((8, 50, 400))).hex())
            case "delete" if self._items[partition]:
                self._delete(partition, rng.choice(list(self._items[partition])))
            case "transact":
                self._transact(partition, uuid.uuid4().hex)
            case _:
                self._count()
        self.tally.acknowledged += 1

    def check(self, round_number: int) -> None:
        """The round's partition, the counters, and both halves of every transaction."""
        self._repeat_transaction()
        partition = self._partition(round_number)
        found = self._read("first", partition)
        for key, body in self._pending.items():
            if found.get(key) == body:  # it happened after all
                self._note(partition, key, body)
        self._pending.clear()
        expected = self._items[partition]
        for key in expected.keys() | found.keys():
            if found.get(key) != expected.get(key):
                where = self.tally.lost if key in expected else self.tally.wrong
                where.append(f"{partition}/{key}: {expected.get(key)} became {found.get(key)}")
        self._check_index(partition, len(found))
        self._check_counters()
        self._check_both()

    def finish(self) -> None:
        """Every partition once more."""
        for partition, expected in self._items.items():
            if self._read("first", partition) != expected:
                self.tally.lost.append(f"{partition} changed after its round")

    # -- calls

    def _put(self, partition: str, key: str, body: str) -> None:
        self._pending = {key: body}
        item = {"pk": {"S": partition}, "sk": {"S": key}, "g": {"S": f"g-{partition}"}, "body": {"S": body}}
        self._client.put_item(TableName="first", Item=item, ConditionExpression="attribute_not_exists(pk)")
        self._note(partition, key, body)
        self._pending.clear()

    def _delete(self, partition: str, key: str) -> None:
        self._pending = {key: None}
        self._client.delete_item(TableName="first", Key={"pk": {"S": partition}, "sk": {"S": key}})
        self._note(partition, key, None)
        self._pending.clear()

    def _count(self) -> None:
        self._pending_count = 1
        answer = self._client.update_item(TableName="second", ReturnValues="UPDATED_NEW", **self._add("counter"))
        self._pending_count = 0
        self._counts["counter"] += 1
        if int(answer["Attributes"]["n"]["N"]) != self._counts["counter"]:
            self.tally.wrong.append(f"{self.name}: the counter answered {answer['Attributes']['n']['N']}")

    def _transact(self, partition: str, token: str) -> None:
        halves = [
            {"Put": {"TableName": table, "Item": {"pk": {"S": f"t-{partition}"}, "sk": {"S": token}}}}
            for table in ("first", "second")
        ]
        update = {"Update": {"TableName": "second", **self._add("transactions")}}
        self._transaction = {"TransactItems": [*halves, update], "ClientRequestToken": token}
        self._repeat_transaction()

    def _repeat_transaction(self) -> None:
        """Send the transaction under way (again): its token makes sure that it counts once."""
        if self._transaction is not None:
            self._client.transact_write_items(**self._transaction)
            self._both.append(self._transaction["TransactItems"][0]["Put"]["Item"]["sk"]["S"])
            self._transaction = None
            self._counts["transactions"] += 1

    # -- checks

    def _check_index(self, partition: str, expected: int) -> None:
        found = self._query(
            "first", IndexName="by-g", KeyConditionExpression="g = :p", values={":p": {"S": f"g-{partition}"}}
        )
        if len(found) != expected:
            self.tally.wrong.append(f"{partition}: the index has {len(found)} of {expected} items")

    def _check_counters(self) -> None:
        for name, expected in self._counts.items():
            key = {"pk": {"S": f"{name}-{self._worker}"}, "sk": {"S": "n"}}
            item = self._client.get_item(TableName="second", Key=key, ConsistentRead=True).get("Item")
            found = int(item["n"]["N"]) if item else 0
            allowed = {expected, expected + (self._pending_count if name == "counter" else 0)}
            if found not in allowed:
                where = self.tally.lost if found < expected else self.tally.wrong
                where.append(f"{self.name}: {name} is {found} instead of {expected}")
            self._counts[name] = found
        self._pending_count = 0

    def _check_both(self) -> None:
        partitions = {f"t-{partition}" for partition in self._items}
        for partition in sorted(partitions)[-1:]:
            halves = [set(self._read(table, partition)) for table in ("first", "second")]
            if halves[0] != halves[1]:
                self.tally.wrong.append(f"{partition}: {len(halves[0] ^ halves[1])} transactions half done")
            mine = set(self._both)
            self._both.clear()
            if missing := mine - halves[0]:
                self.tally.lost.append(f"{partition}: {len(missing)} transactions")

    def _read(self, table: str, partition: str) -> dict[str, str]:
        items = self._query(table, KeyConditionExpression="pk = :p", values={":p": {"S": partition}})
        return {item["sk"]["S"]: item.get("body", {}).get("S", "") for item in items}

    def _query(self, table: str, *, values: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=table, ExpressionAttributeValues=values, **params
        )
        return [item for page in pages for item in page["Items"]]

    def _note(self, partition: str, key: str, body: str | None) -> None:
        if body is None:
            self._items[partition].pop(key, None)
        else:
            self._items[partition][key] = body

    def _partition(self, round_number: int) -> str:
        partition = f"w{self._worker}-r{round_number:04}"
        self._items.setdefault(partition, {})  # a round without writes is compared, too
        return partition

    def _add(self, name: str) -> dict[str, Any]:
        return {
            "Key": {"pk": {"S": f"{name}-{self._worker}"}, "sk": {"S": "n"}},
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
