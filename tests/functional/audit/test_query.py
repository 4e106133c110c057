"""Questions by key over a table in memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mlfn.audit import codec
from mlfn.audit.item import directory_items, to_item
from mlfn_audit.query import query, query_records, timestamp
from mlfn_audit.question import CallsOfCaller, CallsOfExecution, CallsOfModel, CallsOnInput, Period, Question
from mlfn_audit.table import AuditTable

START = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
ALL = Period(since=START - timedelta(days=30), until=START + timedelta(days=30))


class FakeTable:
    """Query and BatchGetItem as DynamoDB answers them, in pages of two, leaving one key of each batch unprocessed."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.queries: list[dict[str, Any]] = []
        self.lazy = True

    def add(self, number: int = 0, *, phase: str = "completed", shards: int = 1, **fields: Any) -> dict[str, Any]:
        at = START + timedelta(minutes=number)
        wire: dict[str, Any] = {
            "v": 1,
            "iv": f"call-{number}",
            "at": "w:0",
            "ph": phase,
            "t0": timestamp(at),
            "x": 2 * 10**9,
        }
        wire |= {"m": "app.model", "mv": "v1", "w": "w", "st": "ok", "ca": "jane", "ih": codec.digest(b"in")} | fields
        wire |= {"id": codec.event_id(wire["iv"], wire["at"], phase)}
        wire |= {"v": 2, "sh": shards} if shards > 1 else {}
        codec.seal(wire)
        self.items.append(to_item(wire))
        self.items += [item for item in directory_items(wire) if item not in self.items]
        return wire

    def query(self, **request: Any) -> dict[str, Any]:
        self.queries.append(request)
        key = request["ExpressionAttributeNames"]["#p"]
        values = request["ExpressionAttributeValues"]
        assert request.get("IndexName") == {"pk": None, "g1": "GSI1", "g2": "GSI2", "g3": "GSI3"}[key]
        low, high = values.get(":f", {"S": ""})["S"], values.get(":l", {"S": "\uffff"})["S"]
        found = [
            item
            for item in sorted(self.items, key=lambda item: item["sk"]["S"], reverse=not request["ScanIndexForward"])
            if item.get(key) == values[":p"] and low <= item["sk"]["S"] <= high
        ]
        start = int(request.get("ExclusiveStartKey", {"n": {"N": "0"}})["n"]["N"])
        page = found[start : start + 2]
        if "IndexName" in request:
            page = [{name: item[name] for name in ("pk", "sk", key)} for item in page]
        more = {"LastEvaluatedKey": {"n": {"N": str(start + 2)}}} if start + 2 < len(found) else {}
        return {"Items": page, **more}

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        ((table, wanted),) = request["RequestItems"].items()
        keys = wanted["Keys"]
        served, left = (keys[:-1], keys[-1:]) if len(keys) > 1 and self.lazy else (keys, [])
        found = [item for item in self.items if {"pk": item["pk"], "sk": item["sk"]} in served]
        return {"Responses": {table: found}, "UnprocessedKeys": {table: {"Keys": left}} if left else {}}


@pytest.fixture
def table() -> FakeTable:
    return FakeTable()


def asked(table: FakeTable, question: Question, *, newest_first: bool = False) -> list[str]:
    audit = AuditTable(client=table, name="audit", pause=lambda _: None)
    return [record.invocation for record in query_records(audit, question, newest_first=newest_first)]


def test_the_calls_of_a_model_come_in_the_order_of_their_start(table: FakeTable) -> None:
    for number in (65, 3, 0, 1, 2):
        table.add(number)
    table.add(9, m="app.other")

    question = CallsOfModel(model="app.model", period=ALL)

    assert asked(table, question) == ["call-0", "call-1", "call-2", "call-3", "call-65"]
    assert asked(table, question, newest_first=True) == ["call-65", "call-3", "call-2", "call-1", "call-0"]


def test_versions_and_shards_of_an_hour_are_merged(table: FakeTable) -> None:
    for number in range(8):
        table.add(number, mv=f"v{number % 2}", shards=4)

    assert asked(table, CallsOfModel(model="app.model", period=ALL)) == [f"call-{number}" for number in range(8)]
    assert asked(table, CallsOfModel(model="app.model", period=ALL, version="v1")) == [
        f"call-{number}" for number in (1, 3, 5, 7)
    ]


def test_a_period_starts_where_it_says_and_ends_before(table: FakeTable) -> None:
    for number in range(4):
        table.add(number)
    period = Period(since=START + timedelta(minutes=1), until=START + timedelta(minutes=3))

    assert asked(table, CallsOfModel(model="app.model", period=period)) == ["call-1", "call-2"]
    assert asked(table, CallsOfCaller(caller="jane", period=period)) == ["call-1", "call-2"]


def test_empty_hours_are_not_asked_for(table: FakeTable) -> None:
    table.add(0)

    asked(table, CallsOfModel(model="app.model", period=ALL))

    assert len(table.queries) == 2


def test_the_calls_of_a_caller_are_found_in_any_model(table: FakeTable) -> None:
    table.add(0, m="app.one")
    table.add(1, m="app.two")
    table.add(2, ca="john")

    assert asked(table, CallsOfCaller(caller="jane", period=ALL)) == ["call-0", "call-1"]


def test_the_calls_of_a_caller_are_found_in_every_shard_a_day_had(table: FakeTable) -> None:
    numbers = [*range(6), *range(1440, 1446), *range(2880, 2886)]
    for number in numbers:
        table.add(number, m=f"app.{number % 2}", shards={0: 1, 1: 8, 2: 3}[number // 1440])

    question = CallsOfCaller(caller="jane", period=ALL)

    assert asked(table, question) == [f"call-{number}" for number in numbers]
    assert asked(table, question, newest_first=True) == [f"call-{number}" for number in numbers[::-1]]


def test_only_the_days_with_shards_are_asked_for_more_than_once(table: FakeTable) -> None:
    table.add(0, shards=4)

    asked(table, CallsOfCaller(caller="jane", period=ALL))

    days = [request["ExpressionAttributeValues"][":p"]["S"].split("#")[2] for request in table.queries[1:]]
    assert len(table.queries) == 1 + 61 + 3
    assert days.count("20261123") == 4


def test_a_directory_that_tells_too_many_shards_costs_no_more_than_there_can_be(table: FakeTable) -> None:
    table.add(0)
    forged = directory_items({"m": "app.model", "mv": "v", "iv": "x", "t0": timestamp(START), "x": 1, "sh": 10**6})
    table.items += [forged[1], {**forged[1], "sk": {"S": "#20261123#many"}}]

    assert asked(table, CallsOfCaller(caller="jane", period=ALL)) == ["call-0"]
    assert len(table.queries) == 1 + 61 + 63


def test_the_first_pages_of_an_hours_shards_are_one_page_together(table: FakeTable) -> None:
    for number in range(20):
        table.add(number, shards=4)

    audit = AuditTable(client=table, name="audit", page_size=100)
    next(query_records(audit, CallsOfModel(model="app.model", period=ALL)))

    first = [request for request in table.queries if request["ExpressionAttributeValues"][":p"]["S"].startswith("A#")]
    assert [request["Limit"] for request in first[:4]] == [25] * 4


def test_a_caller_whose_name_was_cut_is_found_by_the_whole_name(table: FakeTable) -> None:
    name = "arn:aws:sts::123456789012:assumed-role/" + "r" * 300
    table.add(0, ca=codec.fit(name, 192))
    table.add(1, ca=codec.fit(codec.fit(name, 192), 64))

    assert asked(table, CallsOfCaller(caller=name, period=ALL)) == ["call-0", "call-1"]


def test_the_calls_of_an_execution_are_found(table: FakeTable) -> None:
    table.add(0, ex="arn:run:1")
    table.add(1, ex="arn:run:2")

    assert asked(table, CallsOfExecution(execution="arn:run:1")) == ["call-0"]


def test_calls_on_the_same_input_are_found(table: FakeTable) -> None:
    table.add(0)
    table.add(1, ih=codec.digest(b"other"))
    digest = codec.base64url_bytes(codec.digest(b"in")).hex()

    assert asked(table, CallsOnInput(digest=digest, period=ALL)) == ["call-0"]


def test_the_phases_of_a_call_are_one_row(table: FakeTable) -> None:
    table.add(0, phase="started", st="ok")
    table.add(0)
    table.add(1, phase="error", st="error")

    rows = list(query(table, "audit", CallsOfModel(model="app.model", period=ALL)))

    assert [(row.status, len(row.phases)) for row in rows] == [("ok", 2), ("error", 1)]
    assert rows[0].record.phase == "completed"


def test_what_has_expired_is_left_out(table: FakeTable) -> None:
    table.add(0, x=1)

    assert asked(table, CallsOfModel(model="app.model", period=ALL)) == []


def test_reading_stops_with_the_reader(table: FakeTable) -> None:
    for number in range(50):
        table.add(number * 60)

    next(query(table, "audit", CallsOfModel(model="app.model", period=ALL)))

    assert len(table.queries) <= 6
