"""`strict`: nothing runs and nothing leaves without a durable record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mlfn.audit.record import Phase

if TYPE_CHECKING:
    from tests.functional.runtime.conftest import Event, Function, Rewrite
    from tests.functional.runtime.servers import Table


@pytest.fixture
def strict(function: Function, manifest: Rewrite) -> Function:
    manifest(audit={"mode": "strict"})
    return function.start()


def test_both_records_are_durable_before_the_response(strict: Function, table: Table) -> None:
    answer = strict.invoke({"text": "fine"})

    assert answer.kind == "response"
    assert [record.phase for record in table.records()] == [Phase.STARTED, Phase.COMPLETED]
    assert max(table.put_at) < answer.at


def test_without_a_table_the_model_does_not_run(strict: Function, table: Table, event: Event) -> None:
    (strict.root / "ran").write_text("")
    table.down = True

    answer = strict.invoke(event('{"text": "raise"}'), alias="api").value

    strict.settle()
    assert (answer["statusCode"], json.loads(answer["body"])["title"]) == (503, "MlfnAuditUnavailable")
    assert "KeyError" not in strict.log.read_text()


def test_in_a_state_machine_it_is_an_error_to_retry(strict: Function, table: Table) -> None:
    table.down = True

    answer = strict.invoke({"mlfn": 1, "input": '{"text": "fine"}', "execution": "e"}, alias="sfn")

    assert (answer.kind, answer.value["errorType"]) == ("error", "MlfnAuditUnavailable")


def test_a_result_that_cannot_be_recorded_is_withheld(strict: Function, table: Table) -> None:
    strict.invoke({"text": "fine"})
    table.faults = [""] + ["500"] * 40

    answer = strict.invoke({"text": "fine"})

    assert (answer.kind, answer.value["errorType"]) == ("error", "MlfnAuditUnavailable")


def test_the_chain_has_no_gap_after_an_outage(strict: Function, table: Table) -> None:
    table.down = True
    strict.invoke({"text": "fine"})
    strict.settle()
    table.down = False

    strict.invoke({"text": "fine"})
    strict.settle()

    spooled = {record.sequence: record for record in strict.lines(b'{"mlfn_spool":')}
    stored = {record.sequence: record for record in table.records()}
    assert set(spooled | stored) == set(range(len(spooled | stored)))
    assert Phase.REJECTED in {record.phase for record in spooled.values()}
