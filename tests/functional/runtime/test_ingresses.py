"""One shape per alias: who called, what is answered, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mlfn.audit.record import Phase

if TYPE_CHECKING:
    from tests.functional.runtime.conftest import Event, Function, Rewrite
    from tests.functional.runtime.servers import Table

JANE = "arn:aws:iam::123456789012:user/jane"
TASK: dict[str, Any] = {
    "mlfn": 1,
    "input": '{"text": "fine"}',
    "execution": "arn:aws:states:us-east-1:123456789012:express:reviews-dev-judge:run:1",
    "state": "sentiment",
    "retry": 1,
    "redrive": 0,
    "parents": ["au3wvligma5qq7a2zh4h3cs36n"],
    "caller": {"id": JANE, "type": "iam_user", "assurance": 2},
}


def test_an_api_call_is_answered_as_the_gateway_expects(function: Function, table: Table, event: Event) -> None:
    function.start()

    answer = function.invoke(event('{"text": "fine"}'), alias="api").value

    function.settle()
    [record] = table.records()
    assert answer["statusCode"] == 200
    assert answer["headers"] == {"content-type": "application/json", "mlfn-record": record.id}
    assert json.loads(answer["body"]) == {"label": "good", "score": 0.5}


def test_an_api_call_is_recorded_with_the_gateways_caller(function: Function, table: Table, event: Event) -> None:
    function.start()

    function.invoke(event('{"text": "fine"}'), alias="api")

    function.settle()
    [record] = table.records()
    assert (record.caller, record.caller_type, record.assurance, record.path, record.source_ip) == (
        JANE,
        "iam_user",
        2,
        "http_iam",
        "203.0.113.7",
    )


def test_a_task_is_answered_with_its_output_and_record(function: Function, table: Table) -> None:
    function.start()

    answer = function.invoke(TASK, alias="sfn").value

    function.settle()
    [record] = table.records()
    assert answer == {"output": {"label": "good", "score": 0.5}, "record": record.id}
    assert (record.execution, record.state, record.retry, record.redrive) == (TASK["execution"], "sentiment", 1, 0)
    assert record.parents == ("au3wvligma5qq7a2zh4h3cs36n",)
    assert (record.caller, record.assurance, record.input_bytes) == (TASK["caller"]["id"], 1, 16)


def test_a_task_that_fails_tells_its_record_too(function: Function, table: Table) -> None:
    function.start()

    answers = [
        function.invoke(TASK | {"input": text}, alias="sfn").value for text in ('{"text": "raise"}', '{"text": 1}')
    ]

    function.settle()
    assert [each["record"] for each in answers] == [record.id for record in table.records()]


def test_a_value_that_does_not_fit_between_steps_names_step_and_field(function: Function) -> None:
    function.start()

    answer = function.invoke(TASK | {"input": '{"text": 1}'}, alias="sfn").value

    assert answer["errorMessage"].startswith("Step 'sentiment': The input does not fit its contract: text: ")


def test_a_direct_caller_is_who_it_claims_to_be_and_no_more(function: Function, table: Table) -> None:
    function.start()

    function.invoke(
        {"text": "fine"}, headers={"Lambda-Runtime-Client-Context": json.dumps({"custom": {"caller": "jane"}})}
    )

    function.settle()
    [record] = table.records()
    assert (record.caller, record.assurance, record.path) == ("jane", 0, "direct")


@pytest.mark.parametrize("alias", ["live", "sfn", ""], ids=["live", "sfn", "unqualified"])
def test_a_gateway_event_on_another_alias_is_refused_and_recorded(
    function: Function, table: Table, event: Event, alias: str
) -> None:
    function.start()

    answer = function.invoke(event('{"text": "fine"}'), alias=alias)

    function.settle()
    [record] = table.records()
    assert (answer.kind, answer.value["errorType"]) == ("error", "WrongIngress")
    assert (record.phase, record.error, record.caller, record.assurance != 2) == (
        Phase.REJECTED,
        "WrongIngress",
        record.caller if alias == "sfn" else None,
        True,
    )


@pytest.mark.parametrize("value", [{"text": "fine"}, TASK, [], "x"], ids=["input", "task", "list", "text"])
def test_anything_but_a_gateway_event_on_api_is_refused(function: Function, table: Table, value: Any) -> None:
    function.start()

    answer = function.invoke(value, alias="api").value

    function.settle()
    assert (answer["statusCode"], json.loads(answer["body"])["title"]) == (403, "WrongIngress")
    assert table.records()[0].phase is Phase.REJECTED


def test_a_task_on_live_is_refused(function: Function) -> None:
    function.start()

    assert function.invoke(TASK).value["errorType"] == "WrongIngress"


def test_forwarded_headers_never_reach_the_record(function: Function, table: Table, event: Event) -> None:
    sent = event('{"text": "fine"}')
    sent["headers"] |= {"x-forwarded-for": "1.2.3.4", "ce-id": "mine", "traceparent": "00-evil"}
    function.start()

    function.invoke(sent, alias="api")

    function.settle()
    stored = json.dumps(list(table.items.values()))
    assert not any(word in stored for word in ("1.2.3.4", "mine", "evil"))


def test_a_caller_that_access_does_not_name_is_turned_away(
    function: Function, table: Table, event: Event, manifest: Rewrite
) -> None:
    manifest(allow=["arn:aws:iam::123456789012:user/john"])
    function.start()

    answer = function.invoke(event('{"text": "fine"}'), alias="api").value

    function.settle()
    assert (answer["statusCode"], json.loads(answer["body"])["title"]) == (403, "AccessDenied")
    assert (table.records()[0].phase, table.records()[0].error) == (Phase.REJECTED, "AccessDenied")


def test_a_model_error_is_a_function_error_as_lambda_makes_it(function: Function, table: Table) -> None:
    function.start()

    answer = function.invoke({"text": "raise"})

    function.settle()
    [record] = table.records()
    assert answer.kind == "error"
    assert answer.headers["lambda-runtime-function-error-type"] == "KeyError"
    assert answer.value | {"stackTrace": []} == {
        "errorMessage": "'raise'",
        "errorType": "KeyError",
        "requestId": "request-1",
        "stackTrace": [],
        "record": record.id,
    }
    assert answer.value["stackTrace"][0].startswith(f'  File "{function.root}/app.py", line ')
    assert (record.phase, record.status, record.error) == (Phase.ERROR, "error", "KeyError")
    assert b"raise" not in json.dumps(table.items[next(k for k in table.items if k[0][0] == "A")]).encode()


def test_a_model_error_is_a_problem_for_an_api_caller(function: Function, event: Event) -> None:
    function.start()

    answer = function.invoke(event('{"text": "raise"}'), alias="api").value

    assert (answer["statusCode"], answer["headers"]["content-type"]) == (500, "application/problem+json")
    assert json.loads(answer["body"]) == {
        "type": "about:blank",
        "title": "KeyError",
        "status": 500,
        "detail": "'raise'",
    }


def test_an_input_that_does_not_fit_names_what_is_wrong_but_not_the_value(function: Function, event: Event) -> None:
    function.start()

    answer = function.invoke(event('{"text": 4711}'), alias="api").value

    problem = json.loads(answer["body"])
    assert (answer["statusCode"], problem["title"]) == (400, "ContractError")
    assert problem["errors"] == [{"loc": ["text"], "msg": "Input should be a valid string", "type": "string_type"}]
    assert "4711" not in answer["body"]


@pytest.mark.parametrize("text", ["{", '{"text', '{"text" 1}', '{"text": "a",', "[1,", "nul", ""])
def test_text_that_is_no_json_is_refused_on_every_way_in(function: Function, event: Event, text: str) -> None:
    function.start()

    direct = function.invoke(text.encode()).value
    api = function.invoke(event(text), alias="api").value

    assert direct["errorType"] == "ContractError"
    assert (api["statusCode"], json.loads(api["body"])["title"]) == (400, "ContractError")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/json", "content-encoding": "gzip"}, 415),
        ({"content-type": "application/cloudevents+json; charset=utf-8"}, 200),
        ({}, 200),
    ],
    ids=["text", "gzip", "json dialect", "no type"],
)
def test_only_json_is_taken(function: Function, event: Event, headers: dict[str, str], status: int) -> None:
    function.start()

    answer = function.invoke(event('{"text": "fine"}') | {"headers": headers}, alias="api").value

    assert answer["statusCode"] == status


def test_a_binary_body_is_decoded_before_it_is_digested(function: Function, table: Table, event: Event) -> None:
    function.start()

    sent = event("eyJ0ZXh0IjogImZpbmUifQ==") | {"isBase64Encoded": True}

    assert function.invoke(sent, alias="api").value["statusCode"] == 200
    function.settle()
    assert table.records()[0].input_bytes == 16


def test_a_result_that_breaks_the_contract_is_an_error_of_the_model(
    function: Function, table: Table, event: Event
) -> None:
    source = (function.root / "app.py").read_text()
    (function.root / "app.py").write_text(source.replace("score=0.5", 'score="high"'))
    function.start()

    answer = function.invoke(event('{"text": "fine"}'), alias="api").value

    function.settle()
    problem = json.loads(answer["body"])
    assert (answer["statusCode"], problem["title"]) == (500, "ContractError")
    assert problem["errors"][0]["loc"] == ["score"]
    assert (table.records()[0].phase, table.records()[0].error) == (Phase.ERROR, "ContractError")


def test_a_result_that_is_not_a_number_is_refused(function: Function) -> None:
    source = (function.root / "app.py").read_text()
    (function.root / "app.py").write_text(source.replace("score=0.5", 'score=float("nan")'))
    function.start()

    assert function.invoke({"text": "fine"}).value["errorType"] == "ContractError"


def test_a_result_beyond_lambdas_limit_is_lambdas_own_error(function: Function, table: Table) -> None:
    source = (function.root / "app.py").read_text()
    (function.root / "app.py").write_text(source.replace('label="good"', 'label="g" * 6_300_000'))
    function.start()

    answer = function.invoke({"text": "fine"})

    function.settle()
    assert answer.value["errorType"] == "Function.ResponseSizeTooLarge"
    assert table.records()[0].phase is Phase.ERROR


def test_a_forged_tasks_long_parents_cannot_make_a_long_line(function: Function, table: Table) -> None:
    function.start()

    function.invoke(TASK | {"parents": ["p" * 10_000] * 50, "execution": "e" * 5000, "state": "\n" * 500}, alias="sfn")

    function.settle()
    assert max(map(len, function.log.read_bytes().splitlines())) < 4096
    assert len(table.records()) == 1


@pytest.mark.parametrize(
    ("shape", "path"), [pytest.param("event", "http_iam", id="api"), pytest.param("task", "sfn", id="state-machine")]
)
def test_where_no_alias_is_told_the_shape_decides_and_nobody_vouches_for_the_caller(
    function: Function, table: Table, event: Event, shape: str, path: str
) -> None:
    function.start(MLFN_INGRESS="shape")

    function.invoke(TASK if shape == "task" else event('{"text": "fine"}'), alias="3")

    function.settle()
    [record] = table.records()
    assert (record.status, record.path, record.caller, record.assurance) == ("ok", path, JANE, 0)


@pytest.mark.parametrize(
    ("alias", "variables"),
    [
        pytest.param("3", {}, id="not-said-by-the-deployer"),
        pytest.param("live", {"MLFN_INGRESS": "shape"}, id="an-alias-is-told"),
    ],
)
def test_else_no_shape_makes_up_for_the_alias(
    function: Function, table: Table, event: Event, alias: str, variables: dict[str, str]
) -> None:
    function.start(**variables)

    answer = function.invoke(event('{"text": "fine"}'), alias=alias)

    function.settle()
    [record] = table.records()
    assert (record.phase, answer.value["errorType"]) == (Phase.REJECTED, "WrongIngress")
