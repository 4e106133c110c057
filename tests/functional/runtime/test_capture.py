"""Payloads: kept redacted, before the record that points to them, and lost on record only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from pydantic import TypeAdapter
from tests.functional.runtime.conftest import FLOAT, TEXT, contract, dataclass_schema
from typing_extensions import TypedDict

from mlfn import Sensitive
from mlfn.audit.record import Phase
from mlfn_engine.contracts.redaction import is_sensitive, redaction

if TYPE_CHECKING:
    from tests.functional.runtime.conftest import Event, Function, Rewrite
    from tests.functional.runtime.servers import Table

TELLTALE = """
from dataclasses import dataclass

@dataclass
class Review:
    text: str

@dataclass
class Sentiment:
    label: str
    score: float

def sentiment(review: Review) -> Sentiment:
    if review.text == "exit":
        raise SystemExit("my " + "secret")
    raise KeyError("my " + "secret")
"""
BUCKET = {"MLFN_DATA_BUCKET": "data"}


class Review(TypedDict):
    text: Annotated[str, Sensitive("keep_type")]


class Sentiment(TypedDict):
    label: str
    score: Annotated[float, Sensitive()]


def sides(first: Any = Review, second: Any = Sentiment) -> dict[str, Any]:
    """A manifest's contracts whose values are redacted as these types say."""
    plans = [
        redaction(TypeAdapter(hint).core_schema, result=number == 1) for number, hint in enumerate((first, second))
    ]
    marked = [{"redact": {**plan, "sensitive": is_sensitive(plan)}} for plan in plans]
    return {
        "input": contract(dataclass_schema("app:Review", text=TEXT)) | marked[0],
        "output": contract(dataclass_schema("app:Sentiment", label=TEXT, score=FLOAT)) | marked[1],
    }


def payloads(table: Table) -> list[Any]:
    return [json.loads(body) for path, body in table.objects.items() if path.startswith("/data/payloads/")]


def test_the_redacted_payload_is_kept_and_the_record_points_to_it(
    function: Function, table: Table, manifest: Rewrite
) -> None:
    manifest(audit={"mode": "standard", "capture": "full"}, **sides())
    function.start(**BUCKET)

    function.invoke({"text": "my secret"})

    function.settle()
    (record,) = table.records()
    day = record.started_at[:10].replace("-", "")
    assert record.capture == "full"
    assert record.payload == f"s3://data/payloads/reviews.sentiment/{day}/{record.id}.json"
    assert payloads(table) == [
        {
            "record": record.id,
            "invocation": record.invocation,
            "model": "reviews.sentiment",
            "version": "0123456789ab",
            "input": {"text": ""},
            "output": {"label": "good"},
        }
    ]
    assert "x-amz-server-side-encryption" not in table.written[0]  # its bucket says with which key


def test_a_models_failure_keeps_its_input(function: Function, table: Table, manifest: Rewrite) -> None:
    manifest(audit={"mode": "standard", "capture": "full"}, **sides(dict[str, str], dict[str, Any]))
    function.start(**BUCKET)

    function.invoke({"text": "raise"})

    function.settle()
    assert [payload["input"] for payload in payloads(table)] == [{"text": "raise"}]
    assert "output" not in payloads(table)[0]
    assert table.records()[0].payload is not None


def test_what_fails_validation_leaves_its_hash_only(function: Function, table: Table, manifest: Rewrite) -> None:
    manifest(audit={"mode": "standard", "capture": "full"}, **sides())
    function.start(**BUCKET)

    function.invoke({"text": 1})

    function.settle()
    (record,) = table.records()
    assert (record.phase, record.capture, record.payload) == (Phase.REJECTED, "hash", None)
    assert record.input_digest is not None
    assert payloads(table) == []


def test_of_a_sample_the_others_leave_their_hash(function: Function, table: Table, manifest: Rewrite) -> None:
    manifest(audit={"mode": "standard", "capture": "sample", "share": 0.5}, **sides())
    function.start(**BUCKET)

    for _ in range(24):
        function.invoke({"text": "fine"})

    function.settle()
    kept = [record for record in table.records() if record.payload]
    assert 0 < len(kept) < 24
    assert {record.capture for record in kept} == {"sample"}
    assert {record.capture for record in table.records() if not record.payload} == {"hash"}
    assert len(payloads(table)) == len(kept)


def test_a_retry_of_an_invocation_is_decided_the_same_way(function: Function, table: Table, manifest: Rewrite) -> None:
    manifest(audit={"mode": "standard", "capture": "sample", "share": 0.5}, **sides())
    function.start(**BUCKET)

    for number in range(8):
        for _ in range(2):
            function.invoke({"text": "fine"}, headers={"Lambda-Runtime-Aws-Request-Id": f"again-{number}"})

    function.settle()
    decided: dict[str, set[str | None]] = {}
    for record in table.records():
        decided.setdefault(record.invocation, set()).add(record.capture)
    assert all(len(modes) == 1 for modes in decided.values())


def test_standard_answers_when_s3_is_down_and_records_the_loss(
    function: Function, table: Table, manifest: Rewrite
) -> None:
    manifest(audit={"mode": "standard", "capture": "full"}, **sides())
    table.s3_down = True
    function.start(**BUCKET)

    answer = function.invoke({"text": "fine"})

    function.settle()
    (record,) = table.records()
    assert answer.kind == "response"
    assert (record.phase, record.capture, record.payload) == (Phase.COMPLETED, "full", None)
    assert '"AuditCaptureLost":1' in function.log.read_text()


def test_strict_withholds_a_result_whose_payload_is_lost(
    function: Function, table: Table, manifest: Rewrite, event: Event
) -> None:
    manifest(audit={"mode": "strict", "capture": "full"}, **sides())
    table.s3_down = True
    function.start(**BUCKET)

    answer = function.invoke(event('{"text": "fine"}'), alias="api").value

    function.settle()
    assert (answer["statusCode"], json.loads(answer["body"])["title"]) == (503, "MlfnAuditUnavailable")
    assert [(record.phase, record.error) for record in table.records()][1:] == [(Phase.ERROR, "MlfnAuditUnavailable")]


@pytest.mark.parametrize("text", ["raise", "exit"])
def test_what_a_sensitive_models_exception_says_is_told_to_nobody(
    function: Function, manifest: Rewrite, text: str
) -> None:
    (function.root / "app.py").write_text(TELLTALE)
    manifest(**sides())
    function.start(**BUCKET)

    answer = function.invoke({"text": text}, wait=text == "raise")
    if text == "raise":
        function.settle()
        assert answer.value["errorMessage"] == "The message is withheld: the model's types are marked Sensitive."
    else:
        function.running.wait(20)

    assert "my secret" not in function.log.read_text()
    assert "my secret" not in answer.body.decode()


def test_a_summary_of_the_result_is_in_the_record(function: Function, table: Table, manifest: Rewrite) -> None:
    with (function.root / "app.py").open("a") as file:
        file.write("\ndef summed_up(result):\n    return f'{result.label} ' + 'x' * 300\n")
    manifest(audit={"mode": "standard", "summary": "app:summed_up"})
    function.start()

    function.invoke({"text": "fine"})

    function.settle()
    summary = table.records()[0].summary
    assert summary is not None
    assert summary.startswith("good xxx")
    assert len(summary) == 200


def test_a_failing_summary_fails_nothing(function: Function, table: Table, manifest: Rewrite) -> None:
    with (function.root / "app.py").open("a") as file:
        file.write("\ndef summed_up(result):\n    raise ValueError('secret')\n")
    manifest(audit={"mode": "standard", "summary": "app:summed_up"})
    function.start()

    answer = function.invoke({"text": "fine"})

    function.settle()
    assert answer.kind == "response"
    assert table.records()[0].summary is None
    assert "mlfn: the summary failed: ValueError" in function.log.read_text()


def test_a_spooled_record_holds_nothing_of_what_was_sent(function: Function, table: Table, manifest: Rewrite) -> None:
    manifest(**sides())
    table.down = True
    function.start()

    for body in ({"text": "my secret"}, {"text": "raise", "my secret": 1}, {"text": ["my secret"]}):
        function.invoke(body)

    function.settle()
    assert len(function.lines(b'{"mlfn_spool":')) == 3
    assert "my secret" not in function.log.read_text()


def test_the_record_says_in_which_bins_the_values_fall(function: Function, table: Table, manifest: Rewrite) -> None:
    plan = [
        [["input", "text"], "length", [3, 10]],
        [["output", "label"], "value", ["bad", "good"]],
        [["output", "score"], "number", [0.25, 0.75]],
    ]
    manifest(audit={"mode": "standard", "sketch": plan})
    function.start()

    function.invoke({"text": "quite fine"})
    function.invoke({"text": "raise"})

    function.settle()
    completed, failed = table.records()
    assert completed.sketch == bytes([2, 1, 1])
    assert failed.sketch is None


STRICT_VALIDATOR = """
from dataclasses import dataclass
from typing import TypedDict

@dataclass
class Sentiment:
    label: str
    score: float

def check(value):
    if "secret" in value:
        raise ValueError("not " + value)
    return value

def sentiment(review) -> Sentiment:
    return Sentiment(label=review["text"], score=0.5)
"""


@pytest.mark.parametrize(
    ("alias", "text"), [("live", "my secret"), ("api", "my secret"), ("live", "bad"), ("api", "bad")], ids=str
)
def test_what_a_sensitive_models_validators_say_is_told_to_nobody(
    function: Function, manifest: Rewrite, event: Event, alias: str, text: str
) -> None:
    (function.root / "app.py").write_text(STRICT_VALIDATOR)
    checked = {
        "type": "function-after",
        "schema": TEXT,
        "function": {"type": "no-info", "function": {"$mlfn": "app:check"}},
    }
    fields = {"text": {"type": "typed-dict-field", "schema": checked, "required": True}}
    told = sides()
    label = {"type": "literal", "expected": ["good"]}
    told["input"]["core"] = {"type": "typed-dict", "fields": fields, "strict": True}
    told["output"]["core"] = dataclass_schema("app:Sentiment", label=label, score=FLOAT)
    manifest(**told)
    function.start(**BUCKET)

    body = json.dumps({"text": text})
    answer = function.invoke(event(body) if alias == "api" else body.encode(), alias=alias)

    function.settle()
    problem = json.loads(answer.value["body"]) if alias == "api" else answer.value
    message = problem.get("detail") or problem.get("errorMessage")
    expected = {"my secret": "input does not fit its contract: text: value error", "bad": "label: literal error"}
    assert expected[text] in message
    assert "my secret" not in answer.body.decode() + function.log.read_text()
