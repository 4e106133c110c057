"""Pipelines over the lines of a file, run as a whole by Step Functions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.project import Project

from mlfn import Blob, Client
from mlfn.client.blobs import plain, put

pytestmark = pytest.mark.xdist_group("library")


def written(path: Path, lines: list[Any]) -> Path:
    path.write_text("".join(f"{json.dumps(each)}\n" for each in lines))
    return path


def results(path: Path) -> dict[int, dict[str, Any]]:
    return {each.pop("line"): each for each in map(json.loads, path.read_text().splitlines())}


def wanted(**about: Any) -> dict[str, Any]:
    return {"title": "moby", "pages": 1, "page_size": 2, **about}


def test_each_line_has_its_result_and_failures_are_collected(library: Project, tmp_path: Path) -> None:
    source = written(tmp_path / "in.jsonl", [wanted(title="a"), wanted(pages=-1), {"title": 1}, wanted(title="é")])
    out = tmp_path / "out.jsonl"

    outcome = library.mlfn("batch", "publish_all", str(source), "--output", str(out))

    found = results(out)
    assert (outcome.code, "2 of 4 lines failed." in outcome.err) == (1, True)
    assert found[1]["output"] == {"title": "a", "text": "none", "pages": ["00"]}
    assert found[2] == {"error": "ValueError", "detail": "too few"}
    assert found[3]["error"] == "ContractError"
    assert found[4]["output"]["title"] == "é"
    assert not out.with_name("out.jsonl.run").exists()


def test_a_batch_goes_on_with_the_lines_that_have_no_result(library: Project, tmp_path: Path) -> None:
    source = written(tmp_path / "in.jsonl", [wanted(title=title) for title in "abc"])
    out = written(tmp_path / "out.jsonl", [{"line": 2, "output": "kept"}])
    out.write_text(out.read_text() + '{"line": 1, "outp')

    told = library.ok("batch", "publish_all", str(source), "--output", str(out), "--json").json

    assert told["called"] == 2
    last = [json.loads(line) for line in out.read_text().splitlines() if line.endswith("}")]
    assert {each["line"] for each in last} == {1, 2, 3}


def test_a_run_that_was_left_is_found_again_and_calls_nothing_twice(as_root: Project, tmp_path: Path) -> None:
    source, out = written(tmp_path / "in.jsonl", [wanted(title="left")]), tmp_path / "out.jsonl"
    ask = Client("library")._blobs_of("/pipelines/publish_all", "publish_all")
    blob = plain(Blob.from_bytes(source.read_bytes()))
    lines = {"digest": blob["digest"], "at": put("publish_all", blob, source.read_bytes(), ask)}
    note = {"key": "left-1", "body": {"lines": lines, "at_once": 8}, "numbers": [1]}
    out.with_name("out.jsonl.run").write_text(json.dumps(note))
    batch = ("batch", "publish_all", str(source), "--output", str(out))

    as_root.ok(*batch)
    before = as_root.ok("audit", "write", "--json").out
    out.with_name("out.jsonl.run").write_text(json.dumps(note))
    as_root.ok(*batch)

    assert as_root.ok("audit", "write", "--json").out == before
    assert [json.loads(line)["output"]["title"] for line in out.read_text().splitlines()] == ["left"] * 2


def test_large_values_and_blobs_come_through_a_batch(library: Project, tmp_path: Path) -> None:
    scan = plain(Blob.from_bytes(b"\x89P" + bytes(300_000), "image/png"))
    pages = written(tmp_path / "pages.jsonl", [{"title": "scan", "scan": scan}])
    books = written(tmp_path / "books.jsonl", [wanted(pages=4, page_size=100_000)])

    library.ok("batch", "describe_all", str(pages), "--output", str(tmp_path / "told.jsonl"))
    library.ok("batch", "publish_all", str(books), "--output", str(tmp_path / "written.jsonl"))

    assert results(tmp_path / "told.jsonl")[1]["output"] == "scan: image/png, 300002, 8950"
    assert [len(each) for each in results(tmp_path / "written.jsonl")[1]["output"]["pages"]] == [100_000] * 4


def test_a_line_that_no_state_takes_is_named_before_anything_runs(library: Project, tmp_path: Path) -> None:
    source = written(tmp_path / "in.jsonl", [wanted(), wanted(text="t" * 300_000)])

    outcome = library.mlfn("batch", "publish_all", str(source), "--output", str(tmp_path / "out.jsonl"))

    assert (outcome.code, "Line 2 of" in outcome.err, "put" not in outcome.err) == (2, True, True)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"title": "moby"}, "called with lines"),
        ({"lines": {"at": "a", "digest": "0" * 64}}, "no such lines"),
        ({"lines": {"at": "a", "digest": "0" * 64}, "at_once": 0}, "at_once"),
    ],
    ids=["a line", "not uploaded", "at once"],
)
def test_a_batch_pipeline_is_called_with_uploaded_lines_only(
    as_root: Project, body: dict[str, Any], message: str
) -> None:
    answer = Client("library")._blobs_of("/pipelines/publish_all", "publish_all")("POST", "", json.dumps(body).encode())

    assert (answer.status, message in json.loads(answer.body)["detail"]) == (400, True)


def test_a_line_that_takes_too_long_ends_as_its_own_error(library: Project, tmp_path: Path) -> None:
    lines = [{"wait_s": 0, "nap_s": 0}, {"wait_s": 0, "nap_s": 12}, {"wait_s": 60, "nap_s": 0}]
    source, out = written(tmp_path / "in.jsonl", lines), tmp_path / "out.jsonl"

    outcome = library.mlfn("batch", "rest_all", str(source), "--output", str(out))

    late = {"error": "States.Timeout", "detail": "The line took longer than 6 s."}
    assert (outcome.code, results(out)) == (1, {1: {"output": "rested"}, 2: late, 3: late})


@pytest.mark.parametrize("command", ["invoke", "run"])
def test_other_commands_say_how_to_run_a_batch(library: Project, command: str) -> None:
    outcome = library.mlfn(command, "publish_all", "{}")

    assert (outcome.code, "mlfn batch publish_all" in outcome.err) == (2, True)
