"""A model or pipeline over the lines of a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.project import Project

pytestmark = pytest.mark.xdist_group("shop")
ORDERS = [[{"item": "tea", "count": count}] for count in (1, 2, 1000, 3)]


def lines(path: Path) -> list[dict[str, Any]]:
    return sorted(map(json.loads, path.read_text().splitlines()), key=lambda each: int(each["line"]))


@pytest.mark.parametrize("pipeline", ["quote", "quote_later"])
def test_every_line_has_its_result_and_failures_are_collected(shop: Project, pipeline: str, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join(map(json.dumps, ORDERS)) + "\n")

    outcome = shop.mlfn("batch", pipeline, str(source), "--output", str(out))

    assert (outcome.code, "1 of 4 lines failed." in outcome.err) == (1, True)
    assert lines(out) == [
        {"line": 1, "output": [{"item": "tea", "cents": 250}]},
        {"line": 2, "output": [{"item": "tea", "cents": 500}]},
        {"line": 3, "error": "ValueError", "detail": "too many"},
        {"line": 4, "output": [{"item": "tea", "cents": 750}]},
    ]


def test_a_batch_goes_on_where_it_was_killed(shop: Project, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('"fine!"\n"well"\n"bad!"\n')
    out.write_text('{"line": 1, "output": "kept"}\n{"line": 2, "outp')

    told = shop.ok("batch", "mood", str(source), "--output", str(out), "--json").json

    assert (told["called"], told["failed"]) == (2, 0)
    results = [json.loads(text) for text in out.read_text().splitlines() if text.endswith("}")]
    assert {each["line"]: each["output"] for each in results} == {1: "kept", 2: "calm", 3: "happy"}


def test_what_failed_is_called_again_when_asked(shop: Project, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('"fine!"\n"well"\n')
    out.write_text('{"line": 1, "error": "Busy", "detail": ""}\n{"line": 2, "output": "kept"}\n')

    left = shop.mlfn("batch", "mood", str(source), "--output", str(out))
    assert (left.code, "0 called, 0 failed, 1 had failed before" in left.err, "--again" in left.err) == (1, True, True)
    assert shop.ok("batch", "mood", str(source), "--output", str(out), "--json", "--again").json["called"] == 1


def test_a_line_that_is_no_json_is_named_before_anything_is_called(shop: Project, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('"fine!"\n{\n')

    outcome = shop.mlfn("batch", "mood", str(source), "--output", str(out))

    assert (outcome.code, f"Line 2 of {source} is not JSON" in outcome.err, out.exists()) == (2, True, False)


def test_nothing_is_called_if_no_result_can_be_kept(shop: Project, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "nowhere" / "out.jsonl"
    source.write_text('"not called, as nobody would know"\n')

    outcome = shop.mlfn("batch", "mood", str(source), "--output", str(out))

    assert (outcome.code, f"Error: Cannot write {out}: No such file or directory." in outcome.err) == (2, True)
    assert shop.ok("audit", "--input", str(source), "--json").json == []
