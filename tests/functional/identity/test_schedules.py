"""Reconciling and the refresh of issuers' keys as a stage's schedules do them, on the emulator."""

from __future__ import annotations

import gzip
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import pytest
from tests.functional.identity.test_forgeries import JANE, MAY_CALL, gateway_event
from tests.functional.identity.test_reconcile import trail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.functional.identity.conftest import Desk

    from mlfn_audit.query import CallRow

pytestmark = pytest.mark.xdist_group("identity")
__all__ = ["trail"]
PATIENCE_S = 60.0


def until(condition: Callable[[], Any]) -> Any:
    """What a condition gives once it holds."""
    deadline = monotonic() + PATIENCE_S
    while not (found := condition()):
        assert monotonic() < deadline, "it did not come about"
        sleep(0.1)
    return found


def fire(desk: Desk, function: str, event: dict[str, Any]) -> None:
    """Let a function's schedule call it now: a rule with a schedule and a pattern fires on either."""
    events = desk.client("events")
    rule = events.describe_rule(Name=f"mlfn-{function}-dev")
    assert rule["State"] == "ENABLED"
    [target] = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    events.put_targets(Rule=rule["Name"], Targets=[target | {"Input": json.dumps(event)}])
    pattern = json.dumps({"source": [function]})
    events.put_rule(Name=rule["Name"], ScheduleExpression=rule["ScheduleExpression"], EventPattern=pattern)
    events.put_events(Entries=[{"Source": function, "DetailType": "now", "Detail": "{}"}])


def unconfirmed(desk: Desk) -> float:
    """The sum that the stage's alarm looks at."""
    cloudwatch = desk.client("cloudwatch")
    [alarm] = cloudwatch.describe_alarms(AlarmNames=["mlfn-dev-AuditUnconfirmed"])["MetricAlarms"]
    watched = {name: alarm[name] for name in ("Namespace", "MetricName", "Dimensions", "Period")}
    now = datetime.now(UTC).timestamp()
    answer = cloudwatch.get_metric_statistics(**watched, StartTime=now - 3_600, EndTime=now + 60, Statistics=["Sum"])
    return float(sum(point["Sum"] for point in answer["Datapoints"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """Calls that a schedule has looked at."""

    user: str
    forged: str
    run: str
    lost: str
    told_before: float


@pytest.fixture(scope="module")
def reconciled(desk: Desk, trail: str) -> Iterator[Reconciled]:
    stacks = desk.client("cloudformation")
    stack = stacks.describe_stacks(StackName="mlfn-platform-dev")["Stacks"][0]
    kept = [
        {"ParameterKey": each["ParameterKey"], "UsePreviousValue": True}
        for each in stack["Parameters"]
        if each["ParameterKey"] != "TrailBucket"
    ]
    named = {"ParameterKey": "TrailBucket", "ParameterValue": trail}
    stacks.update_stack(
        StackName="mlfn-platform-dev",
        UsePreviousTemplate=True,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[named, *kept],
    )
    stacks.get_waiter("stack_update_complete").wait(
        StackName="mlfn-platform-dev", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    name = f"scheduled-{uuid.uuid4().hex[:6]}"
    user, keys = f"arn:aws:iam::{desk.account}:user/{name}", desk.user(name, MAY_CALL)
    forged = desk.invoke("mood", "api", gateway_event("mood", '{"text": "forged", "stars": 4}'), keys)
    assert desk.post("/pipelines/moods", '[{"text": "fine", "stars": 1}]', keys)[0] == 200
    run = desk.record("moods", caller=user).execution
    assert run is not None
    desk.record("mood", execution=run, status="ok")
    lost = invoked_without_a_record(desk, trail, user)
    before = unconfirmed(desk)
    desk.client("cloudtrail").stop_logging(Name=trail)
    fire(desk, "reconciler", {"settled_ms": 0})
    made = Reconciled(user=user, forged=forged["headers"]["mlfn-record"], run=run, lost=lost, told_before=before)
    until(lambda: unconfirmed(desk) > before)
    yield made


def invoked_without_a_record(desk: Desk, trail: str, user: str) -> str:
    """What CloudTrail delivers of a call that left no record; gives its request id."""
    now, request = datetime.now(UTC), str(uuid.uuid4())
    event = {
        "eventSource": "lambda.amazonaws.com",
        "eventName": "Invoke",
        "eventTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "requestID": request,
        "userIdentity": {"type": "IAMUser", "arn": user},
        "resources": [{"ARN": f"arn:aws:lambda:us-east-1:{desk.account}:function:desk-dev-mood"}],
    }
    region = desk.environ["AWS_REGION"]
    folder = f"AWSLogs/{desk.account}/CloudTrail/{region}/{now:%Y/%m/%d}"
    name = f"{desk.account}_CloudTrail_{region}_{now:%Y%m%dT%H%MZ}_lost.json.gz"
    body = gzip.compress(json.dumps({"Records": [event]}).encode())
    desk.client("s3").put_object(Bucket=trail, Key=f"{folder}/{name}", Body=body)
    return request


def row_of(desk: Desk, model: str, wanted: Callable[[CallRow], bool]) -> CallRow:
    """A call of a model, once it is noted."""
    found: CallRow = until(lambda: next((row for row in desk.rows(model) if wanted(row)), None))
    return found


def test_a_forged_call_is_noted_with_who_it_was(desk: Desk, reconciled: Reconciled) -> None:
    row = row_of(desk, "mood", lambda row: row.record.id == reconciled.forged and len(row.phases) > 1)

    assert row.record.caller == JANE
    assert (row.confirmed.caller, row.confirmed.assurance) == (reconciled.user, 3)


def test_the_call_of_a_pipeline_and_its_steps_are_confirmed(desk: Desk, reconciled: Reconciled) -> None:
    for model in ("moods", "mood"):
        row = row_of(
            desk, model, lambda row: row.record.execution == reconciled.run and row.confirmed is not row.record
        )

        assert (row.confirmed.caller, row.confirmed.assurance) == (reconciled.user, 3)


def test_a_call_that_aws_has_seen_and_nobody_recorded_is_in_the_trail_now(desk: Desk, reconciled: Reconciled) -> None:
    row = row_of(desk, "mood", lambda row: row.record.invocation == reconciled.lost)

    assert (row.record.phase, row.record.caller, row.record.assurance) == ("dispatched", reconciled.user, 3)
    assert desk.project.mlfn("audit", "verify").code == 0


def test_the_next_run_finds_nothing_more(desk: Desk, reconciled: Reconciled) -> None:
    row_of(desk, "mood", lambda row: row.record.invocation == reconciled.lost)
    answer = desk.client("lambda").invoke(FunctionName="mlfn-reconciler-dev", Payload=b'{"settled_ms": 0}')
    done = json.loads(answer["Payload"].read())

    assert "FunctionError" not in answer, done
    assert (done["unrecorded"], done["forged"]) == (0, 0)


def test_a_schedule_stores_the_keys_that_the_issuer_has_now(desk: Desk) -> None:
    s3 = desk.client("s3")
    bucket = f"mlfn-data-dev-{desk.account}-{desk.environ['AWS_REGION']}"
    stored = s3.get_object(Bucket=bucket, Key="mlfn/issuers.json")["Body"].read()
    s3.put_object(Bucket=bucket, Key="mlfn/issuers.json", Body=b'{"issuers": []}')

    fire(desk, "issuers", {})

    until(lambda: s3.get_object(Bucket=bucket, Key="mlfn/issuers.json")["Body"].read() == stored)
