"""What was acknowledged is there after `kill -9`, and after an ordinary restart."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.functional.dynamodb.conftest import Lab

WRITER = """
import asyncio, pathlib, sys
from mlfn_localstack.service import Caller, Environment, RequestContext
from mlfn_localstack.services.dynamodb import DynamoDb
from mlfn_localstack.store import Store
path = pathlib.Path(sys.argv[1])
store = Store(path)
operations = DynamoDb(Environment(store=store, gateway=None, authenticator=None, state_dir=path.parent)).operations()
context = RequestContext(service="dynamodb", operation="", region="us-east-1", account_id="000000000000",
    caller=Caller(arn="", account_id="", user_id="", access_key=""), request_id="", endpoint="")
async def put(number):
    item = {"pk": {"S": str(number)}, "g": {"S": "x"}}
    await operations["PutItem"](context, {"TableName": "items", "Item": item})
    await store.durable()
    print(number, flush=True)
async def main():
    for start in range(0, 100_000, 8):
        await asyncio.gather(*map(put, range(start, start + 8)))
asyncio.run(main())
"""
INDEX = {
    "IndexName": "gsi",
    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}


def create(lab: Lab) -> None:
    """The table `items` with the index `gsi`."""
    lab.create()
    lab.call(
        "UpdateTable",
        TableName="items",
        AttributeDefinitions=[{"AttributeName": "g", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": INDEX}],
    )


def test_every_acknowledged_put_survives_kill_9(open_lab: Callable[[], Lab], tmp_path: Path) -> None:
    lab = open_lab()
    create(lab)
    lab.store.close()
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "store.db")], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    acknowledged = [int(writer.stdout.readline()) for _ in range(500)]
    os.kill(writer.pid, signal.SIGKILL)
    acknowledged += [int(line) for line in writer.stdout.read().split(b"\n")[:-1]]
    writer.wait()
    writer.stdout.close()

    after = open_lab()

    found = {item["pk"]["S"] for item in after.call("Scan", TableName="items")["Items"]}
    assert {str(number) for number in acknowledged} <= found
    assert after.call("Scan", TableName="items", IndexName="gsi", Select="COUNT")["Count"] == len(found)
    checked = sqlite3.connect(tmp_path / "store.db")
    assert checked.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    checked.close()
    after.store.close()


def test_tables_settings_and_streams_survive_a_restart(open_lab: Callable[[], Lab]) -> None:
    lab = open_lab()
    lab.create(
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        Tags=[{"Key": "a", "Value": "b"}],
        DeletionProtectionEnabled=True,
    )
    lab.call("PutItem", TableName="items", Item={"pk": {"S": "a"}})
    before = lab.call("DescribeTable", TableName="items")
    records = lab.records()
    lab.store.close()

    again = open_lab()

    assert again.call("DescribeTable", TableName="items") == before
    assert again.call("ListTagsOfResource", ResourceArn=before["Table"]["TableArn"])["Tags"] == [
        {"Key": "a", "Value": "b"}
    ]
    assert again.records() == records
    again.store.close()


def test_a_transaction_token_is_remembered_over_a_restart(open_lab: Callable[[], Lab]) -> None:
    lab = open_lab()
    lab.create()
    change = {
        "TableName": "items",
        "Key": {"pk": {"S": "a"}},
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    lab.call("TransactWriteItems", TransactItems=[{"Update": change}], ClientRequestToken="once")
    lab.store.close()

    again = open_lab()
    again.call("TransactWriteItems", TransactItems=[{"Update": change}], ClientRequestToken="once")

    assert again.call("GetItem", TableName="items", Key={"pk": {"S": "a"}})["Item"]["n"] == {"N": "1"}
    again.store.close()
