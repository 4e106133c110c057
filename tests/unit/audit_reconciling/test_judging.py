"""What evidence makes of calls: every way in, every way to lie about it."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mlfn.audit.codec import event_id, is_sealed, seal
from mlfn.audit.record import AuditRecord, Phase
from mlfn.errors import AuditError
from mlfn_audit.query import rows
from mlfn_audit.reconciling.evidence import Evidence, GatewayCall, gateway_calls, invocations, is_same
from mlfn_audit.reconciling.judging import Finding, Judge, Verdict, leans_on
from mlfn_audit.reconciling.notes import dispatched, note
from mlfn_audit.reconciling.trail_files import file_events
from mlfn_audit.trail_folder import parsed

HOURS = timedelta(hours=2)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
JANE, JOHN = "arn:aws:iam::123456789012:user/jane", "arn:aws:iam::123456789012:user/john"
ROLE, SESSION = "arn:aws:iam::123456789012:role/team/Reader", "arn:aws:sts::123456789012:assumed-role/Reader/jane"
RUN = "arn:aws:states:us-east-1:123456789012:express:shop-dev-quote:run:1"


def record(invocation: str = "call-1", *, ago: timedelta = timedelta(hours=1), **facts: Any) -> AuditRecord:
    began = NOW - ago
    wire: dict[str, Any] = {
        "v": 1,
        "ph": "completed",
        "iv": invocation,
        "at": "AAECAwQFBgcICQoL:0",
        "t0": began.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "m": "shop.price",
        "mv": "0123456789ab",
        "w": "AAECAwQFBgcICQoL",
        "q": 0,
        "st": "ok",
        "oh": "5CcU-jjowpNycyUQSz9JIUoRBnYfE17ShonE7KWvZCg",
        "x": int(NOW.timestamp()) + 1000,
        **facts,
    }
    wire["id"] = event_id(wire["iv"], wire["at"], wire["ph"])
    seal(wire)
    return AuditRecord.from_wire(wire)


def direct(invocation: str = "call-1", **facts: Any) -> AuditRecord:
    return record(invocation, **{"pt": "direct", "qa": "live", "cl": 0, "ct": "unknown", **facts})


def through_api(invocation: str = "call-1", **facts: Any) -> AuditRecord:
    said = {"pt": "http_iam", "qa": "api", "cl": 2, "ct": "iam_user", "ca": JANE, "gr": f"gateway-{invocation}"}
    return record(invocation, **{**said, **facts})


def in_run(invocation: str = "step-1", **facts: Any) -> AuditRecord:
    return record(invocation, **{"pt": "sfn", "qa": "sfn", "cl": 1, "ct": "iam_user", "ca": JANE, "ex": RUN, **facts})


def event(request: str = "call-1", arn: str | None = JANE, **more: Any) -> dict[str, Any]:
    """An `Invoke` of CloudTrail's."""
    who = {"type": "IAMUser", "arn": arn} if arn else {"type": "AWSService", "invokedBy": "apigateway.amazonaws.com"}
    return {
        "eventSource": "lambda.amazonaws.com",
        "eventName": "Invoke",
        "eventTime": (NOW - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "requestID": request,
        "userIdentity": who,
        "sourceIPAddress": "203.0.113.7",
        "resources": [{"ARN": "arn:aws:lambda:us-east-1:123456789012:function:shop-dev-price"}],
        **more,
    }


BY_STATES: dict[str, Any] = {
    "userIdentity": {"type": "AssumedRole", "arn": SESSION, "invokedBy": "states.amazonaws.com"},
    "sourceIPAddress": "states.amazonaws.com",
}


def gateway(invocation: str = "call-1", caller: str = JANE, route: str = "POST /models/price") -> GatewayCall:
    at = NOW - timedelta(hours=1)
    return GatewayCall(
        request=f"gateway-{invocation}", invocation=invocation, at=at, caller=caller, route=route, status="200"
    )


def evidence(*events: dict[str, Any], calls: tuple[GatewayCall, ...] | None = None) -> Evidence:
    seen = {each.request: each for each in invocations(events, "shop-dev-")}
    return Evidence(invocations=seen or None, gateway=None if calls is None else {call.request: call for call in calls})


def judged(found: Evidence, *records: AuditRecord) -> list[Finding]:
    return Judge(evidence=found, now=NOW).judge(list(rows(records)))


def verdicts(findings: list[Finding]) -> list[tuple[str, str | None]]:
    return [(str(finding.verdict), finding.caller) for finding in findings]


def test_a_direct_caller_is_who_cloudtrail_says() -> None:
    assert verdicts(judged(evidence(event()), direct())) == [("confirmed", JANE)]
    assert verdicts(judged(evidence(event()), direct(ca=JANE))) == [("confirmed", JANE)]


def test_a_direct_caller_who_says_another_name_is_told() -> None:
    assert verdicts(judged(evidence(event(arn=JOHN)), direct(ca=JANE))) == [("forged", JOHN)]


def test_a_proven_caller_is_not_noted_again_but_checked() -> None:
    proven = direct(ca=ROLE, cl=3)

    assert judged(evidence(event(arn=SESSION)), proven) == []
    assert verdicts(judged(evidence(event(arn=JOHN)), proven)) == [("forged", JOHN)]


def test_a_direct_call_that_cloudtrail_does_not_know_is_told_once_it_should() -> None:
    other = evidence(event("another"))

    assert verdicts(judged(other, direct())) == [("unmatched", None)]
    assert judged(other, direct(ago=timedelta(minutes=10))) == []
    assert judged(evidence(calls=()), direct()) == []  # no trail was there to be read


def test_an_api_call_is_confirmed_by_the_apis_own_log() -> None:
    [finding] = judged(evidence(calls=(gateway(),)), through_api())

    assert (finding.verdict, finding.caller, finding.why) == ("confirmed", JANE, "confirmed by the API's access log")


def test_an_api_call_is_confirmed_by_both_where_there_are_both() -> None:
    [finding] = judged(evidence(event(arn=None), calls=(gateway(),)), through_api())

    assert finding.why == "confirmed by the API's access log and CloudTrail"


def test_a_gateway_event_that_somebody_sent_directly_is_told_with_who() -> None:
    assert verdicts(judged(evidence(event(arn=JOHN), calls=()), through_api())) == [("forged", JOHN)]
    assert verdicts(judged(evidence(event(arn=JOHN), calls=(gateway(),)), through_api())) == [("forged", JOHN)]


@pytest.mark.parametrize("call", [gateway("call-2"), None], ids=["another call's", "none"])
def test_an_api_call_that_the_apis_log_does_not_know_is_told(call: GatewayCall | None) -> None:
    found = evidence(calls=(call,) if call else ())

    assert verdicts(judged(found, through_api())) == [("unmatched", None)]
    assert judged(found, through_api(ago=timedelta(minutes=5))) == []


def test_a_stolen_gateway_id_does_not_confirm_another_call() -> None:
    stolen = through_api("call-9", gr="gateway-call-1")

    assert verdicts(judged(evidence(calls=(gateway(),)), stolen)) == [("unmatched", None)]


def test_a_caller_that_the_api_did_not_see_is_told() -> None:
    assert verdicts(judged(evidence(calls=(gateway(caller=JOHN),)), through_api())) == [("forged", JOHN)]


def test_a_step_is_confirmed_with_its_run() -> None:
    door = through_api("door", m="shop.quote", ex=RUN)
    found = evidence(event("step-1", **BY_STATES), calls=(gateway("door"),))

    assert sorted(verdicts(judged(found, in_run(), door))) == [("confirmed", JANE), ("confirmed", JANE)]


def test_a_step_of_a_run_that_nobody_started_at_the_door_stays_as_it_is() -> None:
    assert judged(evidence(event("step-1", **BY_STATES)), in_run()) == []


def test_a_step_of_a_run_that_was_confirmed_before_is_confirmed_with_it() -> None:
    found = evidence(event("step-1", **BY_STATES))
    called = list(rows([in_run()]))

    assert leans_on(called) == [RUN]
    assert leans_on(rows([in_run(), through_api("door", m="shop.quote", ex=RUN)])) == []
    assert verdicts(Judge(evidence=found, now=NOW).judge(called, confirmed=[RUN])) == [("confirmed", JANE)]


@pytest.mark.parametrize("route", ["GET /pipelines/quote/{execution}", "POST /models/price/blobs"])
def test_who_only_asks_leaves_no_record_and_none_is_missed(route: str) -> None:
    asked = gateway("asked", route=route)

    assert (
        list(Judge(evidence=evidence(calls=(asked,)), now=NOW).unrecorded([], "shop", "shop-dev-", NOW - HOURS)) == []
    )


def test_a_call_that_nobody_recorded_is_written_down_as_dispatched_the_same_each_time() -> None:
    judge = Judge(evidence=evidence(event("lost")), now=NOW)
    [finding] = judge.unrecorded([], "shop", "shop-dev-", NOW - timedelta(hours=2))

    one, again = dispatched(finding), dispatched(finding)

    assert one == again
    assert is_sealed(one)
    assert (one["ph"], one["iv"], one["m"], one["ca"], one["cl"]) == ("dispatched", "lost", "shop.price", JANE, 3)


def test_a_step_that_somebody_called_directly_is_told() -> None:
    assert verdicts(judged(evidence(event("step-1", arn=JOHN)), in_run())) == [("forged", JOHN)]


def test_what_the_platform_derived_is_not_judged() -> None:
    assert judged(evidence(event(arn=JOHN)), direct(w="platform", at="platform:0")) == []


def test_a_noted_call_is_not_judged_again() -> None:
    call = direct()
    [finding] = judged(evidence(event()), call)

    assert judged(evidence(event()), call, AuditRecord.from_wire(note(finding))) == []


def test_a_note_raises_the_level_and_names_who_it_was() -> None:
    call = through_api()
    [finding] = judged(evidence(event(arn=JOHN), calls=()), call)

    wire = note(finding)
    [row] = rows([call, AuditRecord.from_wire(wire)])

    assert is_sealed(wire)
    assert (row.record.caller, row.record.assurance) == (JANE, 2)
    assert (row.confirmed.caller, row.confirmed.assurance, row.confirmed.phase) == (JOHN, 3, Phase.NOTE)
    assert not {"q", "p", "st", "oh"} & wire.keys()
    assert wire == note(finding)


def test_calls_without_a_record_are_told() -> None:
    found = evidence(
        event("lost"),
        event("refused", errorCode="AccessDenied"),
        event("asked", resources=[{"ARN": "arn:aws:lambda:us-east-1:1:function:shop-dev-mlfn-ingress"}]),
        event("others", resources=[{"ARN": "arn:aws:lambda:us-east-1:1:function:else-dev-price"}]),
        event("late", eventTime=NOW.strftime("%Y-%m-%dT%H:%M:%SZ")),
        event("call-1"),
        calls=(gateway("dropped"), gateway("status", route="GET /pipelines/quote/{execution}")),
    )
    judge = Judge(evidence=found, now=NOW)

    told = list(judge.unrecorded(list(rows([direct()])), "shop", "shop-dev-", NOW - timedelta(hours=2)))

    assert {(each.invocation, each.model, each.verdict) for each in told} == {
        ("lost", "shop.price", Verdict.UNRECORDED),
        ("dropped", "shop.price", Verdict.UNRECORDED),
    }


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (JANE, JANE, True),
        (ROLE, SESSION, True),
        (SESSION, SESSION.replace("jane", "john"), True),
        (JANE, JOHN, False),
        (ROLE, SESSION.replace("Reader", "Writer"), False),
        (ROLE, SESSION.replace("123456789012", "210987654321"), False),
        ("jane", JANE, False),
        ("x", "y", False),
    ],
)
def test_a_role_and_its_sessions_are_the_same_principal(one: str, other: str, same: bool) -> None:
    assert is_same(one, other) is same


@pytest.mark.parametrize(
    "damage",
    [{"requestID": None}, {"resources": []}, {"eventTime": "yesterday"}, {"userIdentity": None}, {"resources": None}],
)
def test_an_event_of_another_shape_is_passed_over(damage: dict[str, Any]) -> None:
    found = list(invocations([event() | damage, event("good")], "shop-dev-"))

    assert found[-1].request == "good"


def test_lines_of_another_shape_are_passed_over() -> None:
    line = {"requestId": "g", "requestTimeEpoch": "1", "status": "200", "routeKey": "POST /models/price"}
    lines = ["", "no json", "{}", json.dumps(line), json.dumps({**line, "integrationRequestId": "-"})]

    found = list(gateway_calls([*lines, json.dumps({**line, "integrationRequestId": "i", "caller": "-"})]))

    assert [(call.request, call.invocation, call.caller) for call in found] == [("g", "i", "")]


def test_trail_files_are_read_packed_or_not(tmp_path: Path) -> None:
    document = json.dumps({"Records": [event("one"), "no event"]}).encode()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.json.gz").write_bytes(gzip.compress(document))
    (tmp_path / "b.json").write_bytes(document.replace(b'"one"', b'"two"'))

    assert sorted(each["requestID"] for each in file_events(tmp_path)) == ["one", "two"]
    assert [each["requestID"] for each in file_events(tmp_path / "b.json")] == ["two"]


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"Records": 7}', b"\x1f\x8b broken", b"\xff"])
def test_a_file_that_is_none_of_cloudtrails_is_told(body: bytes) -> None:
    with pytest.raises(AuditError, match="x is no log file of CloudTrail"):
        list(parsed(body, "x"))
