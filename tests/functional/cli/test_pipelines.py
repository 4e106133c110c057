"""Pipelines on the command line: their pictures, and runs that are watched."""

from __future__ import annotations

import os
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.fixtures.project import Project

pytestmark = pytest.mark.xdist_group("shop")


def test_a_pipeline_is_drawn_with_the_types_it_passes_on(shop: Project) -> None:
    drawn = shop.ok("graph", "quote").out

    assert drawn.startswith("flowchart TD\n")
    assert '["price"]' in drawn
    assert '-->|"list[Order]"|' in drawn


def test_a_picture_is_written_to_a_file(shop: Project, tmp_path: Path) -> None:
    path = tmp_path / "quote.svg"

    shop.ok("graph", "quote", "-o", str(path))

    assert ElementTree.parse(path).getroot().tag.endswith("svg")  # noqa: S314 - we wrote it


def test_a_picture_in_dots_goes_to_a_file_or_a_pipe(shop: Project, tmp_path: Path) -> None:
    path = tmp_path / "quote.png"

    outcome = shop.mlfn("graph", "quote", "--png", "-o", str(path))

    if outcome.code == 2 and not os.environ.get("CI"):
        pytest.skip(outcome.err)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_other_programs_get_shapes_and_arrows(shop: Project) -> None:
    drawing = shop.ok("graph", "quote", "--json").json["drawing"]

    assert [each["kind"] for each in drawing["shapes"]] == ["end", "end", "map"]
    assert len(drawing["arrows"]) == 2


def test_a_pipeline_that_is_not_there_is_named(shop: Project) -> None:
    outcome = shop.mlfn("graph", "judge")

    assert (outcome.code, "It has: quote, quote_later." in outcome.err) == (2, True)


@pytest.mark.parametrize("pipeline", ["quote", "quote_later"])
def test_a_run_is_shown_state_by_state(shop: Project, pipeline: str) -> None:
    outcome = shop.ok("run", pipeline, '[{"item": "tea", "count": 1}, {"item": "jam", "count": 2}]')

    assert [each["cents"] for each in outcome.json] == [250, 500]
    steps = [line.strip(" │├└─").rpartition("  ")[0] for line in outcome.err.splitlines()[1:]]
    assert steps == ["✓ for order in orders", "✓ item 0", "✓ price", "✓ item 1", "✓ price"]


@pytest.mark.parametrize("pipeline", ["quote", "quote_later"])
def test_a_failed_run_shows_where_it_failed(shop: Project, pipeline: str) -> None:
    outcome = shop.mlfn("run", pipeline, '[{"item": "tea", "count": 1000}]')

    assert outcome.code == 1
    assert f"{pipeline} failed: ValueError: too many" in outcome.err
    assert "✗ price" in outcome.err


def test_other_programs_get_a_run_as_json(shop: Project) -> None:
    found = shop.ok("run", "quote", "--json", '[{"item": "tea", "count": 1}]').json

    [map_state] = [each for each in found["states"] if each["kind"] == "Map"]
    [item] = map_state["inside"]
    [price] = item["inside"]
    assert (price["name"], price["attempts"], price["error"]) == ("price", 1, None)
    assert price["ended_ms"] >= price["began_ms"]


def test_only_pipelines_run(shop: Project) -> None:
    outcome = shop.mlfn("run", "price", "1")

    assert (outcome.code, "mlfn invoke price" in outcome.err) == (2, True)
