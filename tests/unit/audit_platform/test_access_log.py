"""What an API's access log says of calls that our code never saw."""

from __future__ import annotations

import json
from typing import Any

from tests.fixtures.function_log import START_MS, TABLE, World

from mlfn.audit import codec
from mlfn_audit.collecting.access_log import access_lines, dispatches, refusals
from mlfn_audit.collecting.deposit import Deposit
from mlfn_audit.collecting.gateway_sweep import GatewaySweep
from mlfn_audit.collecting.group_log import GroupLog
from mlfn_audit.collecting.sweeping import OVERLAP_MS, Progress

MINUTE = START_MS // 60_000 * 60_000
JANE = "arn:aws:iam::123456789012:user/jane"


def request(number: int = 0, **fields: Any) -> dict[str, Any]:
    line = {"requestId": f"r{number}", "requestTimeEpoch": str(MINUTE + number), "routeKey": "POST /models/mood"}
    line |= {"status": "403", "caller": JANE, "sourceIp": "203.0.113.7", "integrationRequestId": "-", "apiId": "a1"}
    return line | {"integrationStatus": "-", "error": "ACCESS_DENIED"} | fields


def test_a_thousand_refusals_of_a_minute_are_one_record() -> None:
    (wire,) = refusals([request(number) for number in range(1_000)], "shop")

    assert (wire["ph"], wire["m"], wire["st"], wire["er"]) == (
        "rejected",
        "shop.mood",
        "rejected",
        "403 ACCESS_DENIED x1000",
    )
    assert (wire["ca"], wire["ip"], wire["cl"], wire["ai"]) == (JANE, "203.0.113.7", 2, "a1")
    assert codec.is_sealed(wire)


def test_callers_are_named_if_they_are_one() -> None:
    (wire,) = refusals([request(1), request(2, caller="-", sourceIp="198.51.100.1")], "shop")

    assert not wire.keys() & {"ca", "ip"}


def test_each_minute_route_and_status_has_its_own_record() -> None:
    lines = [request(), request(status="429"), request(60_000), request(routeKey="POST /pipelines/judge")]

    assert len({wire["id"] for wire in refusals(lines, "shop")}) == 4


def test_what_has_no_route_is_nobodys_call() -> None:
    assert refusals([request(routeKey="-"), request(routeKey="$default")], "shop") == []


def test_what_our_code_answered_is_not_derived_again() -> None:
    lines = [request(integrationRequestId="l1", integrationStatus=status, status=status) for status in ("200", "403")]

    assert refusals(lines, "shop") + dispatches(lines, "shop") == []


def test_a_call_that_its_function_did_not_answer_was_dispatched() -> None:
    (wire,) = dispatches([request(integrationRequestId="l1", status="500", error="INTEGRATION_FAILURE")], "shop")

    assert (wire["ph"], wire["iv"], wire["gr"], wire["ca"]) == ("dispatched", "l1", "r0", JANE)


def test_lines_that_are_no_requests_are_passed_over() -> None:
    assert list(access_lines(["", "{}", "[]", "null", '{"requestTimeEpoch":"x"}', json.dumps(request())])) == [
        request()
    ]


def test_only_whole_minutes_are_derived_and_each_once() -> None:
    world = World()
    world.now_ms = MINUTE + 30_000
    world.lines = [("s", MINUTE + number, json.dumps(request(number))) for number in range(3)]
    deposit = Deposit(client=world, table=TABLE)
    sweep = GatewaySweep(
        app="shop",
        log=GroupLog(client=world, group="/aws/vendedlogs/apis/shop-dev"),
        deposit=deposit,
        progress=Progress(client=world, table=TABLE, name="api"),
        clock_ms=lambda: world.now_ms,
        may_go_on=lambda: True,
    )
    assert sweep.run() == 0

    world.now_ms += 60_000 + OVERLAP_MS

    assert (sweep.run(), sweep.run()) == (1, 0)
    assert world.wires()[0]["er"] == "403 ACCESS_DENIED x3"
