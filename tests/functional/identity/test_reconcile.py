"""`mlfn audit reconcile` on the emulator: its CloudTrail and its API's log against the trail."""

from __future__ import annotations

import json
import uuid
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from tests.functional.identity.test_forgeries import JANE, MAY_CALL, gateway_event

if TYPE_CHECKING:
    from tests.functional.identity.conftest import Desk

pytestmark = pytest.mark.xdist_group("identity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The calls that were made under a trail, and what reconciling them gave."""

    user: str
    outcome: dict[str, Any]
    code: int
    forged: str
    direct: str
    run: str


def bucket_policy(bucket: str) -> str:
    principal, arn = {"Service": "cloudtrail.amazonaws.com"}, f"arn:aws:s3:::{bucket}"
    look = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetBucketAcl", "Resource": arn}
    write = {"Effect": "Allow", "Principal": principal, "Action": "s3:PutObject", "Resource": f"{arn}/AWSLogs/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [look, write]})


@pytest.fixture(scope="module")
def trail(desk: Desk) -> Iterator[str]:
    """A trail that takes every function's calls."""
    name, s3, client = f"trail-{uuid.uuid4().hex[:8]}", desk.client("s3"), desk.client("cloudtrail")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_policy(Bucket=name, Policy=bucket_policy(name))
    client.create_trail(Name=name, S3BucketName=name)
    data = [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}]
    selector = {"ReadWriteType": "All", "IncludeManagementEvents": False, "DataResources": data}
    client.put_event_selectors(TrailName=name, EventSelectors=[selector])
    client.start_logging(Name=name)
    yield name
    client.delete_trail(Name=name)


@pytest.fixture(scope="module")
def told(desk: Desk, trail: str) -> Told:
    name = f"mallory-{uuid.uuid4().hex[:6]}"
    keys = desk.user(name, MAY_CALL)
    context = b64encode(json.dumps({"custom": {"caller": JANE}}).encode()).decode()
    forged = desk.invoke("mood", "api", gateway_event("mood", '{"text": "forged", "stars": 4}'), keys)
    failed = desk.invoke("mood", "live", {"text": "raise"}, keys, ClientContext=context)
    assert desk.post("/models/mood", '{"text": "signed"}', keys)[0] == 200
    assert desk.post("/pipelines/moods", '[{"text": "fine", "stars": 1}]', keys)[0] == 200
    run = desk.record("moods", caller=f"arn:aws:iam::000000000000:user/{name}").execution
    step = desk.record("mood", execution=run, status="ok")
    desk.client("cloudtrail").stop_logging(Name=trail)
    done = desk.project.mlfn("audit", "reconcile", "--since", "1h", "--json")
    assert run is not None
    assert step.assurance == 1
    return Told(
        user=f"arn:aws:iam::000000000000:user/{name}",
        outcome=done.json,
        code=done.code,
        forged=forged["headers"]["mlfn-record"],
        direct=failed["record"],
        run=run,
    )


def test_forgeries_are_told_and_end_with_code_2(told: Told) -> None:
    alarms = {alarm["record"]: alarm for alarm in told.outcome["alarms"]}

    assert told.code == 2
    assert (alarms[told.forged]["verdict"], alarms[told.forged]["recorded_as"]) == ("forged", JANE)
    assert alarms[told.forged]["called_by"] == told.user
    assert (alarms[told.direct]["verdict"], alarms[told.direct]["called_by"]) == ("forged", told.user)


def test_honest_calls_are_confirmed(desk: Desk, told: Told) -> None:
    found = {row.record.id: row.confirmed for row in desk.rows("mood")}
    [run] = [row for row in desk.rows("moods") if row.record.execution == told.run]
    [step] = [row for row in desk.rows("mood") if row.record.execution == told.run]

    assert told.outcome["confirmed"] >= 3
    assert {row.assurance for row in found.values() if row.caller == told.user} == {3}
    assert (run.confirmed.assurance, run.confirmed.caller) == (3, told.user)
    assert (step.confirmed.assurance, step.confirmed.caller) == (3, told.user)


def test_the_audit_shows_who_it_was(desk: Desk, told: Told) -> None:
    shown = desk.project.ok("audit", "mood", "--caller", told.user.rpartition(":")[2], "--json").json

    by_id = {row["id"]: row for row in shown}
    assert (by_id[told.forged]["caller"], by_id[told.forged]["assurance"]) == (told.user, 3)
    assert "(confirmed)" in desk.project.ok("audit", "mood", "--since", "1h").out
    story = desk.project.ok("audit", "show", told.forged).out
    assert "the function was invoked directly, not by the API" in story
    assert f"recorded as {JANE}" in story


def test_reconciling_again_changes_nothing(desk: Desk, told: Told, trail: str) -> None:
    again = desk.project.mlfn("audit", "reconcile", "--trail", f"s3://{trail}", "--since", "1h", "--json")

    assert again.json["noted"] == 0
    assert again.json["confirmed"] == 0


def test_notes_do_not_break_the_chain(desk: Desk, told: Told) -> None:
    desk.project.ok("audit", "seal", "--setup")

    assert desk.project.mlfn("audit", "verify").code == 0


def test_alarms_are_counted(desk: Desk, told: Told) -> None:
    metrics = desk.client("cloudwatch").list_metrics(Namespace="mlfn", MetricName="AuditUnconfirmed")["Metrics"]

    assert [{"Name": "Model", "Value": "desk.mood"}] in [metric["Dimensions"] for metric in metrics]


def test_a_file_of_events_will_do(desk: Desk, told: Told, tmp_path: Any) -> None:
    (tmp_path / "events.json").write_text('{"Records": []}')
    (tmp_path / "access.log").write_text("")

    done = desk.project.ok(
        *["audit", "reconcile", "mood", "--dry-run"],
        *["--trail", str(tmp_path / "events.json"), "--access-log", str(tmp_path / "access.log")],
    )

    assert "held against 0 Invoke events of CloudTrail and 0 requests of the API's log" in " ".join(done.out.split())
