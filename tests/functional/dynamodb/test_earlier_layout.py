"""Items that an earlier version of the emulator left (`earlier_layout.sql` is its state) are there after an upgrade."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.functional.dynamodb.conftest import Lab

from mlfn_localstack.services.dynamodb.expiry import remove_expired
from mlfn_localstack.services.dynamodb.layout import lay_out, move_earlier
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


MANY = 4_500


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """The state of such a version with more items than are moved at a time."""
    path = tmp_path / "many.db"
    database = sqlite3.connect(path)
    database.execute(
        "CREATE TABLE dynamodb_items (tbl INTEGER, pk BLOB, sk BLOB, body TEXT, size INTEGER, expires INTEGER,"
        " PRIMARY KEY (tbl, pk, sk)) WITHOUT ROWID"
    )
    rows = ((1, b"a", b"%05d" % number, "x" * 700, 720) for number in range(MANY))
    database.executemany("INSERT INTO dynamodb_items VALUES (?, ?, ?, ?, ?, NULL)", rows)
    database.commit()
    database.close()
    return path


def keys(store: Store) -> list[bytes]:
    return [key for (key,) in store.execute("SELECT sk FROM dynamodb_rows ORDER BY number").fetchall()]


def test_others_are_answered_while_items_move_and_the_file_stays_as_large(many: Path) -> None:
    before, turns, store = many.stat().st_size, 0, Store(many)

    async def scenario() -> None:
        nonlocal turns
        moving = asyncio.create_task(move_earlier(store))
        while not moving.done():
            await asyncio.sleep(0)
            turns += 1

    asyncio.run(scenario())

    assert turns > MANY // 1_000
    assert keys(store) == [b"%05d" % number for number in range(MANY)]
    store.close()
    assert many.stat().st_size < before * 1.4


class BrokenOffLater(Store):
    """A store that fails once some of the items have moved."""

    copies = 0

    def execute(self, sql: str, args: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Fails at the third batch."""
        if sql.startswith("DELETE FROM dynamodb_items"):
            self.copies += 1
            if self.copies == 3:
                raise sqlite3.OperationalError("disk full")
        return super().execute(sql, args)


def test_a_move_goes_on_where_it_was_broken_off(many: Path) -> None:
    store = BrokenOffLater(many)
    with pytest.raises(sqlite3.OperationalError, match="disk full"):
        asyncio.run(move_earlier(store))
    store.close()
    again = Store(many)

    asyncio.run(move_earlier(again))

    assert sorted(keys(again)) == [b"%05d" % number for number in range(MANY)]
    again.close()
