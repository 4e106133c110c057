"""A call's input as given on the command line."""

from __future__ import annotations

import io
from pathlib import Path

import click
import pytest

from mlfn.errors import UsageError
from mlfn_cli.calling.payload import read_payload
from mlfn_cli.commands.invoke import invoke
from mlfn_cli.commands.run import run
from mlfn_cli.commands.run_image import run_image


def test_json_text_is_sent_byte_for_byte() -> None:
    assert read_payload('{ "text":  "é" }') == b'{ "text":  "\xc3\xa9" }'


def test_an_at_sign_names_a_file(tmp_path: Path) -> None:
    (tmp_path / "in.json").write_bytes(b"[1, 2]\n")

    assert read_payload(f"@{tmp_path}/in.json") == b"[1, 2]\n"


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'"hello"')))

    assert read_payload("-") == b'"hello"'


def test_what_is_no_json_is_refused_with_an_example() -> None:
    with pytest.raises(UsageError, match="The payload is not JSON") as caught:
        read_payload("{text: 1}")

    assert "@file.json" in caught.value.hint


def test_what_is_nested_too_deeply_is_refused_in_a_sentence() -> None:
    with pytest.raises(UsageError, match="The payload is not JSON: maximum recursion depth exceeded"):
        read_payload("[" * 100_000)


def test_a_file_is_named_as_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "dev.log").write_text("no JSON")

    with pytest.raises(UsageError, match=rf"^{tmp_path}/dev\.log is not JSON"):
        read_payload(f"@{tmp_path}/dev.log")


def test_a_missing_file_is_named() -> None:
    with pytest.raises(UsageError, match=r"Cannot read /nowhere/x\.json: No such file"):
        read_payload("@/nowhere/x.json")


@pytest.mark.parametrize("command", [invoke, run, run_image])
@pytest.mark.parametrize("arguments", [["price", "-1.5e3", "--json"], ["--json", "price", "-1.5e3"]])
def test_a_number_below_zero_is_an_input(command: click.Command, arguments: list[str]) -> None:
    given = command.make_context("mlfn", arguments).params

    assert (given["payload"], given["as_json"]) == ("-1.5e3", True)


def test_a_mistyped_option_is_still_none() -> None:
    with pytest.raises(click.NoSuchOption):
        invoke.make_context("mlfn", ["price", "--direkt", "1"])
