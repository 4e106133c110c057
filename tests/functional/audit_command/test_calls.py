"""`mlfn audit`: which calls it finds, how it prints them, what it reads, and what it says when it cannot."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from io import StringIO
from pathlib import Path

import pytest
from tests.fixtures.audit_calls import ACCOUNT, RUN, Calls
from tests.functional.audit_command.conftest import Stage

from mlfn.audit.codec import base64url
from mlfn_cli.calling.payload import read_payload
from mlfn_cli.trail.selection import PIPE

WHOLE = ("--since", "2026-11-23", "--until", "2026-11-24")
JOHN = f"{ACCOUNT}:user/john"


@pytest.fixture(scope="module")
def stage(stages: Callable[[str], Stage]) -> Stage:
    """Seven calls on one day: two models, two versions, two callers, a run of a pipeline, a failure, one running."""
    made = stages("asked")
    calls = Calls()
    calls.add(0)
    calls.add(60, mv="aaaaaaaaaaaa", fv="2", ca=JOHN)
    calls.add(120, phase="error", st="error", er="ValueError", oh=None)
    calls.add(180, m="shop.quote", ex=RUN)
    calls.add(181, m="shop.price", ex=RUN, sn="price", ct="aws_service", cl=1)
    calls.add(240, phase="started")
    calls.add(3600, m="other.mood", ca=JOHN)
    made.put(calls)
    return made


def numbers(rows: list[dict[str, str]]) -> list[int]:
    return [int(row["invocation"][:8], 16) for row in rows]


@pytest.mark.parametrize(
    ("selectors", "found"),
    [
        pytest.param((), [0, 60, 120, 180, 181, 240, 3600], id="everything that the stage knows of"),
        pytest.param(("shop.mood",), [0, 60, 120, 240], id="a model's id"),
        pytest.param(("mood",), [0, 60, 120, 240, 3600], id="a model's name, outside of any project"),
        pytest.param(("shop.mood", "--version", "2"), [60], id="the number of a Lambda version"),
        pytest.param(("shop.mood", "--version", "aaaa"), [60], id="the start of an image version"),
        pytest.param(("shop.mood", "--version", "4f1a2b3c4d5e"), [0, 120, 240], id="an image version"),
        pytest.param(("--caller", JOHN), [60, 3600], id="a caller's ARN"),
        pytest.param(("mood", "--caller", "user/john"), [60, 3600], id="a caller as the table shows it"),
        pytest.param(("shop.mood", "--caller", JOHN), [60], id="a caller's calls of a model"),
        pytest.param(("--execution", RUN), [180, 181], id="an execution"),
        pytest.param(("--execution", "0c6e0d3a"), [180, 181], id="an execution as the table shows it"),
        pytest.param(("--status", "error"), [120], id="failures"),
        pytest.param(("--status", "running"), [240], id="calls without an end"),
        pytest.param(("--input", sha256(b"input 60").hexdigest()), [60], id="a digest"),
        pytest.param(("--input", sha256(b"input 60").hexdigest()[:16].upper()), [60], id="as the table shows it"),
        pytest.param(("--limit", "2"), [240, 3600], id="the newest"),
        pytest.param(("--status", "oom"), [], id="nothing"),
    ],
)
def test_selectors_find_their_calls(stage: Stage, selectors: tuple[str, ...], found: list[int]) -> None:
    assert numbers(stage.rows(*selectors, *WHOLE)) == found


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        pytest.param("2026-11-23T06:31:00Z", "2026-11-23T06:32:00Z", [60], id="the end is not included"),
        pytest.param("2026-11-23T06:31:00", "2026-11-23T06:32:00", [60], id="UTC unless it says otherwise"),
        pytest.param("2026-11-23T07:31:00+01:00", "2026-11-23T07:32:00+01:00", [60], id="another time zone"),
        pytest.param("2026-11-22T22:31:00-08:00", "2026-11-22T22:32:00-08:00", [60], id="yesterday there"),
        pytest.param("2026-11-23T07:00:00Z", "2026-11-24", [3600], id="a later hour"),
    ],
)
def test_a_period_is_a_matter_of_moments(stage: Stage, since: str, until: str, found: list[int]) -> None:
    period = ("--since", since, "--until", until)

    assert numbers(stage.rows("mood", *period)) == found
    assert numbers(stage.rows("mood", "--caller", JOHN, *period)) == found


def test_the_input_may_be_a_file_or_come_in(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "input.json").write_bytes(b"input 120")

    from_file = stage.rows("--input", str(tmp_path / "input.json"), *WHOLE)
    from_pipe = stage.mlfn("audit", "--input", PIPE, "--json", *WHOLE, stdin=b"input 120").json

    assert numbers(from_file) == numbers(from_pipe) == [120]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        pytest.param(
            b'{"sku":"ab","qty":2}', b'{"sku":"ab","qty":2}\n', id="a file that an editor ended with a newline"
        ),
        pytest.param(b'{"sku":"ab","qty":2}', b'{\n  "sku": "ab",\n  "qty": 2\n}\n', id="a file that was laid out"),
        pytest.param(b'{"sku": "ab", "qty": 2}', b'{"sku":"ab","qty":2}', id="what Python's json wrote"),
        pytest.param(b'"caf\\u00e9"', '"café"'.encode(), id="what escapes other letters"),
    ],
)
def test_an_input_is_found_however_its_json_is_written(
    stages: Callable[[str], Stage], tmp_path: Path, sent: bytes, kept: bytes
) -> None:
    stage = stages(f"spelt{sha256(sent + kept).hexdigest()[:6]}")
    calls = Calls()
    calls.add(7, ih=base64url(sha256(sent).digest()))
    stage.put(calls)
    (tmp_path / "input.json").write_bytes(kept)

    assert numbers(stage.rows("--input", str(tmp_path / "input.json"), *WHOLE)) == [7]


def test_a_picture_is_found_as_the_blob_it_was_sent_as(stages: Callable[[str], Stage], tmp_path: Path) -> None:
    stage = stages("blobs")
    (tmp_path / "scan.png").write_bytes(b"\x89PNG")
    sent = read_payload(f"@{tmp_path / 'scan.png'}", takes_blobs=True)
    calls = Calls()
    calls.add(7, ih=base64url(sha256(sent).digest()))
    stage.put(calls)

    assert numbers(stage.rows("--input", str(tmp_path / "scan.png"), *WHOLE)) == [7]


def test_csv_is_read_back_as_it_was(stage: Stage) -> None:
    told = list(csv.DictReader(StringIO(stage.mlfn("audit", "--csv", *WHOLE).out)))

    asked = stage.rows(*WHOLE)
    assert [line["id"] for line in told] == [row["id"] for row in asked]
    assert {name: value for name, value in told[3].items() if value} == {
        name: " ".join(value) if isinstance(value, list) else str(value) for name, value in asked[3].items()
    }


def test_what_was_read_is_told(stage: Stage) -> None:
    found = stage.mlfn("audit", "--caller", JOHN, *WHOLE, "--json", "--explain").json
    told = stage.mlfn("audit", "shop.mood", *WHOLE, "--explain").err

    assert len(found["calls"]) == 2
    assert found["read"]["pages"] == 3  # one a day, and one for the days with more than one shard
    assert (found["read"]["batches"], found["read"]["items"]) == (1, 4)
    assert "no scan: 3 pages of Query, 6 items" in told


def test_only_what_is_shown_is_read(stage: Stage) -> None:
    whole = stage.mlfn("audit", *WHOLE, "--json", "--explain").json["read"]
    part = stage.mlfn("audit", "shop.mood", "--limit", "1", *WHOLE, "--json", "--explain").json["read"]

    assert part["items"] < whole["items"]


def test_the_table_says_when_there_is_more(stage: Stage) -> None:
    outcome = stage.mlfn("audit", "--limit", "2", *WHOLE)

    assert len(outcome.out.splitlines()) == 3
    assert outcome.err == "The newest 2; --limit shows more.\n"


def test_no_calls_are_no_mistake(stage: Stage) -> None:
    outcome = stage.mlfn("audit", "shop.mood", "--since", "2026-11-20", "--until", "2026-11-21")

    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("No calls recorded from ")


@pytest.mark.parametrize("command", [(), ("stats",)], ids=["calls", "stats"])
@pytest.mark.parametrize("name", ["moood", "shop.moood"])
def test_that_nobody_called_is_not_said_of_what_does_not_exist(
    stage: Stage, tmp_path: Path, name: str, command: tuple[str, ...]
) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.mlfn]\napp = "shop"\n')
    (tmp_path / "app.py").write_text(
        "from mlfn import model\n\n\n@model\ndef mood(text: str) -> str:\n    return text\n"
    )

    outcome = replace(stage, folder=tmp_path).mlfn("audit", *command, name)

    error, hint = outcome.err.splitlines()
    assert (outcome.code, outcome.out) == (1, "")
    assert error == (
        f"Error: There is no model or pipeline '{name}', neither declared here nor in the trail of stage {stage.name}."
    )
    assert hint == "Hint: There are: other.mood, shop.mood, shop.price, shop.quote."


def test_a_damaged_record_hides_no_other(stages: Callable[[str], Stage]) -> None:
    stage = stages("damaged")
    calls = Calls()
    calls.add(0)
    calls.add(1)
    stage.put(calls)
    (item, *_) = calls.items()
    keys = {name: item[name] for name in ("pk", "sk", "g1")}
    stage.emulator.client("dynamodb").put_item(TableName=stage.table, Item=keys | {"q": {"S": "nought"}})

    outcome = stage.mlfn("audit", "--caller", f"{ACCOUNT}:user/jane", *WHOLE, "--json")

    assert numbers(outcome.json) == [1]
    assert outcome.err == "1 item is no record any more: mlfn audit verify tells which.\n"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        pytest.param(("--since", "soon"), 2, "'soon' is no moment.", id="no moment"),
        pytest.param(("--since", "1h", "--until", "2h"), 2, "The period ends before it begins.", id="no period"),
        pytest.param(("--follow", "--until", "1h"), 2, "--follow has no end, and --until is one.", id="no end"),
        pytest.param(("--input", "deadbeef"), 2, "--input: 'deadbeef' is neither a file nor a digest.", id="no digest"),
        pytest.param(("--stage", "none", "shop.mood"), 1, "Stage 'none' has no audit trail.", id="no table"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(stage: Stage, arguments: tuple[str, ...], code: int, told: str) -> None:
    outcome = stage.mlfn("audit", *arguments)

    error, hint = outcome.err.splitlines()
    assert (outcome.code, outcome.out, error) == (code, "", f"Error: {told}")
    assert hint.startswith("Hint: ")


@pytest.mark.parametrize(("option", "value"), [("--limit", "0"), ("--limit", "many"), ("--status", "fine")])
def test_a_value_that_an_option_does_not_take_is_told(stage: Stage, option: str, value: str) -> None:
    outcome = stage.mlfn("audit", option, value)

    assert outcome.code == 2
    assert f"Invalid value for '{option}'" in outcome.err


@pytest.mark.parametrize(
    ("selectors", "found"),
    [
        pytest.param(("mood",), [0, 60, 120, 240], id="a model's name"),
        pytest.param((), [0, 60, 120, 180, 181, 240], id="all that is on record of the app"),
    ],
)
def test_a_project_that_does_not_import_still_has_its_calls(
    stage: Stage, tmp_path: Path, selectors: tuple[str, ...], found: list[int]
) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.mlfn]\napp = "shop"\n')
    (tmp_path / "app.py").write_text("import nothing_like_this\n")

    outcome = replace(stage, folder=tmp_path).mlfn("audit", *selectors, *WHOLE, "--json")

    assert outcome.code == 0
    assert numbers(json.loads(outcome.out)) == found
    assert outcome.err == (
        "The project does not import (ModuleNotFoundError: No module named 'nothing_like_this'); "
        "what is on record of shop is shown.\n"
    )
