"""A model whose number of shards was changed twice: every question finds all of its calls, in order, by pages."""

from __future__ import annotations

import json
import os
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.audit_delivery.trail import create_table

from mlfn.audit import codec
from mlfn.audit.lines import SPOOL, record_in
from mlfn.runtime.api import Invocation
from mlfn.runtime.calls import Call
from mlfn.runtime.identity import Caller
from mlfn.runtime.log import Log
from mlfn.runtime.manifest import Manifest
from mlfn.runtime.recorder import Recorder
from mlfn.runtime.sinks import SinkUnavailableError
from mlfn.runtime.sinks.dynamodb import DynamoDBSink
from mlfn_audit.collecting.deposit import Deposit, Outcome
from mlfn_audit.directory import partition_items, partitions
from mlfn_audit.query import query_records
from mlfn_audit.question import CallsOfCaller, CallsOfExecution, CallsOfModel, CallsOnInput, Period, Question
from mlfn_audit.table import AuditTable
from mlfn_audit.verifying.items import text_of
from mlfn_audit.verifying.reader import read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conformance.dynamodb.conftest import Peer

MODEL, JANE, RUN = "shop.mood", "arn:aws:iam::123456789012:user/jane", "arn:aws:states:eu-central-1:1:execution:a:b"
DEPLOYS = ((1, 8), (4, 20), (2, 12))
"""Shards of a version, and its calls."""


class Headers:
    """What Lambda's Runtime API says of a call."""

    def __init__(self, request: str, body: bytes) -> None:
        self.headers = {b"lambda-runtime-aws-request-id": request.encode()}
        self.body = body


class Refusing:
    """A table that does not take an item now and then."""

    def __init__(self, sink: DynamoDBSink) -> None:
        self.sink = sink
        self.refused = 0

    def write(self, item: str, timeout_s: float) -> None:
        if '"ph"' in item and json.loads(item)["iv"]["S"].endswith("3"):
            self.refused += 1
            raise SinkUnavailableError("now and then")
        self.sink.write(item, 60.0)


@pytest.fixture
def table(peer: Peer) -> str:
    name = "mlfn-audit-sharded"
    create_table(peer.dynamodb, name)
    peer.tables.append(name)
    return name


@pytest.fixture
def calls(peer: Peer, table: str, tmp_path: Path) -> list[str]:
    """The calls of three versions, in the order of their start; what was spooled has been put by the writer."""
    keys = peer.dynamodb._request_signer._credentials.get_frozen_credentials()
    environ = {
        "AWS_ENDPOINT_URL": peer.dynamodb.meta.endpoint_url,
        "AWS_REGION": peer.dynamodb.meta.region_name,
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "MLFN_AUDIT_TABLE": table,
    }
    sink = Refusing(DynamoDBSink(environ))
    log = tmp_path / "log"
    made: list[str] = []
    with log.open("wb") as out, closing(sink.sink._client._connection):
        for version, (shards, number) in enumerate(DEPLOYS):
            recorder = Recorder(manifest(version, shards), environ, Log(out.fileno()), sink=sink)
            made += [call(recorder, manifest(version, shards), f"{version}-{each}") for each in range(number)]
            os.close(recorder._log._descriptor)
    deposit = Deposit(client=peer.dynamodb, table=table)
    spooled = [found[1] for line in log.read_bytes().splitlines() if (found := record_in(line)) and found[0] == SPOOL]
    assert [deposit.put(wire) for wire in deposit.missing(spooled)] == [Outcome.NEW] * sink.refused
    assert deposit.missing(spooled) == []
    return made


def manifest(version: int, shards: int) -> Manifest:
    audit = {"mode": "standard", "shards": shards} if shards > 1 else {"mode": "standard"}
    names = {"app": "shop", "name": "mood", "id": MODEL, "version": f"{version:012x}", "artifact": f"{version:064x}"}
    return Manifest({**names, "audit": audit, "input": {"schema_digest": "ab" * 32}})


def call(recorder: Recorder, of: Manifest, request: str) -> str:
    made = Call("api", b"the same input")
    made.caller = Caller(JANE, "iam_user", 2, "http_iam")
    made.facts = {"ex": RUN}
    invocation: Any = Invocation(Headers(request, made.body))  # type: ignore[arg-type]  # as much of an answer as is read
    attempt = recorder.begin(of, invocation, made)
    recorder.started(attempt)
    recorder.ended(attempt, "completed", {"st": "ok", **recorder.output(b"result")})
    recorder._backlog.clear()
    recorder.store(attempt, budget_s=60.0)
    return request


def period() -> Period:
    now = datetime.now(UTC)
    return Period(since=now - timedelta(days=1), until=now + timedelta(minutes=1))


def questions() -> Iterator[Question]:
    digest = codec.base64url_bytes(codec.digest(b"the same input")).hex()
    yield CallsOfModel(model=MODEL, period=period())
    yield CallsOfCaller(caller=JANE, period=period())
    yield CallsOfExecution(execution=RUN)
    yield CallsOnInput(digest=digest, period=period())


def test_every_question_finds_the_calls_of_all_versions_in_order(peer: Peer, table: str, calls: list[str]) -> None:
    for question in questions():
        audit = AuditTable(client=peer.dynamodb, name=table, page_size=5)
        found = [record.invocation for record in query_records(audit, question)]
        newest = [record.invocation for record in query_records(audit, question, newest_first=True)]

        assert found == calls, question
        assert newest == calls[::-1], question


def test_the_records_of_each_version_lie_in_its_shards(peer: Peer, table: str, calls: list[str]) -> None:
    audit = AuditTable(client=peer.dynamodb, name=table)
    parts = partitions(peer.dynamodb, table, [MODEL])
    items = [item for part in parts for item in partition_items(peer.dynamodb, table, part.key)]

    assert sorted(read(text_of(item))[0].iv for item in items) == sorted(calls)
    for version, (shards, number) in enumerate(DEPLOYS):
        name = f"{version:012x}"
        used = {part.key.rsplit("#", 1)[1] for part in parts if f"#{name}#" in part.key}
        only = CallsOfModel(model=MODEL, period=period(), version=name)

        assert used == {str(each) for each in range(shards)}
        assert len(list(query_records(audit, only))) == number
