"""Digests under the app's data key: unwrapped once, beside the model's load, and never in a warm call's path."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING

import pytest

from mlfn.audit.record import Phase

if TYPE_CHECKING:
    from pathlib import Path

    from tests.functional.runtime.conftest import Event, Function, Rewrite
    from tests.functional.runtime.servers import Table

SECRET = bytes(range(32))
ENVIRON = {"MLFN_DATA_BUCKET": "data", "MLFN_DATA_KEY": "keys/reviews", "MLFN_STAGE": "dev"}
INPUT = b'{"text": "fine"}'


def keyed(data: bytes) -> bytes:
    return hmac.digest(SECRET, data, "sha256")


@pytest.fixture
def wrapped(table: Table) -> Table:
    table.objects["/data/keys/reviews"] = SECRET[::-1]
    return table


def test_input_and_output_are_digested_under_the_key(function: Function, wrapped: Table) -> None:
    function.start(**ENVIRON)

    answer = function.invoke(INPUT)

    function.settle()
    (record,) = wrapped.records()
    assert (record.input_digest, record.output_digest) == (keyed(INPUT), keyed(answer.body))
    assert record.data_key == keyed(b"mlfn data key").hex()[:16]
    assert {line.data_key for line in function.lines()} == {record.data_key}


def test_the_key_is_unwrapped_once_and_for_its_app_only(function: Function, wrapped: Table) -> None:
    function.start(**ENVIRON)

    for _ in range(3):
        function.invoke(INPUT)

    function.settle()
    assert [asked["EncryptionContext"] for asked in wrapped.unwrapped] == [{"mlfn-app": "reviews", "mlfn-stage": "dev"}]
    assert SECRET.hex() not in function.log.read_text()


def test_without_one_digests_are_plain(function: Function, table: Table) -> None:
    function.start()

    function.invoke(INPUT)

    function.settle()
    (record,) = table.records()
    assert (record.input_digest, record.data_key) == (hashlib.sha256(INPUT).digest(), None)


def test_a_lost_key_leaves_records_without_digests_never_with_plain_ones(function: Function, table: Table) -> None:
    function.start(**ENVIRON)

    answer = function.invoke(INPUT)

    function.settle()
    (record,) = table.records()
    assert answer.kind == "response"
    assert (record.input_digest, record.output_digest, record.data_key) == (None, None, None)
    assert (record.input_bytes, record.output_bytes) == (len(INPUT), len(answer.body))
    assert '"AuditUnkeyed":1' in function.log.read_text()


def test_a_key_that_comes_back_is_used_again(function: Function, table: Table) -> None:
    function.start(**ENVIRON)
    function.invoke(INPUT)
    function.settle()
    table.objects["/data/keys/reviews"] = SECRET[::-1]

    for _ in range(200):
        function.invoke(INPUT)
        function.settle()
        if table.records()[-1].input_digest is not None:
            break
        time.sleep(0.05)

    assert table.records()[-1].input_digest == keyed(INPUT)


def test_strict_does_not_run_without_the_key(function: Function, table: Table, manifest: Rewrite, event: Event) -> None:
    manifest(audit={"mode": "strict"})
    function.start(**ENVIRON)

    answer = function.invoke(event(INPUT.decode()), alias="api").value

    function.settle()
    assert (answer["statusCode"], json.loads(answer["body"])["title"]) == (503, "MlfnAuditUnavailable")
    assert [record.phase for record in table.records()] == [Phase.REJECTED]


def test_where_there_is_no_kms_a_private_file_holds_it(function: Function, table: Table, tmp_path: Path) -> None:
    file = tmp_path / "data.key"
    file.write_text(SECRET.hex())
    file.chmod(0o600)
    function.start(MLFN_DATA_KEY_FILE=str(file))

    function.invoke(INPUT)

    function.settle()
    assert table.records()[0].input_digest == keyed(INPUT)


def test_a_file_that_others_may_read_is_no_key(function: Function, table: Table, tmp_path: Path) -> None:
    file = tmp_path / "data.key"
    file.write_text(SECRET.hex())
    file.chmod(0o644)
    function.start(MLFN_DATA_KEY_FILE=str(file))

    function.invoke(INPUT)

    function.settle()
    assert table.records()[0].input_digest is None
    assert f"{file} may be read by others; chmod 600 it" in function.log.read_text()
