"""Items that an earlier version of the emulator left (`earlier_layout.sql` is its state) are there after an upgrade."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.functional.dynamodb.conftest import Lab

from mlfn_localstack.services.dynamodb.expiry import remove_expired
from mlfn_localstack.services.dynamodb.layout import lay_out
from mlfn_localstack.store import Store

AFTER_EXPIRY = 1_795_000_001
"""One item's time is over then."""


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """The state of a version whose items were in one tree with their keys."""
    path = tmp_path / "store.db"
    database = sqlite3.connect(path)
    database.executescript((Path(__file__).parent / "earlier_layout.sql").read_text())
    database.close()
    return path


def item(number: int) -> dict[str, Any]:
    """One of the six items of the table `items`."""
    expiry = {"x": {"N": "1795000000"}} if number == 1 else {}
    text = "é" * (600 if number == 0 else 3)
    return {"pk": {"S": "ab"[number % 2]}, "sk": {"N": str(number)}, "g": {"S": "g"}, "text": {"S": text}, **expiry}


def query(lab: Lab, key: str, value: str, **more: Any) -> list[Any]:
    """The items of a partition."""
    values = {":v": {"S": value}}
    answer = lab.call(
        "Query",
        TableName="items",
        KeyConditionExpression=f"{key} = :v",
        ExpressionAttributeValues=values,
        **more,
    )
    found: list[Any] = answer["Items"]
    return found


@pytest.mark.usefixtures("earlier")
def test_items_of_an_earlier_version_are_found_by_key_by_index_and_by_scan(open_lab: Callable[[], Lab]) -> None:
    lab = open_lab()

    assert lab.call("GetItem", TableName="items", Key={"pk": {"S": "a"}, "sk": {"N": "0"}})["Item"] == item(0)
    assert query(lab, "pk", "a") == [item(0), item(2), item(4)]
    assert query(lab, "g", "g", IndexName="gsi", ScanIndexForward=False) == [item(n) for n in range(5, -1, -1)]
    assert lab.call("Scan", TableName="items")["Count"] == 6
    assert lab.call("Scan", TableName="other")["Items"] == [{"pk": {"S": "a"}, "b": {"B": "AAE="}}]
    assert lab.call("DescribeTable", TableName="items")["Table"]["ItemCount"] == 6
    lab.store.close()


@pytest.mark.usefixtures("earlier")
def test_items_of_an_earlier_version_are_changed_deleted_and_expire(open_lab: Callable[[], Lab]) -> None:
    lab = open_lab()

    lab.call("PutItem", TableName="items", Item=item(0) | {"text": {"S": "new"}})
    lab.call("DeleteItem", TableName="items", Key={"pk": {"S": "a"}, "sk": {"N": "2"}})
    assert remove_expired(lab.dynamodb.database, AFTER_EXPIRY) == 1
    lab.store.close()

    again = open_lab()
    left = [item(0) | {"text": {"S": "new"}}, item(3), item(4), item(5)]
    assert query(again, "g", "g", IndexName="gsi") == left
    assert sorted(again.call("Scan", TableName="items")["Items"], key=lambda each: each["sk"]["N"]) == left
    again.store.close()


class BrokenOff(Store):
    """A store that fails once the items are copied."""

    def execute(self, sql: str, args: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Fails at the table's end."""
        if sql.startswith("DROP TABLE"):
            raise sqlite3.OperationalError("disk full")
        return super().execute(sql, args)


def test_a_move_that_breaks_off_is_made_again_at_the_next_start(earlier: Path, open_lab: Callable[[], Lab]) -> None:
    store = BrokenOff(earlier)
    with pytest.raises(sqlite3.OperationalError, match="disk full"):
        lay_out(store)
    store.close()

    lab = open_lab()

    assert query(lab, "pk", "a") == [item(0), item(2), item(4)]
    assert lab.call("Scan", TableName="items")["Count"] == 6
    lab.store.close()


def test_what_an_earlier_version_wrote_after_the_upgrade_is_not_lost(
    earlier: Path, open_lab: Callable[[], Lab]
) -> None:
    open_lab().store.close()
    database = sqlite3.connect(earlier)
    database.execute(
        "CREATE TABLE dynamodb_items (tbl INTEGER, pk BLOB, sk BLOB, body TEXT, size INTEGER, expires INTEGER,"
        " PRIMARY KEY (tbl, pk, sk)) WITHOUT ROWID"
    )
    database.execute(
        "INSERT INTO dynamodb_items SELECT tbl, pk, sk, replace(body, 'ééé', 'new'), size, expires FROM"
        " dynamodb_rows WHERE tbl = 1"
    )
    database.commit()
    database.close()

    lab = open_lab()

    assert query(lab, "pk", "b")[1:] == [item(number) | {"text": {"S": "new"}} for number in (3, 5)]
    assert lab.call("Scan", TableName="other")["Count"] == 1
    lab.store.close()
