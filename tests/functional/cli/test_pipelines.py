"""Pipelines on the command line: their pictures, and runs that are watched."""

from __future__ import annotations

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


def test_other_programs_get_shapes_and_arrows(shop: Project) -> None:
    drawing = shop.ok("graph", "quote", "--json").json["drawing"]

    assert [each["kind"] for each in drawing["shapes"]] == ["end", "end", "map"]
    assert len(drawing["arrows"]) == 2


def test_a_pipeline_that_is_not_there_is_named(shop: Project) -> None:
    outcome = shop.mlfn("graph", "judge")

    assert (outcome.code, "It has: quote, quote_later." in outcome.err) == (2, True)
