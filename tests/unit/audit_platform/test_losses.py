"""Lambda's count of invocations against the ends of calls that the table has."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from tests.fixtures.function_log import FUNCTION, MODEL, START_MS, TABLE, Environment, World

from mlfn_audit.collecting.access_log import refusals
from mlfn_audit.collecting.asks import Asks
from mlfn_audit.collecting.deposit import Deposit
from mlfn_audit.collecting.group_log import GroupLog
from mlfn_audit.collecting.losses import MINUTE_MS, SETTLED_MS, Balance, LossCount
from mlfn_audit.collecting.sweeping import Progress
from mlfn_audit.directory import AppStack


class Counters:
    """CloudWatch, with one time for each invocation."""

    def __init__(self) -> None:
        self.invocations: list[int] = []

    def get_metric_statistics(self, **request: Any) -> Any:
        since, until = request["StartTime"].timestamp() * 1000, request["EndTime"].timestamp() * 1000
        assert request["Dimensions"] == [{"Name": "FunctionName", "Value": FUNCTION}]
        minutes = [time // MINUTE_MS * MINUTE_MS for time in self.invocations]
        return {"Datapoints": [{"Sum": 1.0} for minute in minutes if since <= minute < until]}


class Lab:
    def __init__(self, key: str = "mood") -> None:
        self.world = World()
        self.world.page = 100
        self.counters = Counters()
        asks = Asks(log=GroupLog(client=self.world, group="/aws/vendedlogs/apis/shop-dev"))
        self.count = LossCount(
            function=FUNCTION,
            models=(MODEL,),
            asks=partial(asks.count, key),
            metrics=self.counters,
            client=self.world,
            table=TABLE,
            progress=Progress(client=self.world, table=TABLE, name="lost"),
        )

    def call(self, request: str, *, put: bool = True) -> None:
        self.counters.invocations.append(self.world.now_ms)
        Environment(self.world).call(request, put=put)

    def asks(self, route: str, status: str = "200") -> None:
        """A request that is no call reaches the function, as the API's access log has it."""
        line = {"requestId": "r", "requestTimeEpoch": self.world.now_ms, "routeKey": route, "status": status}
        self.counters.invocations.append(self.world.now_ms)
        self.world.lines.append(("api", self.world.now_ms, json.dumps(line | {"integrationRequestId": "i"})))

    def balance(self) -> Balance:
        """What a run of the reaper counts and keeps."""
        found = self.count.counted(now_ms=self.world.now_ms, began_ms=START_MS)
        self.count.keep(found, now_ms=self.world.now_ms)
        return found


@pytest.fixture
def lab() -> Lab:
    return Lab()


def test_nothing_is_lost_of_calls_that_have_an_end(lab: Lab) -> None:
    for number in range(20):
        lab.call(f"call-{number}")
        lab.world.now_ms += MINUTE_MS // 3
    lab.world.now_ms += SETTLED_MS + MINUTE_MS

    found = lab.balance()

    assert (found.invocations, found.ends, found.lost) == (20, 20, 0)


def test_a_call_without_an_end_is_told_once(lab: Lab) -> None:
    lab.call("kept")
    lab.call("lost", put=False)
    lab.world.now_ms += SETTLED_MS + MINUTE_MS
    assert lab.balance().lost == 1

    lab.world.now_ms += SETTLED_MS

    assert lab.balance().lost == 0


def test_what_may_still_come_is_not_missed_yet(lab: Lab) -> None:
    lab.call("late", put=False)

    lab.world.now_ms += SETTLED_MS // 2

    assert lab.balance().lost == 0


def test_calls_are_counted_hour_by_hour_and_none_twice(lab: Lab) -> None:
    for number in range(30):
        lab.call(f"call-{number}")
        lab.world.now_ms += 10 * MINUTE_MS - 7
    lab.world.now_ms += SETTLED_MS

    kept = [lab.balance() for _ in range(8)]

    assert (kept[-1].invocations, kept[-1].ends, [each.lost for each in kept]) == (30, 30, [0] * 8)


@pytest.mark.parametrize(
    ("key", "route", "status"),
    [
        ("mlfn-ingress", "GET /pipelines/judge/{execution}", "200"),
        ("mlfn-ingress", "GET /approvals", "200"),
        ("mlfn-ingress", "POST /approvals/{approval}", "404"),
        ("mlfn-ingress", "POST /pipelines/judge/blobs", "200"),
        ("mood", "POST /models/mood/blobs", "200"),
        ("mood", "GET /models/mood/blobs/{blob}", "404"),
    ],
)
def test_who_asks_calls_nothing(key: str, route: str, status: str) -> None:
    lab = Lab(key)
    lab.asks(route, status)
    lab.call("kept")
    lab.call("lost", put=False)
    lab.world.now_ms += SETTLED_MS + MINUTE_MS

    assert lab.balance().lost == 1


@pytest.mark.parametrize(
    ("key", "route"),
    [
        ("mlfn-ingress", "POST /pipelines/judge"),
        ("mlfn-ingress", "POST /approvals/{approval}"),
        ("mlfn-ingress", "GET /models/mood/blobs/{blob}"),
        ("mood", "GET /models/other/blobs/{blob}"),
    ],
)
def test_a_call_or_what_was_asked_of_another_function_does_not_count_as_asking(key: str, route: str) -> None:
    lab = Lab(key)
    lab.asks(route)
    lab.world.now_ms += SETTLED_MS + MINUTE_MS

    assert lab.balance().lost == 1


def test_a_front_door_records_calls_of_every_pipeline_and_what_was_none() -> None:
    stack = AppStack(
        app="shop", stage="dev", functions=("shop-dev-mood", "shop-dev-mlfn-ingress"), machines=("shop-dev-judge",)
    )

    assert stack.recorded_by("shop-dev-mlfn-ingress") == ("shop.judge", "shop.mlfn-ingress")
    assert stack.recorded_by("shop-dev-mood") == ("shop.mood",)


def test_what_the_gateway_refused_makes_up_for_nothing(lab: Lab) -> None:
    lab.call("lost", put=False)
    line = {"requestId": "r", "requestTimeEpoch": START_MS, "routeKey": "POST /models/mood", "status": "403"}
    for wire in refusals([line], "shop"):
        Deposit(client=lab.world, table=TABLE).put(wire)
    lab.world.now_ms += SETTLED_MS + MINUTE_MS

    assert lab.balance().lost == 1
