"""A month's traffic, estimated from some hours of records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.fixtures.audit_calls import START, Calls

from mlfn.audit.item import to_item
from mlfn.audit.keys import hour_of
from mlfn_audit.directory import Partition
from mlfn_audit.table import AuditTable
from mlfn_audit.traffic import MOST_PARTITIONS, Traffic, month_of, spread

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)


class OneModelTable:
    """Answers Query with a directory and the records of its hours."""

    def __init__(self, calls: Calls) -> None:
        self.partitions: dict[str, list[dict[str, Any]]] = {}
        for wire in calls.records:
            item = to_item(wire)
            self.partitions.setdefault(item["pk"]["S"], []).append(item)
            entry = {"sk": {"S": f"{hour_of(wire['t0'])}#{wire['mv']}#1#0"}}
            listed = self.partitions.setdefault(f"B#{wire['m']}", [])
            listed += [] if entry in listed else [entry]
        self.asked = 0

    def query(self, **request: Any) -> dict[str, Any]:
        self.asked += 1
        values = request["ExpressionAttributeValues"]
        return {"Items": self.partitions.get(values[":p"]["S"], [])}

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name}: only queries are made")


def traffic_of(calls: Calls) -> tuple[Traffic, OneModelTable]:
    client: Any = OneModelTable(calls)
    table = AuditTable(client=client, name="mlfn-audit-dev", clock=NOW.timestamp)
    return month_of(table, client, "shop.mood", NOW), client


def test_what_a_day_saw_is_a_month_as_often_as_a_month_has_days() -> None:
    calls = Calls()
    for number in range(12):
        calls.add(number, pt="http_iam", took_ms=10.0)
    calls.add(3600, phase="rejected", fn=None, st="rejected")

    found, _ = traffic_of(calls)

    month = 730 / 24.5  # since the hour in which the first call was
    assert found.calls == pytest.approx(13 * month)
    assert [found.invocations, found.through_api] == pytest.approx([12 * month, 12 * month])
    assert found.mean_ms == pytest.approx(10.0)
    assert found.is_whole
    assert found.index_entries == pytest.approx(2 * 13 * month)
    assert found.callers.most_common(1)[0][1] == 13


def test_of_many_hours_some_stand_for_all_and_the_estimate_says_so() -> None:
    calls = Calls(start=NOW - timedelta(hours=200))
    for hour in range(200):
        calls.add(hour * 3600)

    found, client = traffic_of(calls)

    assert found.calls == pytest.approx(730, rel=0.02)
    assert not found.is_whole
    assert client.asked <= MOST_PARTITIONS + 2


def test_a_busy_hour_is_measured_by_how_soon_its_first_records_came() -> None:
    calls = Calls(start=START.replace(minute=0))
    for number in range(600):
        calls.add(number)

    found, _ = traffic_of(calls)

    # 500 records within 500 s: 3,600 in the hour, and one such hour in 24.5
    assert found.calls == pytest.approx(3600 * 730 / 24.5, rel=0.02)
    assert not found.is_whole


def test_without_records_there_is_no_traffic() -> None:
    found, _ = traffic_of(Calls())

    assert (found.calls, found.mean_ms, found.is_whole) == (0, 0, True)


def test_the_chosen_hours_are_spread_over_all() -> None:
    hours = [Partition(hour=f"{number:03}", key=str(number)) for number in range(100)]

    assert [each.hour for each in spread(hours, 4)] == ["000", "025", "050", "075"]
    assert spread(hours[:3], 4) == hours[:3]


def test_traffic_of_several_pipelines_is_their_sum() -> None:
    both = Traffic(calls=1, invocations=1, duration_ms=10) + Traffic(
        calls=2, invocations=1, duration_ms=30, is_whole=False
    )

    assert (both.calls, both.mean_ms, both.is_whole) == (3, 20, False)
