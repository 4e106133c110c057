"""The platform's functions as they are deployed. The tests run in this order on one stage; the last removes it."""

from __future__ import annotations

import json
import os
import time

import pytest
from botocore.exceptions import ClientError
from tests.functional.platform.conftest import Stage, until

pytestmark = pytest.mark.xdist_group("platform")
ENDINGS = {"sleep": "timeout", "hunger": "oom", "exit": "killed", "segfault": "killed"}


def test_each_bad_end_gets_a_row_with_its_cause(stage: Stage) -> None:
    assert stage.call("well") == "well"
    for how in ENDINGS:
        assert "errorType" in stage.call(how)

    wanted = ["ok", *ENDINGS.values()]
    until(lambda: stage.statuses() == wanted)

    rows = stage.audit()
    assert [row["status"] for row in rows] == wanted
    assert {row["version"] for row in rows} == {rows[0]["version"]}
    until(lambda: stage.metric("AuditOrphans") == len(ENDINGS))


def test_a_call_whose_environment_cannot_start_gets_a_row_too(stage: Stage) -> None:
    assert stage.call("x", "broken")["errorMessage"] == "this environment cannot start"

    until(lambda: stage.run("reaper")["abandoned"])

    (row,) = stage.audit("broken")
    assert (row["status"], row["function"], row["function_version"]) == ("killed", "frail-dev-broken", "1")
    assert row["version"] == stage.project.ok("status", "--json").json["images"]["broken"]


@pytest.mark.parametrize("change", ["edited", "deleted"])
def test_a_record_changed_by_hand_is_noted_where_nobody_can_delete_it(stage: Stage, change: str) -> None:
    table, store = stage.client("dynamodb"), stage.client("s3")
    (bucket,) = [each["Name"] for each in store.list_buckets()["Buckets"] if each["Name"].startswith("mlfn-seal-")]
    notes = store.list_objects_v2(Bucket=bucket, Prefix="tampering/").get("KeyCount", 0)
    told = stage.metric("AuditTampered")
    item = next(each for each in table.scan(TableName="mlfn-audit-dev")["Items"] if each.get("st") == {"S": "timeout"})
    key = {"pk": item["pk"], "sk": item["sk"]}
    if change == "edited":
        table.put_item(TableName="mlfn-audit-dev", Item=item | {"ca": {"S": "somebody else"}})
    else:
        table.delete_item(TableName="mlfn-audit-dev", Key=key)

    until(lambda: store.list_objects_v2(Bucket=bucket, Prefix="tampering/").get("KeyCount", 0) == notes + 1)

    (version, *_) = store.list_object_versions(Bucket=bucket, Prefix="tampering/")["Versions"]
    with pytest.raises(ClientError, match="AccessDenied"):
        store.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    until(lambda: stage.metric("AuditTampered") == told + 1)


def test_the_writer_puts_what_a_function_could_not(stage: Stage) -> None:
    before = len(stage.statuses())
    with stage.without_table("frail-dev-task"):
        assert stage.call("spooled") == "spooled"

        until(lambda: len(stage.statuses()) == before + 1)

    assert stage.audit()[-1]["status"] == "ok"


def test_after_an_outage_of_the_table_nothing_is_missing(stage: Stage) -> None:
    before = stage.statuses().count("ok")
    with stage.without_table("frail-dev-task", "mlfn-writer-dev", "mlfn-reaper-dev"):
        for number in range(3):
            assert stage.call(f"outage {number}") == f"outage {number}"
        assert stage.statuses().count("ok") == before

    stage.run("reaper")

    assert stage.statuses().count("ok") == before + 3
    assert stage.run("reaper", {"settled_ms": 0})["lost"] == 0


def test_the_calls_of_a_spread_model_are_found_like_any_others(stage: Stage) -> None:
    for number in range(6):
        stage.call(f"put {number}", "spread")
    with stage.without_table("frail-dev-spread"):
        for number in range(6):
            stage.call(f"spooled {number}", "spread")

    rows = until(lambda: (found := stage.audit("spread")) and len(found) == 12 and found)
    items = stage.client("dynamodb").scan(TableName="mlfn-audit-dev", ConsistentRead=True)["Items"]
    shards = {item["pk"]["S"].rpartition("#")[2] for item in items if item["pk"]["S"].startswith("A#frail.spread#")}

    assert {row["status"] for row in rows} == {"ok"}
    assert len(shards) > 1
    assert stage.project.ok("audit", "show", rows[0]["invocation"], "--json").json
    assert stage.project.ok("audit", "verify", "--json").json["altered"] == 0


def test_a_schedule_seals_the_trail(stage: Stage) -> None:
    events, store = stage.client("events"), stage.client("s3")
    (bucket,) = [each["Name"] for each in store.list_buckets()["Buckets"] if each["Name"].startswith("mlfn-seal-")]
    rule = events.describe_rule(Name="mlfn-sealer-dev")
    assert (rule["State"], rule["ScheduleExpression"]) == ("ENABLED", "rate(5 minutes)")

    # A rule with a schedule and a pattern fires on either: its target is called now instead of in five minutes.
    pattern = json.dumps({"source": ["test"]})
    events.put_rule(Name="mlfn-sealer-dev", ScheduleExpression=rule["ScheduleExpression"], EventPattern=pattern)
    events.put_events(Entries=[{"Source": "test", "DetailType": "now", "Detail": "{}"}])

    until(lambda: store.list_objects_v2(Bucket=bucket, Prefix="mlfn-audit-dev").get("Contents"))


def test_the_alarms_look_at_what_the_functions_measure(stage: Stage) -> None:
    cloudwatch = stage.client("cloudwatch")
    alarms = {each["MetricName"]: each for each in cloudwatch.describe_alarms()["MetricAlarms"]}
    now = time.time()
    for name in ("AuditTampered", "AuditOrphans", "AuditSpooled", "AuditDeferred"):
        watched = {key: alarms[name][key] for key in ("Namespace", "MetricName", "Dimensions", "Period")}
        answer = cloudwatch.get_metric_statistics(
            **watched, StartTime=now - 3_600, EndTime=now + 60, Statistics=["Sum"]
        )

        assert max(point["Sum"] for point in answer["Datapoints"]) > alarms[name]["Threshold"]


@pytest.mark.skipif("CI" not in os.environ, reason="takes a minute: alarms look at whole minutes")
def test_the_alarm_goes_off(stage: Stage) -> None:
    def state() -> str:
        (alarm,) = stage.client("cloudwatch").describe_alarms(AlarmNames=["mlfn-dev-AuditTampered"])["MetricAlarms"]
        return str(alarm["StateValue"])

    until(lambda: state() == "ALARM")


def test_nothing_of_the_platform_is_left_when_the_stage_is_removed(stage: Stage) -> None:
    stage.project.ok("destroy", "--base", "--yes")

    assert stage.client("cloudformation").describe_stacks()["Stacks"] == []
    assert stage.client("lambda").list_functions()["Functions"] == []
    assert stage.client("iam").list_roles()["Roles"] == []
    assert stage.client("logs").describe_log_groups()["logGroups"] == []
    assert stage.client("s3").list_buckets()["Buckets"] == []
    assert stage.client("events").list_rules()["Rules"] == []
    assert stage.client("lambda").list_event_source_mappings()["EventSourceMappings"] == []
    assert stage.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    keys = stage.client("kms").list_keys()["Keys"]
    states = {stage.client("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] for key in keys}
    assert states <= {"PendingDeletion"}
