"""A share of the calls is copied to the alias `shadow`, after the answer and whatever becomes of the copy."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.functional.runtime.conftest import FLOAT, TEXT, Function, contract, dataclass_schema, write_manifest
from tests.functional.runtime.servers import Table

from mlfn.audit.record import Phase
from mlfn.shadowing import is_copied

SETTINGS = "/mlfn-data/shadows/reviews.sentiment"
COPY = {
    "mlfn": 1,
    "shadow": 1,
    "input": '{"text":"fine"}',
    "parents": ["abc"],
    "caller": {"id": "arn:aws:sts::123456789012:assumed-role/app/x", "type": "iam_role", "assurance": 2},
}


class Shadowing(Table):
    """The same services, and Lambda, which takes copies."""

    def __init__(self) -> None:
        self.copies: list[tuple[float, dict[str, str], dict[str, Any]]] = []
        """What was to be invoked: when, the request's headers and its payload."""
        self.copies_status: int | None = 202
        """How Lambda answers; None: not at all."""
        self.hangs = False
        """Whether S3 hangs up without an answer."""
        super().__init__()

    def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        if path.startswith("/2015-03-31/functions/"):
            self.copies.append((time.monotonic(), headers | {"path": path}, json.loads(body)))
            return self.copies_status and (self.copies_status, {}, b"")
        if method == "GET" and self.hangs:
            return None
        return super()._answer(method, path, headers, body)


@pytest.fixture
def table() -> Iterator[Shadowing]:
    made = Shadowing()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def shadowed(function: Function, table: Shadowing) -> Function:
    """A function of whose calls all are copied."""
    table.objects[SETTINGS] = b"100"
    return function.start(MLFN_DATA_BUCKET="mlfn-data")


def copied(function: Function, table: Shadowing, event: dict[str, Any], alias: str = "live") -> Any:
    """The answer to a call, and its copy; asked again where a busy machine took all of a copy's second."""
    deadline = time.monotonic() + 60
    while True:
        answer = function.invoke(event, alias=alias)
        function.settle()
        if table.copies or time.monotonic() > deadline:
            [copy] = table.copies
            return answer, copy


def test_a_copy_has_the_input_the_answer_the_caller_and_the_records_id(shadowed: Function, table: Shadowing) -> None:
    answer, (sent_at, headers, event) = copied(shadowed, table, gateway_event('{"text":"fine"}'), "api")

    assert answer.at < sent_at
    assert headers["path"] == "/2015-03-31/functions/reviews-dev-sentiment/invocations?Qualifier=shadow"
    assert headers["x-amz-invocation-type"] == "Event"
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 ")
    assert event == {
        "mlfn": 1,
        "shadow": 1,
        "caller": {"id": "arn:aws:iam::123456789012:user/jane", "type": "iam_user", "assurance": 2},
        "parents": [shadowed.lines()[-1].id],
        "input": '{"text":"fine"}',
        "output": '{"label":"good","score":0.5}',
    }


def test_a_call_that_failed_in_the_model_is_copied_without_an_answer(shadowed: Function, table: Shadowing) -> None:
    _, (_, _, event) = copied(shadowed, table, {"text": "raise"})

    assert "output" not in event
    assert event["parents"] == [shadowed.lines()[-1].id]


def test_a_steps_call_is_copied_without_its_run(shadowed: Function, table: Shadowing) -> None:
    task = {"mlfn": 1, "input": '{"text":"fine"}', "execution": "arn:aws:states:::run", "state": "Judge"}

    _, (_, _, event) = copied(shadowed, table, task, "sfn")

    assert event["input"] == '{"text":"fine"}'
    assert "execution" not in event


def test_a_strict_models_call_is_copied_after_its_answer(function: Function, table: Shadowing) -> None:
    table.objects[SETTINGS] = b"100"
    write_manifest(function.root, audit={"mode": "strict"})
    function.start(MLFN_DATA_BUCKET="mlfn-data")

    answer, (sent_at, _, event) = copied(function, table, {"text": "fine"})

    assert answer.at < sent_at
    assert event["parents"] == [function.lines()[-1].id]


def test_a_call_too_large_for_lambdas_queue_is_not_copied(shadowed: Function, table: Shadowing) -> None:
    answer = shadowed.invoke({"text": "x" * 1_048_576})

    shadowed.settle()
    assert answer.value["label"] == "good"
    assert table.copies == []
    assert "mlfn: the shadow gets no copy: it would have " in shadowed.log.read_text()


def test_while_s3_does_not_answer_what_was_known_holds(shadowed: Function, table: Shadowing) -> None:
    shadowed.invoke({"text": "fine"})
    shadowed.settle()
    table.hangs = True
    time.sleep(1.1)

    shadowed.invoke({"text": "fine"})

    shadowed.settle()
    assert len(table.copies) == 2


def test_a_call_that_was_refused_is_not_copied(shadowed: Function, table: Shadowing) -> None:
    shadowed.invoke({"wrong": 1})

    shadowed.settle()
    assert table.copies == []


def test_the_share_is_kept_by_the_calls_ids(function: Function, table: Shadowing) -> None:
    table.objects[SETTINGS] = b"40"
    function.start(MLFN_DATA_BUCKET="mlfn-data")

    for _ in range(40):
        function.invoke({"text": "fine"})

    function.settle()
    wanted = [number for number in range(1, 41) if is_copied(f"request-{number}", 40)]
    assert len(table.copies) == len(wanted)
    assert 5 <= len(wanted) <= 30


@pytest.mark.parametrize("told", [None, b"0", b"", b"many"], ids=["nothing", "none", "an empty object", "nonsense"])
def test_without_a_share_nothing_is_copied(function: Function, table: Shadowing, told: bytes | None) -> None:
    if told is not None:
        table.objects[SETTINGS] = told
    function.start(MLFN_DATA_BUCKET="mlfn-data")

    function.invoke({"text": "fine"})

    function.settle()
    assert table.copies == []


def test_a_function_without_a_data_bucket_asks_for_no_share(function: Function, table: Shadowing) -> None:
    table.objects[SETTINGS] = b"100"
    function.start()

    function.invoke({"text": "fine"})

    function.settle()
    assert table.copies == []


@pytest.mark.parametrize("status", [403, 404, 429, 500, None], ids=str)
def test_a_copy_that_lambda_does_not_take_disturbs_nobody(
    shadowed: Function, table: Shadowing, status: int | None
) -> None:
    table.copies_status = status

    answers = [shadowed.invoke({"text": "fine"}).value for _ in range(3)]

    shadowed.settle()
    assert answers == [{"label": "good", "score": 0.5}] * 3
    assert [record.phase for record in shadowed.lines()] == [Phase.STARTED, Phase.COMPLETED] * 3
    assert "mlfn: the shadow gets no copy: " in shadowed.log.read_text()


def test_a_model_that_takes_the_functions_name_away_is_not_ended_by_a_copy(
    function: Function, table: Shadowing
) -> None:
    table.objects[SETTINGS] = b"100"
    code = function.root / "app.py"
    taking = '    import os; os.environ.pop("AWS_LAMBDA_FUNCTION_NAME")\n    if review.text'
    code.write_text(code.read_text().replace("    if review.text", taking))
    function.start(MLFN_DATA_BUCKET="mlfn-data")

    answer = function.invoke({"text": "fine"})

    function.settle()
    assert answer.value == {"label": "good", "score": 0.5}
    assert "mlfn: the shadow gets no copy: KeyError" in function.log.read_text()


def test_an_end_is_heard_of(shadowed: Function, table: Shadowing) -> None:
    shadowed.invoke({"text": "fine"})
    del table.objects[SETTINGS]

    deadline = time.monotonic() + 60
    copied = -1
    while len(table.copies) != copied and time.monotonic() < deadline:
        copied = len(table.copies)
        time.sleep(1.1)
        shadowed.invoke({"text": "fine"})
        shadowed.settle()

    assert len(table.copies) == copied


def test_a_copy_is_recorded_as_one_of_the_call_and_answers_nothing(function: Function, table: Shadowing) -> None:
    function.start()

    answer = function.invoke(COPY | {"output": '{"label":"bad","score":0.4}'}, alias="shadow")

    function.settle()
    record = function.lines()[-1]
    assert answer.value == {"record": record.id}
    assert (record.alias, record.path, record.parents) == ("shadow", "shadow", ("abc",))
    assert (record.caller, record.caller_type, record.assurance) == (COPY["caller"]["id"], "iam_role", 1)  # type: ignore[index]
    assert record.summary == "2 of 2 values differ, 1 of them numbers, by at most 20 %"
    assert record.is_copy


def test_a_copy_of_a_sensitive_model_tells_only_that_it_differs(function: Function, table: Shadowing) -> None:
    plan = {"root": {"o": {}}, "defs": [], "sensitive": True}
    write_manifest(function.root, output=output_with(plan))
    function.start()

    function.invoke(COPY | {"output": '{"label":"bad","score":0.4}'}, alias="shadow")

    function.settle()
    assert function.lines()[-1].summary == "another answer"


def test_a_copy_is_not_copied(shadowed: Function, table: Shadowing) -> None:
    shadowed.invoke(COPY, alias="shadow")

    shadowed.settle()
    assert table.copies == []


def test_a_copy_that_fails_is_recorded_as_failed(function: Function, table: Shadowing) -> None:
    function.start()

    function.invoke(COPY | {"input": '{"text":"raise"}'}, alias="shadow")

    function.settle()
    record = function.lines()[-1]
    assert (record.phase, record.error, record.parents) == (Phase.ERROR, "KeyError", ("abc",))


@pytest.mark.parametrize(
    ("event", "alias"),
    [
        ({"text": "fine"}, "shadow"),
        ({"mlfn": 1, "input": '{"text":"fine"}'}, "shadow"),
        (COPY | {"input": {"text": "fine"}}, "shadow"),
        (COPY, "live"),
    ],
    ids=["a direct call", "a state machine's task", "an input that is no text", "a copy sent to live"],
)
def test_a_copy_comes_through_its_own_alias_and_nothing_else_does(
    function: Function, table: Shadowing, event: dict[str, Any], alias: str
) -> None:
    function.start()

    answer = function.invoke(event, alias=alias)

    function.settle()
    assert answer.value["errorType"] == "WrongIngress"
    assert function.lines()[-1].phase is Phase.REJECTED


def output_with(plan: dict[str, Any]) -> dict[str, Any]:
    return contract(dataclass_schema("app:Sentiment", label=TEXT, score=FLOAT)) | {"redact": plan}


def gateway_event(body: str) -> dict[str, Any]:
    return {
        "version": "2.0",
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "http": {"method": "POST", "path": "/models/sentiment"},
            "authorizer": {"iam": {"userArn": "arn:aws:iam::123456789012:user/jane"}},
        },
        "body": body,
        "isBase64Encoded": False,
    }
