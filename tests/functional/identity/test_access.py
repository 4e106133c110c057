"""`mlfn access`: grants of every kind, with and without use."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from tests.functional.identity.test_forgeries import MAY_CALL, token

if TYPE_CHECKING:
    from tests.functional.identity.conftest import Desk

pytestmark = pytest.mark.xdist_group("identity")
ACCOUNT = "arn:aws:iam::000000000000"


def access(desk: Desk, name: str, *options: str) -> dict[tuple[str, str], dict[str, Any]]:
    """The report's lines by principal and way."""
    told = desk.project.ok("access", name, "--json", *options).json["access"]
    return {(line["principal"], line["way"]): line for line in told}


def test_grants_are_shown_with_their_use(desk: Desk) -> None:
    used, idle = (f"{kind}-{uuid.uuid4().hex[:6]}" for kind in ("clerk-used", "clerk-idle"))
    keys = desk.user(used, MAY_CALL)
    iam = desk.client("iam")
    iam.create_user(UserName=idle)
    iam.attach_user_policy(UserName=idle, PolicyArn=f"{ACCOUNT}:policy/desk-dev-guarded-invoke")
    assert desk.post("/models/guarded", '"x"', keys)[0] == 200
    desk.record("guarded", caller=f"{ACCOUNT}:user/{used}")

    lines = access(desk, "guarded")

    line = lines[f"{ACCOUNT}:user/{used}", "api"]
    assert (line["granted_by"], line["calls"], line["assurance"], line["mark"]) == ("may", 1, 2, None)
    line = lines[f"{ACCOUNT}:user/{idle}", "api"]
    assert (line["granted_by"], line["calls"], line["mark"]) == ("desk-dev-guarded-invoke", 0, "unused")
    assert (f"{ACCOUNT}:user/{idle}", "direct") not in lines
    assert lines[f"{ACCOUNT}:user/{used}", "around"]["mark"] == "unused"


def test_what_access_stops_is_told(desk: Desk) -> None:
    name = f"stranger-{uuid.uuid4().hex[:6]}"
    keys = desk.user(name, MAY_CALL)
    assert desk.post("/models/guarded", '"x"', keys)[0] == 403

    line = access(desk, "guarded")[f"{ACCOUNT}:user/{name}", "api"]

    assert (line["note"], line["calls"], line["mark"]) == ("stopped by access=", 0, "unused")


def test_holders_of_tokens_are_one_grant(desk: Desk) -> None:
    assert desk.post("/models/tokened", '"x"', Authorization=f"Bearer {token(desk)}")[0] == 200
    desk.record("tokened", status="ok")

    lines = access(desk, "tokened")

    issuer = f"http://127.0.0.1:{desk.project.port}/_aws/tokens/000000000000"
    line = lines[f"{issuer}|*", "api"]
    assert (line["granted_by"], line["note"], line["mark"]) == ("JWT authoriser", "for desk", None)
    assert line["calls"] >= 1
    assert {way for _, way in lines if way == "api"} == {"api"}


def test_pipelines_callers_without_a_name_and_the_account_are_told(desk: Desk) -> None:
    assert desk.post("/pipelines/moods", '[{"text": "fine"}]', desk.environ)[0] == 200
    desk.invoke("mood", "live", {"text": "unproven"})
    desk.record("mood", path="direct", assurance=0, status="ok")

    lines = access(desk, "mood")

    [pipeline] = [line for (who, way), line in lines.items() if way == "pipeline" and "MoodsSyncRole" in who]
    assert pipeline["calls"] >= 1
    assert lines["unknown", "direct"]["mark"] == "no grant"
    assert lines["unknown", "direct"]["note"] == "named itself not at all"


def test_a_pipelines_door_is_its_route(desk: Desk) -> None:
    name = f"starter-{uuid.uuid4().hex[:6]}"
    desk.user(name, {"Action": "states:StartSyncExecution", "Resource": "*"})

    lines = access(desk, "moods")

    assert lines[f"{ACCOUNT}:user/{name}", "around"]["mark"] == "unused"
    assert (f"{ACCOUNT}:user/{name}", "api") not in lines


def test_the_table_marks_what_is_unused(desk: Desk) -> None:
    desk.user(f"idle-{uuid.uuid4().hex[:6]}", MAY_CALL)

    told = desk.project.ok("access", "add", "--unused").out

    assert "add is for whoever the account's policies let through" in told
    assert "unused" in told


def test_a_name_that_is_not_deployed_is_told(desk: Desk) -> None:
    outcome = desk.project.mlfn("access", "nothing")

    assert outcome.code == 1
    assert "desk-dev has no model or pipeline 'nothing'" in outcome.err


def test_keys_can_be_stored_without_a_deploy(desk: Desk) -> None:
    s3, bucket = desk.client("s3"), "mlfn-data-dev-000000000000-us-east-1"
    s3.delete_object(Bucket=bucket, Key="mlfn/issuers.json")

    assert desk.project.ok("access", "--refresh-keys", "--json").json["keys"].startswith("s3://mlfn-data-dev-")

    stored = json.loads(s3.get_object(Bucket=bucket, Key="mlfn/issuers.json")["Body"].read())
    assert [len(each["keys"]) for each in stored["issuers"]] == [1]


def test_a_name_is_needed(desk: Desk) -> None:
    outcome = desk.project.mlfn("access")

    assert (outcome.code, outcome.err.startswith("Error: Whose access is meant?")) == (2, True)
