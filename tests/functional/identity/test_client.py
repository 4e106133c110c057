"""`mlfn.Client`: deployed models called from a program, with their own types and a proof of who calls."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from tests.functional.identity.conftest import set_environ

from mlfn import Client, model, pipeline
from mlfn.errors import CallFailedError, CallRefusedError, TargetError

if TYPE_CHECKING:
    from tests.functional.identity.conftest import Desk

pytestmark = pytest.mark.xdist_group("identity")
MAY_CALL = {"Action": "lambda:InvokeFunction", "Resource": "*"}
MAY_PROVE = {"Action": "sts:GetWebIdentityToken", "Resource": "*"}


@dataclass
class Note:
    text: str
    stars: int = 3


@dataclass
class Mood:
    label: str
    score: float


@model
def mood(note: Note) -> Mood:
    raise NotImplementedError


@model
def add(a: int, b: int = 1) -> int:
    raise NotImplementedError


@pipeline
def moods(notes: list[Note]) -> list[Mood]:
    raise NotImplementedError


@pipeline(mode="async")
def moods_later(notes: list[Note]) -> list[Mood]:
    raise NotImplementedError


def test_a_model_answers_json_with_json(as_root: Desk) -> None:
    with Client("desk") as client:
        assert client.call("mood", {"text": "fine", "stars": 5}) == {"label": "good", "score": 1.0}


def test_a_model_answers_its_types_with_its_types(as_root: Desk) -> None:
    client = Client("desk")

    assert client.model(mood)(Note(text="fine", stars=1)) == Mood(label="bad", score=0.2)
    assert client.model(add)(2, b=5) == 7
    assert client.model(add)(2) == 3


def test_a_call_is_recorded_as_proven(as_root: Desk) -> None:
    Client("desk", prove=True).call("mood", {"text": "proven"})

    record = as_root.record("mood", assurance=3)
    assert (record.caller, record.path, record.status) == ("arn:aws:iam::000000000000:root", "direct", "ok")


def test_a_user_is_recorded_by_name(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"jane-{uuid.uuid4().hex[:6]}"
    set_environ(monkeypatch, desk.user(name, MAY_CALL, MAY_PROVE))

    Client("desk").call("mood", {"text": "by name"})

    record = desk.record("mood", caller=f"arn:aws:iam::000000000000:user/{name}")
    assert (record.assurance, record.caller_type) == (3, "iam_user")


def test_a_caller_without_tokens_is_warned_and_calls_unproven(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environ(monkeypatch, desk.user(f"john-{uuid.uuid4().hex[:6]}", MAY_CALL))
    client = Client("desk")

    with pytest.warns(RuntimeWarning, match="recorded as claimed, not proven") as warned:
        client.call("mood", {"text": "unproven"})
        client.call("mood", {"text": "unproven"})

    assert len(warned) == 1
    assert desk.record("mood", assurance=0).caller is None


def test_a_proof_that_is_required_and_not_to_be_had_is_an_error(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environ(monkeypatch, desk.user(f"john-{uuid.uuid4().hex[:6]}", MAY_CALL))

    with pytest.raises(TargetError, match="GetWebIdentityToken failed: AccessDenied"):
        Client("desk", prove=True).call("mood", {"text": "never sent"})


def test_a_models_error_names_its_class_and_its_record(as_root: Desk) -> None:
    with pytest.raises(CallFailedError, match="mood answered KeyError: 'raise'") as caught:
        Client("desk").call("mood", {"text": "raise"})

    record = as_root.record("mood", id=caught.value.record)
    assert (record.error, record.invocation) == ("KeyError", caught.value.request_id)
    assert caught.value.error_type == "KeyError"


def test_an_input_that_does_not_fit_is_told(as_root: Desk) -> None:
    with pytest.raises(CallFailedError, match="stars: Input should be a valid integer") as caught:
        Client("desk").call("mood", {"text": "fine", "stars": "many"})

    assert caught.value.error_type == "ContractError"


def test_what_is_not_deployed_is_refused(as_root: Desk) -> None:
    with pytest.raises(CallRefusedError, match="nothing was not called: ResourceNotFoundException"):
        Client("desk").call("nothing")


def test_who_may_not_call_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environ(monkeypatch, desk.user(f"nobody-{uuid.uuid4().hex[:6]}", MAY_PROVE))

    with pytest.raises(CallRefusedError, match="AccessDenied"):
        Client("desk").call("mood", {"text": "no"})


def test_an_endpoint_that_is_not_there_was_not_called(as_root: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    with pytest.raises(CallRefusedError, match=r"was not called: 127\.0\.0\.1:9 cannot be reached"):
        Client("desk", prove=False).call("mood", {"text": "no"})


def test_a_function_can_be_named_by_its_account(as_root: Desk) -> None:
    assert Client("desk", account=as_root.account).call("add", {"a": 1, "b": 2}) == 3


def test_calls_from_many_threads_do_not_disturb_each_other(as_root: Desk) -> None:
    client, answers = Client("desk"), dict[int, int]()

    def work(number: int) -> None:
        answers[number] = client.model(add)(number, 1000)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == {number: number + 1000 for number in range(8)}


def test_a_pipeline_is_called_through_its_front_door(as_root: Desk) -> None:
    client = Client("desk")

    assert client.run("moods", [{"text": "fine", "stars": 5}]) == [{"label": "good", "score": 1.0}]
    assert client.pipeline(moods)([Note(text="fine", stars=1)]) == [Mood(label="bad", score=0.2)]
    assert as_root.record("moods", status="ok").assurance == 2


def test_a_failed_pipeline_names_the_error_and_its_record(as_root: Desk) -> None:
    with pytest.raises(CallFailedError, match="moods answered KeyError") as caught:
        Client("desk").run("moods", [{"text": "raise"}])

    assert as_root.record("moods", id=caught.value.record).error == "KeyError"


def test_an_asynchronous_pipeline_is_started_and_waited_for(as_root: Desk) -> None:
    client = Client("desk")

    run = client.starting(moods_later)([Note(text="fine", stars=5)])

    assert run.result(timeout_s=60) == [Mood(label="good", score=1.0)]
    assert run.status == "SUCCEEDED"
    assert client.find("moods_later", run.execution).result(timeout_s=60) == [{"label": "good", "score": 1.0}]


def test_a_result_of_an_asynchronous_pipeline_is_its_runs(as_root: Desk) -> None:
    client = Client("desk")

    with pytest.raises(TargetError, match="moods_later is asynchronous: its run") as caught:
        client.pipeline(moods_later)([Note(text="fine", stars=5)])

    execution = caught.value.hint.split("'")[3]
    assert client.find("moods_later", execution).result() == [{"label": "good", "score": 1}]


def test_a_synchronous_pipeline_has_no_run_to_wait_for(as_root: Desk) -> None:
    with pytest.raises(TargetError, match="moods is synchronous"):
        Client("desk").starting(moods)([])


def test_an_app_that_is_not_there_is_told_with_where_it_was_looked_for(as_root: Desk) -> None:
    with pytest.raises(TargetError, match="There is no stack desk-prod in us-east-1") as caught:
        Client("desk", stage="prod").run("moods", [])

    assert "the stage" in caught.value.hint


def test_an_asynchronous_failure_is_raised_by_its_result(as_root: Desk) -> None:
    run = Client("desk").start("moods_later", [{"text": "raise"}])

    with pytest.raises(CallFailedError, match="ended with KeyError") as caught:
        run.result(timeout_s=60)

    assert caught.value.error_type == "KeyError"


def test_who_may_not_call_a_pipeline_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environ(monkeypatch, desk.user(f"nobody-{uuid.uuid4().hex[:6]}"))

    with pytest.raises(CallRefusedError, match="moods was not called: Forbidden"):
        Client("desk", api_url=desk.api_url).run("moods", [])


def test_the_command_proves_who_calls_directly_as_a_client_does(desk: Desk) -> None:
    told = desk.project.ok("invoke", "mood", '{"text": "by the command", "stars": 4}', "--direct", "--json")
    newest = next(desk.rows("mood")).record

    assert told.json["label"] == "good"
    assert (newest.path, newest.alias, newest.assurance) == ("direct", "live", 3)
    assert newest.caller == f"arn:aws:iam::{desk.account}:root"


def test_the_command_calls_without_a_proof_where_there_are_no_tokens(desk: Desk) -> None:
    iam = desk.client("iam")
    iam.disable_outbound_web_identity_federation()
    try:
        told = desk.project.ok("invoke", "mood", '{"text": "claimed", "stars": 4}', "--direct", "--json")
    finally:
        iam.enable_outbound_web_identity_federation()

    assert "recorded as claimed, not proven" in " ".join(told.err.split())
    assert desk.record("mood", assurance=0, path="direct").caller is None
