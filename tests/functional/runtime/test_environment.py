"""Starting, ending and printing as in Lambda."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlfn.audit.record import Phase

if TYPE_CHECKING:
    from tests.functional.runtime.conftest import Function, Rewrite
    from tests.functional.runtime.servers import Table


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("import nowhere", "Runtime.ImportModuleError", "Unable to import module 'app': No module named 'nowhere'"),
        ("def (", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app': "),
        ("x = 1", "Runtime.HandlerNotFound", "Handler 'sentiment' missing on module 'app'"),
        ("raise ValueError('bad')", "ValueError", "bad"),
    ],
    ids=["import", "syntax", "handler", "own"],
)
def test_a_start_that_fails_is_reported_as_lambdas_runtime_does(
    function: Function, source: str, kind: str, message: str
) -> None:
    (function.root / "app.py").write_text(source)
    function.start()

    answer = function.answer()

    assert (answer.kind, answer.value["errorType"]) == ("init", kind)
    assert answer.value["errorMessage"].startswith(message)
    assert answer.headers["lambda-runtime-function-error-type"] == kind
    assert function.running.wait(10) == 1


def test_without_a_manifest_the_start_fails(function: Function) -> None:
    (function.root / "mlfn-manifest.json").unlink()

    assert function.start().answer().value["errorType"] == "Runtime.InvalidManifest"


def test_the_load_hook_runs_once(function: Function, manifest: Rewrite) -> None:
    manifest(load="app:load")
    (function.root / "app.py").write_text(
        (function.root / "app.py").read_text() + "\ndef load():\n    print('loaded')\n"
    )
    function.start()

    function.invoke({"text": "fine"})
    function.invoke({"text": "fine"})

    assert function.log.read_text().count("loaded") == 1


@pytest.mark.parametrize(
    ("end", "code"),
    [("return", 0), ("sys.exit(3)", 3), ("sys.exit()", 0), ("sys.exit('why')", 1), ("raise KeyError", 1)],
    ids=["returns", "exits", "exits well", "exits with a message", "raises"],
)
def test_a_child_that_the_model_forks_is_not_the_environment(
    function: Function, table: Table, end: str, code: int
) -> None:
    source = (function.root / "app.py").read_text()
    fork = f"""
    import os, sys
    if os.fork() == 0:
        {end}
    print(f"child {{os.waitstatus_to_exitcode(os.wait()[1])}}")
    if review"""
    (function.root / "app.py").write_text(source.replace("\n    if review", fork, 1))
    function.start()

    answer = function.invoke({"text": "fine"})

    function.settle()
    assert answer.value == {"label": "good", "score": 0.5}
    assert f"child {code}" in function.log.read_text().splitlines()
    assert [record.phase for record in function.lines()] == [Phase.STARTED, Phase.COMPLETED]
    assert [record.phase for record in table.records()] == [Phase.COMPLETED]


def test_an_exit_in_the_model_ends_the_environment_after_the_record(function: Function, table: Table) -> None:
    source = (function.root / "app.py").read_text()
    (function.root / "app.py").write_text(source.replace("    if review", "    raise SystemExit(7)\n    if review"))
    function.start()

    function.invoke({"text": "fine"}, wait=False)

    assert function.running.wait(10) == 7
    assert [(record.phase, record.error) for record in table.records()] == [(Phase.ERROR, "SystemExit")]


def test_prints_reach_the_log_before_the_answer(function: Function) -> None:
    source = (function.root / "app.py").read_text()
    (function.root / "app.py").write_text(source.replace("    if review", "    print('hello')\n    if review"))
    function.start()

    function.invoke({"text": "fine"})

    lines = [line for line in function.log.read_text().splitlines() if not line.startswith('{"mlfn_writer"')]
    assert [line[:14] for line in lines[:3]] == ['{"mlfn_audit":', "hello", '{"mlfn_audit":']


def test_only_the_first_call_is_a_cold_start(function: Function, table: Table) -> None:
    function.start()

    function.invoke({"text": "fine"})
    function.invoke({"text": "fine"})
    function.settle()

    assert [record.cold_start for record in table.records()] == [True, False]


def test_records_name_what_ran_from_the_image_and_lambda(function: Function, table: Table) -> None:
    function.start()

    function.invoke({"text": "fine"})

    function.settle()
    [record] = table.records()
    assert (record.model, record.version, record.function, record.function_version, record.alias) == (
        "reviews.sentiment",
        "0123456789ab",
        "reviews-dev-sentiment",
        "3",
        "live",
    )
    assert record.image == bytes.fromhex("ab" * 32)
    assert (record.artifact or b"").hex().startswith(record.version)
    assert record.memory_mb == 512


def test_the_put_is_signed_with_the_roles_session(function: Function, table: Table) -> None:
    function.start()

    function.invoke({"text": "fine"})

    function.settle()
    request = table.requests[-1]
    assert request["x-amz-security-token"] == "token"
    assert request["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target" in request["authorization"]


def test_opened_data_is_named_in_the_calls_record(function: Function, table: Table) -> None:
    (function.root / "words.txt").write_text("good")
    source = (function.root / "app.py").read_text()
    reading = (
        "    import mlfn\n    with mlfn.open('words.txt', 'r') as file: assert file.read() == 'good'\n    if review"
    )
    (function.root / "app.py").write_text(source.replace("    if review", reading))
    function.start()

    function.invoke({"text": "fine"})

    function.settle()
    assert table.records()[0].data == ("words.txt#770e607624d689265ca6c44884d0807d9b054d23c473c106c72be9de08b7376c",)


def test_a_version_of_pydantic_core_the_image_does_not_have_is_replaced_by_pydantic(
    function: Function, manifest: Rewrite
) -> None:
    contract = {"core": {"type": "any"}, "pydantic_core": "0.0.0", "schema_digest": "cd" * 32}
    source = "def sentiment(text: str, times: int = 2) -> dict[str, int]:\n    return {text: times}\n"
    (function.root / "app.py").write_text(source)
    manifest(parameters=["text", "times"], input=contract, output=contract)
    function.start()

    assert function.invoke({"text": "a"}).value == {"a": 2}
    assert function.invoke({"text": "a", "times": "3"}).value["errorType"] == "ContractError"
    assert function.invoke({"text": "a", "more": 3}).value["errorType"] == "ContractError"
    assert "pydantic is imported instead" in function.log.read_text()


def test_a_model_may_import_pydantic_after_the_runtime_has_loaded_its_core(function: Function) -> None:
    source = (function.root / "app.py").read_text()
    using = "    import pydantic; assert pydantic.TypeAdapter(int).validate_python('1') == 1\n    if review"
    (function.root / "app.py").write_text(source.replace("    if review", using))
    function.start()

    assert function.invoke({"text": "fine"}).kind == "response"
