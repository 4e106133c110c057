"""What a schedule reconciles: each part of time once, none too large, and told before it counts as done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.fixtures.function_log import CrashError, World
from tests.functional.audit.test_query import START, FakeTable

from mlfn_audit.collecting.deposit import Deposit
from mlfn_audit.collecting.group_log import GroupLog
from mlfn_audit.collecting.sweeping import Progress
from mlfn_audit.reconciling import sweeping
from mlfn_audit.reconciling.reconcile import Reconciliation
from mlfn_audit.reconciling.sweeping import ReconcileSweep, Sources
from mlfn_audit.table import AuditTable

JANE = "arn:aws:iam::123456789012:user/jane"


class Trail:
    """CloudTrail's files: every event, whenever it was delivered."""

    def __init__(self, *events: dict[str, Any]) -> None:
        self.told = list(events)
        self.read: list[tuple[int, int]] = []

    def events(self, since_ms: int, until_ms: int) -> list[dict[str, Any]]:
        self.read.append((since_ms, until_ms))
        return self.told


class Lab:
    """An app with calls in a table, and a clock that stands still."""

    def __init__(self, *events: dict[str, Any]) -> None:
        self.calls, self.world, self.trail = FakeTable(), World(), Trail(*events)
        self.calls.lazy = False
        self.now = START + timedelta(hours=2)
        self.told: list[Reconciliation] = []

    def call(self, number: int, **fields: Any) -> dict[str, Any]:
        return self.calls.add(number, **{"pt": "direct", "ct": "iam_user", "cl": 0, "ca": JANE, **fields})

    def run(self, *, settled: timedelta = timedelta(hours=1)) -> int:
        world: Any = self.world
        trail: Any = self.trail
        sweep = ReconcileSweep(
            app="app",
            stage="dev",
            models=frozenset({"app.model"}),
            sources=Sources(trail=trail, log=GroupLog(client=world, group="/aws/vendedlogs/apis/app-dev")),
            table=AuditTable(client=self.calls, name="audit"),
            deposit=Deposit(client=world, table="audit"),
            progress=Progress(client=world, table="audit", name="reconciled#app"),
            clock=lambda: self.now,
            may_go_on=lambda: True,
        )
        return sweep.run(self.told.append, settled=settled)

    def verdicts(self) -> list[tuple[str, str]]:
        return [(each.invocation, str(each.verdict)) for part in self.told for each in part.findings]


def event(request: str, minute: int, arn: str = JANE) -> dict[str, Any]:
    return {
        "eventSource": "lambda.amazonaws.com",
        "eventName": "Invoke",
        "eventTime": (START + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "requestID": request,
        "userIdentity": {"type": "IAMUser", "arn": arn},
        "resources": [{"ARN": "arn:aws:lambda:us-east-1:123456789012:function:app-dev-model"}],
    }


def test_each_call_is_judged_once() -> None:
    lab = Lab(*(event(f"call-{number}", number) for number in (1, 9, 10, 31)))
    for number in (1, 9, 10, 31):
        lab.call(number)

    assert lab.run() == 4
    assert lab.run() == 0
    lab.now += timedelta(minutes=15)
    assert lab.run() == 0

    assert lab.verdicts() == [(f"call-{number}", "confirmed") for number in (1, 9, 10, 31)]


def test_what_may_still_be_delivered_is_waited_for() -> None:
    lab = Lab(event("call-70", 70))
    lab.call(70)

    assert lab.run() == 0
    lab.now += timedelta(minutes=15)

    assert lab.run() == 1


def test_a_call_at_the_edge_of_a_part_is_known_in_both() -> None:
    lab = Lab(event("call-10", 9), event("call-20", 20))
    lab.call(10)
    lab.call(20, t0="2026-11-23T06:49:59.900000Z")

    lab.run()

    assert sorted(lab.verdicts()) == [("call-10", "confirmed"), ("call-20", "confirmed")]


def test_a_retry_of_an_asynchronous_call_has_the_event_of_the_first() -> None:
    lab = Lab(event("call-40", 10), event("other", 40))
    lab.call(40)

    lab.run()

    assert ("call-40", "confirmed") in lab.verdicts()


def test_an_asynchronous_call_that_waited_is_not_missing() -> None:
    lab = Lab(event("call-90", 10), event("lost", 11))
    lab.call(90)

    lab.run()

    assert lab.verdicts() == [("lost", "unrecorded")]


def test_a_time_with_many_calls_is_taken_in_smaller_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "LARGEST_PART", 8)
    lab = Lab(*(event(f"call-{number}", number) for number in range(30)))
    for number in range(30):
        lab.call(number)

    assert lab.run() == 30

    assert max(part.calls for part in lab.told) <= 8
    assert len(lab.verdicts()) == 30


def test_whatever_request_it_dies_at_the_next_run_tells_of_all() -> None:
    requests = Lab(event("lost", 5))
    requests.run()

    for step in range(1, requests.world.calls + 1):
        lab = Lab(event("lost", 5))
        lab.world.dies_at = step
        with pytest.raises(CrashError):
            lab.run()
        lab.world.dies_at = -1
        lab.run()

        assert ("lost", "unrecorded") in lab.verdicts()
        assert lab.world.phases() == {"lost": ["dispatched"]}


def test_progress_is_kept_to_the_millisecond() -> None:
    lab = Lab()
    lab.now = datetime(2026, 11, 23, 8, 30, 0, 123_456, tzinfo=UTC)

    lab.run(settled=timedelta(0))
    parts = len(lab.told)
    lab.run(settled=timedelta(0))

    assert parts == 6
    assert len(lab.told) == parts
