"""The main job, as a user does it: deploy, call, ask who called."""

from __future__ import annotations

import json
import time
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from tests.fixtures.project import Project

pytestmark = pytest.mark.xdist_group("shop")


def test_a_model_answers_through_its_api(shop: Project) -> None:
    answer = shop.ok("invoke", "price", '{"item": "tea", "count": 2}')

    assert answer.json == {"item": "tea", "cents": 500}


def test_a_model_answers_directly(shop: Project) -> None:
    answer = shop.ok("invoke", "--direct", "mood", '"fine!"')

    assert answer.json == "happy"


def test_a_pipeline_maps_over_its_input(shop: Project) -> None:
    orders = [{"item": "tea", "count": 1}, {"item": "jam", "count": 3}]

    answer = shop.ok("invoke", "quote", json.dumps(orders))

    assert answer.json == [{"item": "tea", "cents": 250}, {"item": "jam", "cents": 750}]


@pytest.mark.parametrize("orders", [[], [{"item": "tea", "count": 1}]], ids=["empty", "one"])
def test_a_map_over_few_items_stays_a_list(shop: Project, orders: list[object]) -> None:
    answer = shop.ok("invoke", "quote", json.dumps(orders))

    assert len(answer.json) == len(orders)


def test_an_asynchronous_pipeline_answers_with_an_execution(shop: Project) -> None:
    answer = shop.ok("invoke", "quote_later", '[{"item": "tea", "count": 1}]')

    assert len(answer.json["execution"]) == 36


def test_an_input_that_fails_the_contract_is_explained(shop: Project) -> None:
    outcome = shop.mlfn("invoke", "price", '{"item": "tea", "count": "2"}')

    assert outcome.code == 1
    assert "count" in outcome.err
    assert "integer" in outcome.err
    assert outcome.err.count("\n") == 2


def test_a_failing_model_answers_with_its_error_type(shop: Project) -> None:
    outcome = shop.mlfn("invoke", "price", '{"item": "tea", "count": 101}')

    assert outcome.code == 1
    assert "ValueError" in outcome.err


def test_an_unsigned_call_is_forbidden(shop: Project) -> None:
    url = shop.ok("status", "--json").json["outputs"]["ApiUrl"]
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc)

    connection.request("POST", f"{parts.path}/models/mood", body=b'"hi"')
    response = connection.getresponse()

    assert (response.status, json.loads(response.read())) == (403, {"message": "Forbidden"})
    connection.close()


def test_every_call_leaves_a_record(shop: Project) -> None:
    before = len(shop.trail("mood", count=0))
    shop.ok("invoke", "mood", '"recorded"')
    shop.ok("invoke", "mood", '"recorded"')

    rows = shop.trail("mood", "--since", "5m", count=before + 2)

    first, second = rows[-2:]
    assert first["model"] == "shop.mood"
    assert first["status"] == "ok"
    assert first["caller"].endswith(":root")
    assert first["input_digest"] == second["input_digest"]
    assert first["duration_us"] > 0


def test_steps_of_a_pipeline_carry_its_execution_and_caller(shop: Project) -> None:
    before = len(shop.trail("quote", count=0))
    shop.ok("invoke", "quote", '[{"item": "one", "count": 1}]')

    rows = shop.trail("quote", "--since", "5m", count=before + 1)
    steps = shop.trail("--execution", rows[-1]["execution"], count=2)

    assert {row["model"] for row in steps} == {"shop.quote", "shop.price"}
    assert all(row["caller"].endswith(":root") for row in steps)


def test_what_the_trail_shows_selects_its_calls(shop: Project) -> None:
    before = len(shop.trail("quote", count=0))
    shop.ok("invoke", "quote", '[{"item": "two", "count": 2}]')
    run = shop.trail("quote", count=before + 1)[-1]

    shown = run["execution"].split(":")[7][:8]
    steps = shop.trail("--execution", shown, "--caller", "root", count=2)

    assert {row["model"] for row in steps} == {"shop.quote", "shop.price"}
    assert {row["execution"] for row in steps} == {run["execution"]}
    assert shop.ok("audit", "--caller", "nobody", "--json").json == []
    assert shop.ok("audit", "price", "--caller", run["caller"], "--version", "1", "--json").json


def test_a_second_deploy_of_the_same_code_has_nothing_to_do(shop: Project) -> None:
    started = time.monotonic()

    outcome = shop.ok("deploy")

    assert "Nothing to do" in outcome.out
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    ("name", "told"),
    [
        pytest.param("quote", "Error: quote is a pipeline, which has no log of its own.", id="a pipeline"),
        pytest.param("moood", "Hint: It has: mood, price, mlfn-ingress.", id="no model"),
    ],
)
def test_what_has_no_log_is_told_with_what_has_one(shop: Project, name: str, told: str) -> None:
    outcome = shop.mlfn("logs", name)

    assert (outcome.code, told in outcome.err) == (2, True)


def test_an_empty_log_is_no_silence(shop: Project) -> None:
    outcome = shop.ok("logs", "price", "--since", "2999-01-01")

    assert (outcome.out, outcome.err) == ("", "Nothing of price since 2999-01-01 00:00:00 UTC.\n")


def test_the_log_holds_what_the_platform_reports(shop: Project) -> None:
    shop.ok("invoke", "mood", '"logged"')

    log = shop.ok("logs", "mood", "--all").out

    assert '"type":"platform.report"' in log


@pytest.mark.parametrize("way", [(), ("--direct",)], ids=["api", "direct"])
def test_a_run_of_an_asynchronous_pipeline_can_be_asked_about(shop: Project, way: tuple[str, ...]) -> None:
    started = shop.ok("invoke", "quote_later", '[{"item": "tea", "count": 1}]', *way).json

    run = started
    while run["status"] == "RUNNING":
        run = shop.ok("invoke", "quote_later", "--execution", started["execution"], *way).json

    assert run["status"] == "SUCCEEDED"
    assert run["output"] == [{"item": "tea", "cents": 250}]


def test_only_asynchronous_pipelines_have_runs_to_ask_about(shop: Project) -> None:
    outcome = shop.mlfn("invoke", "quote", "--execution", "x")

    assert outcome.code == 2
    assert "quote is no asynchronous pipeline" in outcome.err


@pytest.mark.parametrize("way", [(), ("--direct",)], ids=["api", "direct"])
def test_a_failed_run_is_told_by_its_models_error(shop: Project, way: tuple[str, ...]) -> None:
    outcome = shop.mlfn("invoke", "quote", '[{"item": "tea", "count": 101}]', *way)

    assert outcome.code == 1
    assert outcome.err.startswith("Error: quote answered ValueError: too many\n")


def test_the_printed_environment_is_all_that_boto3_needs(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in shop.ok("emulator", "env", "--json").json.items():
        monkeypatch.setenv(name, value)
    session: Any = boto3.session.Session()
    states = session.client("stepfunctions")
    machines = {
        machine["name"]: machine["stateMachineArn"] for machine in states.list_state_machines()["stateMachines"]
    }

    run = states.start_sync_execution(
        stateMachineArn=machines["shop-dev-quote"], input='{"input": [{"item": "tea", "count": 2}]}'
    )

    assert (run["status"], json.loads(run["output"])) == ("SUCCEEDED", [{"item": "tea", "cents": 500}])
