"""Exports in the words of other systems, read by their own libraries."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from google.protobuf.json_format import Parse
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.semconv._incubating.attributes import (
    client_attributes,
    cloud_attributes,
    error_attributes,
    faas_attributes,
    service_attributes,
    user_agent_attributes,
    user_attributes,
)
from tests.fixtures.audit_calls import RUN, Calls

from mlfn.audit.codec import canonical
from mlfn.audit.item import to_item
from mlfn_audit.exporting import Form, lines, parquet
from mlfn_audit.exporting.trail import Entry, Kind, Origin, entry_of

ORIGIN = Origin(table="mlfn-audit-dev", region="eu-central-1", account="123456789012")
SEMANTICS: tuple[ModuleType, ...] = (
    client_attributes,
    cloud_attributes,
    error_attributes,
    faas_attributes,
    service_attributes,
    user_agent_attributes,
    user_attributes,
)


@pytest.fixture
def calls() -> Calls:
    return Calls()


def entries(calls: Calls) -> list[Entry]:
    return [entry_of(to_item(wire)) for wire in calls.records]


def exported(form: Form, calls: Calls) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(form, entries(calls), ORIGIN)]


def test_a_cloud_event_carries_the_record_byte_for_byte(calls: Calls) -> None:
    wire = calls.add(0, ua="ü\u2028\U0001f600")

    (line,) = lines(Form.CLOUDEVENTS, entries(calls), ORIGIN)

    assert line.endswith(b'"data":' + canonical(wire) + b"}\n")
    event = JSONFormat().read(CloudEvent, line)
    assert (event.get_id(), event.get_source(), event.get_subject()) == (wire["id"], "shop.mood", wire["iv"])
    assert event.get_type() == "mlfn.invocation.completed.v1"
    assert event.get_data() == wire


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("iam_user", "user"),
        ("iam_role", "service_account"),
        ("jwt_subject", "app_user"),
        ("aws_service", "system"),
        ("anonymous", "unauthenticated"),
        ("unknown", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_cloud_event_tells_who_caused_it(calls: Calls, kind: str | None, told: str) -> None:
    calls.add(0, ct=kind, cl=2)

    (event,) = exported(Form.CLOUDEVENTS, calls)

    assert (event["authtype"], event["authid"]) == (told, "arn:aws:iam::123456789012:user/jane")
    assert json.loads(event["authclaims"])["assurance"] == 2


def test_checkpoints_and_damage_are_cloud_events_too() -> None:
    others = [Entry(kind=kind, value={"n": 1}) for kind in (Kind.EXPORT, Kind.CHECKPOINT, Kind.DAMAGED)]

    events = [JSONFormat().read(CloudEvent, line) for line in lines(Form.CLOUDEVENTS, others, ORIGIN)]

    assert len({event.get_id() for event in events}) == 3
    assert {event.get_source() for event in events} == {"mlfn-audit-dev.eu-central-1.123456789012"}


def test_a_log_record_names_the_function_by_its_resolved_version(calls: Calls) -> None:
    calls.add(0, qa="live", pt="direct", ms=128, cs=True, fv="7")

    (line,) = lines(Form.OPENTELEMETRY, entries(calls), ORIGIN)

    logs = Parse(line, LogsData()).resource_logs[0]
    resource = values(logs.resource.attributes)
    assert resource["cloud.resource_id"] == "arn:aws:lambda:eu-central-1:123456789012:function:shop-dev-mood:7"
    assert (resource["faas.name"], resource["faas.version"]) == ("shop-dev-mood", "7")
    assert resource["faas.max_memory"] == 128 * 1024 * 1024
    (log,) = logs.scope_logs[0].log_records
    assert json.loads(log.body.string_value) == calls.records[0]
    assert log.time_unix_nano == 1795415400002500000
    assert values(log.attributes)["faas.coldstart"] is True


def test_attributes_are_those_of_the_semantic_conventions(calls: Calls) -> None:
    calls.add(0, phase="error", st="error", er="KeyError", ip="203.0.113.7", ua="curl", pt="http_iam", ex=RUN, pa=["a"])

    (line,) = lines(Form.OPENTELEMETRY, entries(calls), ORIGIN)

    logs = Parse(line, LogsData()).resource_logs[0]
    (log,) = logs.scope_logs[0].log_records
    known = {value for module in SEMANTICS for value in vars(module).values() if isinstance(value, str)}
    told = {**values(logs.resource.attributes), **values(log.attributes)}
    assert {name for name in told if not name.startswith("mlfn.")} <= known
    assert (told["faas.trigger"], told["error.type"], log.severity_text) == ("http", "KeyError", "ERROR")


def test_the_phases_of_a_call_are_one_span_of_one_trace(calls: Calls) -> None:
    calls.add(0, phase="started", tp="1-5759e988-bd862e3fe1be46a994272793")
    calls.add(0, tp="1-5759e988-bd862e3fe1be46a994272793")
    calls.add(1, ex=RUN)
    calls.add(2, ex=RUN, tp="1-injected-<script>")

    ids = [log_of(document)["traceId"] for document in exported(Form.OPENTELEMETRY, calls)]
    spans = [log_of(document)["spanId"] for document in exported(Form.OPENTELEMETRY, calls)]

    assert ids[0] == ids[1] == "5759e988bd862e3fe1be46a994272793"
    assert ids[2] == ids[3]
    assert (spans[0] == spans[1], len(set(spans))) == (True, 3)
    assert {len(each) for each in ids} == {32}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        pytest.param({}, ["START", "COMPLETE"], id="completed"),
        pytest.param({"phase": "error", "st": "error"}, ["START", "FAIL"], id="error"),
        pytest.param({"phase": "rejected", "st": "rejected"}, ["START", "FAIL"], id="rejected"),
        pytest.param({"phase": "abandoned", "st": "timeout"}, ["START", "ABORT"], id="abandoned"),
        pytest.param({"phase": "started"}, ["START"], id="running"),
        pytest.param({"phase": "note"}, ["OTHER"], id="note"),
    ],
)
def test_a_call_is_a_run_with_a_start_and_an_end(calls: Calls, fields: dict[str, Any], told: list[str]) -> None:
    calls.add(0, **fields)

    events = exported(Form.OPENLINEAGE, calls)

    assert [event["eventType"] for event in events] == told
    assert len({event["run"]["runId"] for event in events}) == 1
    for event in events:
        as_openlineage(event)


def test_phases_of_one_call_start_its_run_once(calls: Calls) -> None:
    calls.add(0, phase="started")
    calls.add(0)

    assert [event["eventType"] for event in exported(Form.OPENLINEAGE, calls)] == ["START", "COMPLETE"]


@pytest.mark.parametrize(
    "execution",
    [
        pytest.param("execution:shop-dev-quote:0c6e0d3a", id="asynchronous"),
        pytest.param("express:shop-dev-quote:0c6e0d3a:db100e9f", id="synchronous"),
        pytest.param("express:shop-dev-quote/b6b014cde0:fdafea0b:44a0692a", id="a line of a batch"),
        pytest.param("execution:shop-dev-quote/b6b014cde0:fdafea0b", id="a line of a batch that may take long"),
    ],
)
def test_the_parent_of_a_step_is_its_pipelines_run(calls: Calls, execution: str) -> None:
    run = f"{RUN.partition(':execution:')[0]}:{execution}"
    calls.add(0, m="shop.quote", ex=run)
    calls.add(1, m="shop.price", ex=run, sn="price", pt="sfn")

    own, step = (event for event in exported(Form.OPENLINEAGE, calls) if event["eventType"] == "COMPLETE")

    parent = step["run"]["facets"]["parent"]
    assert parent["run"]["runId"] == own["run"]["runId"]
    assert parent["job"] == {name: own["job"][name] for name in ("namespace", "name")}
    assert own["job"]["facets"]["jobType"]["jobType"] == "PIPELINE"


def test_data_that_was_opened_is_an_input(calls: Calls) -> None:
    calls.add(0, ds=["data/in/a.csv@v1#etag", f"model.bin#{'0f' * 32}", "+3#0123456789abcdef"])

    event = exported(Form.OPENLINEAGE, calls)[0]

    named = [(each["namespace"], each["name"], each["facets"]["version"]["datasetVersion"]) for each in event["inputs"]]
    assert named == [("s3://data", "in/a.csv", "v1"), ("file", "model.bin", "0f" * 32)]


def test_parquet_has_columns_to_ask_and_lines_to_verify(calls: Calls, tmp_path: Path) -> None:
    pyarrow_parquet = pytest.importorskip("pyarrow.parquet")
    calls.add(0, pa=["a", "b"], cs=True)
    calls.add(1, phase="started", ca=None)
    trail = [Entry(kind=Kind.EXPORT, value={"table": "t", "at": 1}), *entries(calls)]

    assert parquet.write(trail, tmp_path / "trail.parquet") == 3

    assert list(parquet.lines(tmp_path / "trail.parquet")) == list(lines(Form.RECORD, trail, ORIGIN))
    table = pyarrow_parquet.read_table(tmp_path / "trail.parquet").to_pydict()
    assert table["status"] == [None, "ok", None]
    assert table["parents"] == [None, ["a", "b"], None]
    assert table["started_at"][1].isoformat() == "2026-11-23T06:30:00+00:00"
    assert len(table["input_digest"][1]) == 64


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param({"q": {"S": "x"}}, id="a number that is text"),
        pytest.param({"t1": {"S": "2026-99-99T00:00:00.000000Z"}}, id="no time"),
        pytest.param({"zz": {"S": "new"}}, id="an unknown field"),
        pytest.param({"w": {"N": "1"}}, id="a text that is a number"),
        pytest.param({"ih": {"B": "AAAA"}}, id="a short digest"),
    ],
)
@pytest.mark.parametrize("form", Form)
def test_a_damaged_record_stops_no_export(calls: Calls, damage: dict[str, Any], form: Form) -> None:
    calls.add(0)
    calls.add(1)
    items = [to_item(wire) for wire in calls.records]

    trail = [entry_of(items[0] | damage), entry_of(items[1])]

    assert [entry.kind for entry in trail] == [Kind.DAMAGED, Kind.RECORD]
    assert list(lines(form, trail, ORIGIN))


def log_of(document: dict[str, Any]) -> dict[str, Any]:
    log: dict[str, Any] = document["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]
    return log


def values(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


def as_openlineage(event: dict[str, Any]) -> RunEvent:
    """The event as OpenLineage's client would make it: it refuses what the specification does not know."""
    parts: dict[str, Callable[..., Any]] = {"run": Run, "job": Job}
    made = {name: part(**event[name]) for name, part in parts.items()}
    UUID(event["run"]["runId"])
    for facets in (event["run"]["facets"], event["job"]["facets"]):
        assert all({"_producer", "_schemaURL"} <= facet.keys() for facet in facets.values())
    known = RunEvent(
        eventType=RunState(event["eventType"]),
        eventTime=event["eventTime"],
        producer=event["producer"],
        inputs=[InputDataset(**each) for each in event["inputs"]],
        outputs=[OutputDataset(**each) for each in event["outputs"]],
        **made,
    )
    assert known.schemaURL == event["schemaURL"]
    return known
