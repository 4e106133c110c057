"""The order of lines, response and put that `standard` promises, and what it does when the table fails."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from mlfn.audit.record import Phase

if TYPE_CHECKING:
    from tests.functional.runtime.conftest import Function
    from tests.functional.runtime.servers import Table

SPOOL = b'{"mlfn_spool":'


def test_a_call_is_answered_recorded_in_the_log_and_put_in_the_table(function: Function, table: Table) -> None:
    function.start()

    answer = function.invoke({"text": "fine"})

    function.settle()
    assert (answer.kind, answer.value) == ("response", {"label": "good", "score": 0.5})
    assert [record.phase for record in function.lines()] == [Phase.STARTED, Phase.COMPLETED]
    assert table.records() == [function.lines()[1]]
    assert all(record.is_intact() for record in function.lines())
    assert function.lines(SPOOL) == []


def test_the_response_goes_out_before_the_put(function: Function, table: Table) -> None:
    function.start()

    answers = [function.invoke({"text": "fine"}) for _ in range(5)]
    function.settle()

    puts = table.put_at[1:]  # the first is the directory's
    assert len(puts) == 5
    assert all(answer.at < put for answer, put in zip(answers, puts, strict=True))


def test_the_records_of_an_environment_are_a_gapless_chain(function: Function, table: Table) -> None:
    function.start()

    for text in ("fine", "raise", "fine"):
        function.invoke({"text": text})
    function.invoke({"wrong": 1})
    function.settle()

    records = table.records()
    assert [record.sequence for record in records] == [0, 1, 2, 3]
    assert [record.previous for record in records] == [None, *(record.digest for record in records[:-1])]
    assert len({record.writer for record in records}) == 1


def test_an_hour_is_entered_in_the_directory_once(function: Function, table: Table) -> None:
    function.start()

    for _ in range(3):
        function.invoke({"text": "fine"})
    function.settle()

    entries = [sort for key, sort in table.items if key == "B#reviews.sentiment"]
    hours = {record.started_at[:13].replace("-", "") for record in table.records()}
    assert entries == [f"{hour}#0123456789ab#3#0" for hour in sorted(hours)]


@pytest.mark.parametrize("fault", ["500", "throttle", "lost"], ids=["before apply", "throttled", "after apply"])
def test_a_put_that_fails_once_is_tried_again(function: Function, table: Table, fault: str) -> None:
    function.start()
    table.faults = ["", fault]

    function.invoke({"text": "fine"})

    function.settle()
    assert [record.phase for record in table.records()] == [Phase.COMPLETED]
    assert function.lines(SPOOL) == []


def test_a_table_that_is_down_costs_the_caller_nothing_and_the_record_is_spooled(
    function: Function, table: Table
) -> None:
    function.start()
    table.down = True

    answer = function.invoke({"text": "fine"})

    begin = time.monotonic()
    function.settle()
    assert answer.kind == "response"
    assert time.monotonic() - begin < 1
    assert function.lines(SPOOL) == function.lines()[1:]
    assert b'"AuditDeferred":1' in function.log.read_bytes()


def test_what_was_deferred_is_put_once_the_table_is_back(function: Function, table: Table) -> None:
    function.start()
    table.down = True
    function.invoke({"text": "fine"})
    function.settle()

    table.down = False
    function.invoke({"text": "fine"})

    function.settle()
    assert [record.sequence for record in table.records()] == [0, 1]


def test_another_record_under_the_same_key_is_an_alarm(function: Function, table: Table) -> None:
    function.start()
    function.invoke({"text": "fine"})
    function.settle()

    class Taken(dict[Any, Any]):
        def __contains__(self, key: Any) -> bool:
            return str(key[0]).startswith("A#")

        def __getitem__(self, key: Any) -> Any:
            return {"h": {"B": "AAAA"}}

    table.items = Taken(table.items)
    function.invoke({"text": "fine"})

    function.settle()
    assert len(function.lines(b'{"mlfn_collision":')) == 1
    assert b'"AuditCollision":1' in function.log.read_bytes()


def test_a_call_killed_in_the_model_has_left_its_started_line(function: Function, table: Table) -> None:
    (function.root / "app.py").write_text(
        "import time\nfrom dataclasses import dataclass\n@dataclass\nclass Review:\n    text: str\n"
        "@dataclass\nclass Sentiment:\n    label: str\n    score: float\n"
        "def sentiment(review):\n    print('running', flush=True)\n    time.sleep(30)\n"
    )
    function.start()
    function.invoke({"text": "fine"}, wait=False)
    while b"running" not in function.log.read_bytes():
        time.sleep(0.01)

    os.kill(function.running.pid, signal.SIGKILL)

    assert [record.phase for record in function.lines()] == [Phase.STARTED]
    assert table.records() == []


def test_a_writer_announces_itself_before_user_code(function: Function) -> None:
    (function.root / "app.py").write_text("print('imported')\nraise SystemExit(3)\n")
    function.start()

    function.running.wait(10)

    first, second = function.log.read_text().splitlines()[:2]
    assert first.startswith('{"mlfn_writer":{"fv":"3","m":"reviews.sentiment","w":"')
    assert second == "imported"


def test_a_line_of_ours_never_continues_one_of_the_users(function: Function) -> None:
    source = (function.root / "app.py").read_text()
    (function.root / "app.py").write_text(source.replace("    if review", '    print("no end", end="")\n    if review'))
    function.start()

    function.invoke({"text": "fine"})

    function.settle()
    assert "no end" in function.log.read_text().splitlines()
    assert [record.phase for record in function.lines()] == [Phase.STARTED, Phase.COMPLETED]


def test_a_model_that_closes_its_standard_output_is_still_recorded(function: Function, table: Table) -> None:
    source = (function.root / "app.py").read_text()
    closing = '    if review.text == "close":\n        import os; os.close(1)\n    if review'
    (function.root / "app.py").write_text(source.replace("    if review", closing))
    function.start()

    answers = [function.invoke({"text": text}) for text in ("close", "fine")]

    function.settle()
    assert [answer.kind for answer in answers] == ["response", "response"]
    assert len(function.lines()) == 4
    assert len(table.records()) == 2
