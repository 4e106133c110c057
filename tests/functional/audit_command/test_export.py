"""`mlfn audit export`: excerpts and other systems' forms, without a project and without a sealed trail."""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.audit_calls import RUN, Calls
from tests.functional.audit_command.conftest import Stage

FORMS = ["cloudevents", "opentelemetry", "openlineage"]


@pytest.fixture(scope="module")
def stage(stages: Callable[[str], Stage]) -> Stage:
    made = stages("exported")
    calls = Calls()
    calls.add(0)
    calls.add(60, m="shop.price")
    calls.add(3600, phase="error", st="error", er="ValueError", ex=RUN)
    calls.add(90_000)
    made.put(calls)
    return made


def exported(stage: Stage, file: Path, *options: str) -> list[dict[str, Any]]:
    outcome = stage.mlfn("audit", "export", *options, "--output", str(file))
    assert outcome.code == 0, outcome.err
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.parametrize(
    ("options", "count"),
    [
        pytest.param(("shop.mood",), 3, id="a model"),
        pytest.param(("price",), 1, id="a model's name"),
        pytest.param(("--since", "2026-11-23T07:00:00Z"), 2, id="from then on"),
        pytest.param(("--since", "2026-11-23T06:31:00Z", "--until", "2026-11-23T07:30:00Z"), 1, id="a period"),
        pytest.param(("shop.mood", "--until", "2026-11-23T06:30:00.000001Z"), 1, id="before then"),
        pytest.param(("--since", "2026-12-01"), 0, id="nothing"),
    ],
)
def test_an_excerpt_has_what_was_asked_for(stage: Stage, tmp_path: Path, options: tuple[str, ...], count: int) -> None:
    lines = exported(stage, tmp_path / "some.jsonl", *options)

    assert [list(line) for line in lines] == [["mlfn_audit"]] * count


@pytest.mark.parametrize("form", FORMS)
def test_other_forms_have_every_call(stage: Stage, tmp_path: Path, form: str) -> None:
    lines = exported(stage, tmp_path / "some.jsonl", "--form", form, "--since", "2026-11-01")

    assert len(lines) == (8 if form == "openlineage" else 4)


def test_functions_are_named_as_the_target_knows_them(stage: Stage, tmp_path: Path) -> None:
    (line, *_) = exported(stage, tmp_path / "some.jsonl", "--form", "opentelemetry")

    resource = {each["key"]: each["value"] for each in line["resourceLogs"][0]["resource"]["attributes"]}
    account, region = stage.emulator.credentials.account_id, stage.emulator.credentials.region
    arn = f"arn:aws:lambda:{region}:{account}:function:shop-dev-mood:1"
    assert resource["cloud.resource_id"] == {"stringValue": arn}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(("--output", "trail.csv"), "trail.csv is neither a .jsonl nor a .parquet file.", id="suffix"),
        pytest.param(
            ("--output", "trail.parquet", "--form", "openlineage"),
            "A .parquet file holds records, not openlineage.",
            id="form",
        ),
        pytest.param(
            ("--output", "/nowhere/trail.jsonl", "shop.mood"),
            "Cannot write /nowhere/trail.jsonl: No such file or directory.",
            id="folder",
        ),
    ],
)
def test_a_file_that_cannot_be_is_told(stage: Stage, arguments: tuple[str, ...], told: str) -> None:
    outcome = stage.mlfn("audit", "export", *arguments)

    error, hint = outcome.err.splitlines()
    assert (outcome.code, error) == (2, f"Error: {told}")
    assert hint.startswith("Hint: ")


def test_without_pyarrow_the_next_step_is_told(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)

    outcome = stage.mlfn("audit", "export", "shop.mood", "--output", str(tmp_path / "trail.parquet"))

    assert outcome.code == 2
    assert outcome.err.splitlines() == [
        "Error: Parquet needs pyarrow, which is not installed.",
        "Hint: pip install 'mlfn[parquet]', or name the file FILE.jsonl.",
    ]
    assert list(tmp_path.iterdir()) == []
