"""The pipelines' front door: what it starts, answers and records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mlfn.audit.record import Phase

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functional.runtime.conftest import Event, Function, Rewrite, StepFunctions
    from tests.functional.runtime.servers import Table

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:reviews-dev-judge"
RUN = MACHINE.replace("stateMachine", "execution") + ":request-1"


@pytest.fixture
def steps(states_server: StepFunctions) -> StepFunctions:
    return states_server


@pytest.fixture
def ingress(
    function: Function,
    manifest: Rewrite,
    contract_of: Callable[[Any], dict[str, Any]],
    steps: StepFunctions,
) -> Function:
    """An ingress with a synchronous and an asynchronous pipeline."""
    review = {
        "type": "typed-dict",
        "fields": {"text": {"type": "typed-dict-field", "schema": {"type": "str", "strict": True}, "required": True}},
        "extra_behavior": "forbid",
    }
    pipelines = [
        {
            "name": name,
            "id": f"reviews.{name}",
            "mode": mode,
            "timeout_s": 29,
            "parameters": ["review"],
            "input": contract_of(core),
            "allow": [],
        }
        for name, mode, core in (("judge", "sync", review), ("batch", "async", review), ("loose", "sync", None))
    ]
    manifest(kind="ingress", entrypoint=None, parameters=[], input=None, output=None, pipelines=pipelines)
    machines = {name: MACHINE for name in ("judge", "batch", "loose")}
    return function.start(
        MLFN_STATE_MACHINES=json.dumps(machines), AWS_ENDPOINT_URL_SFN=f"http://{steps.server.address}"
    )


def post(event: Event, name: str, body: str) -> dict[str, Any]:
    return event(body) | {"rawPath": f"/pipelines/{name}"}


def get(event: Event, path: str) -> dict[str, Any]:
    sent = event("") | {"rawPath": path}
    sent["requestContext"]["http"]["method"] = "GET"
    return sent


def test_a_run_that_succeeds_is_answered_with_its_output(
    ingress: Function, steps: StepFunctions, table: Table, event: Event
) -> None:
    steps.answer = {"status": "SUCCEEDED", "executionArn": RUN, "output": '{"verdict": "good"}'}

    answer = ingress.invoke(post(event, "judge", '{"text": "fine"}'), alias="api").value

    ingress.settle()
    [record] = table.records()
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"verdict": "good"})
    assert answer["headers"]["mlfn-record"] == record.id
    assert (record.model, record.phase, record.execution) == ("reviews.judge", Phase.COMPLETED, RUN)
    assert [line.phase for line in ingress.lines()] == [Phase.STARTED, Phase.COMPLETED]


def test_an_execution_is_told_the_verified_caller_and_the_record(
    ingress: Function, steps: StepFunctions, event: Event
) -> None:
    ingress.invoke(post(event, "judge", '{"text":  "fine"}'), alias="api")

    operation, request = steps.requests[0]
    given = json.loads(request["input"])
    assert (operation, request["stateMachineArn"]) == ("AWSStepFunctions.StartSyncExecution", MACHINE)
    assert given["input"] == {"text": "fine"}
    assert given["mlfn"] == {
        "caller": {"id": "arn:aws:iam::123456789012:user/jane", "type": "iam_user", "assurance": 2},
        "record": ingress.lines()[0].id,
    }


@pytest.mark.parametrize(
    ("outcome", "status", "title", "detail"),
    [
        (
            {"status": "FAILED", "error": "KeyError", "cause": '{"errorMessage": "no", "errorType": "KeyError"}'},
            500,
            "KeyError",
            "no",
        ),
        ({"status": "FAILED", "error": "ContractError", "cause": "bad"}, 422, "ContractError", "bad"),
        ({"status": "TIMED_OUT"}, 504, "States.Timeout", "The run took too long."),
        ({"status": "FAILED", "error": "MlfnAuditUnavailable"}, 503, "MlfnAuditUnavailable", "The run failed."),
    ],
    ids=["model", "contract", "timeout", "audit"],
)
def test_a_run_that_fails_is_never_a_200(
    ingress: Function,
    steps: StepFunctions,
    table: Table,
    event: Event,
    outcome: dict[str, Any],
    status: int,
    title: str,
    detail: str,
) -> None:
    steps.answer = {**outcome, "executionArn": RUN}

    answer = ingress.invoke(post(event, "judge", '{"text": "fine"}'), alias="api").value

    ingress.settle()
    problem = json.loads(answer["body"])
    assert (answer["statusCode"], problem["title"], problem["detail"]) == (status, title, detail)
    assert (table.records()[0].phase, table.records()[0].error) == (Phase.ERROR, title)


def test_an_asynchronous_pipeline_gives_an_execution_to_ask_about(
    ingress: Function, steps: StepFunctions, table: Table, event: Event
) -> None:
    steps.answer = {"executionArn": RUN, "startDate": 1}

    answer = ingress.invoke(post(event, "batch", '{"text": "fine"}'), alias="api").value

    ingress.settle()
    assert answer["statusCode"] == 202
    assert json.loads(answer["body"]) == {"execution": "request-1", "status": "RUNNING"}
    assert answer["headers"]["location"] == "/pipelines/batch/request-1"
    assert steps.requests[0][1]["name"] == "request-1"
    assert table.records()[0].execution == RUN


@pytest.mark.parametrize(
    ("outcome", "progress"),
    [
        ({"status": "RUNNING"}, {"status": "RUNNING"}),
        ({"status": "SUCCEEDED", "output": "[1]"}, {"status": "SUCCEEDED", "output": [1]}),
        ({"status": "FAILED", "error": "E", "cause": "c"}, {"status": "FAILED", "error": "E", "detail": "c"}),
    ],
    ids=["running", "succeeded", "failed"],
)
def test_a_run_can_be_asked_about(
    ingress: Function,
    steps: StepFunctions,
    event: Event,
    outcome: dict[str, Any],
    progress: dict[str, Any],
) -> None:
    steps.answer = {**outcome, "executionArn": RUN}

    answer = ingress.invoke(get(event, "/pipelines/batch/request-1"), alias="api").value

    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"execution": "request-1", **progress})
    assert steps.requests == [("AWSStepFunctions.DescribeExecution", {"executionArn": RUN})]


@pytest.mark.parametrize("path", ["/pipelines/none", "/pipelines", "/", "/pipelines/batch/a%2Fb"])
def test_what_is_not_there_is_not_found(ingress: Function, event: Event, path: str) -> None:
    assert ingress.invoke(get(event, path), alias="api").value["statusCode"] == 404


def test_an_execution_that_is_not_there_is_not_found(ingress: Function, steps: StepFunctions, event: Event) -> None:
    steps.status, steps.answer = 400, {"__type": "ExecutionDoesNotExist", "message": "no"}

    assert ingress.invoke(get(event, "/pipelines/batch/other"), alias="api").value["statusCode"] == 404


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("judge", '{"text": 1}', 400),
        ("judge", '{"text": "a", "more": 1}', 400),
        ("judge", "", 400),
        ("loose", '{"a": 1, "a": 2}', 400),
        ("loose", "NaN", 400),
        ("loose", '{"mlfn\\u003aspilled": "a"}', 400),
    ],
    ids=["type", "extra", "empty", "duplicate", "nan", "reserved"],
)
def test_a_bad_input_starts_nothing_and_is_recorded(
    ingress: Function,
    steps: StepFunctions,
    table: Table,
    event: Event,
    name: str,
    body: str,
    status: int,
) -> None:
    answer = ingress.invoke(post(event, name, body), alias="api").value

    ingress.settle()
    assert answer["statusCode"] == status
    assert steps.requests == []
    assert [record.phase for record in table.records()] == [Phase.REJECTED]


def test_step_functions_refusal_is_a_bad_gateway(
    ingress: Function, steps: StepFunctions, table: Table, event: Event
) -> None:
    steps.status, steps.answer = 400, {"__type": "StateMachineDoesNotExist", "message": "gone"}

    answer = ingress.invoke(post(event, "judge", '{"text": "fine"}'), alias="api").value

    ingress.settle()
    assert (answer["statusCode"], table.records()[0].error) == (502, "StateMachineDoesNotExist")


def test_the_ingress_takes_api_events_on_its_api_alias_only(ingress: Function, table: Table, event: Event) -> None:
    answer = ingress.invoke(post(event, "judge", '{"text": "fine"}'), alias="live")

    ingress.settle()
    assert (answer.kind, answer.value["errorType"]) == ("error", "WrongIngress")
    assert table.records()[0].phase is Phase.REJECTED
