"""Pipelines in, pictures out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from mlfn_engine.discover import discover
from mlfn_engine.pipelines.mermaid import mermaid
from mlfn_engine.pipelines.svg import svg
from mlfn_engine.resolve import resolve_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_engine.pipelines.drawing import Drawing

HERE = Path(__file__).parent
CASES = ("condition", "inner_retry", "limit", "parallel", "try_nested", "try_raise", "wait")
EVERY = sorted(path.stem for path in (HERE / "accepted").glob("*.py") if path.stem != "reviews")


def drawing_of(case: str) -> Drawing:
    return resolve_app(discover(HERE / "accepted", f"{case}.py")).pipelines[-1].drawing


@pytest.mark.parametrize("case", CASES)
def test_a_pipeline_is_drawn_for_mermaid(case: str, matches_golden: Callable[[str, Path], None]) -> None:
    text = mermaid(drawing_of(case))

    matches_golden(text, HERE / "drawn" / f"{case}.mmd")


def test_a_pipeline_is_drawn_as_svg(matches_golden: Callable[[str, Path], None]) -> None:
    text = svg(drawing_of("try_nested"))

    matches_golden(text, HERE / "drawn" / "try_nested.svg")


@pytest.mark.parametrize("case", EVERY)
def test_every_pipeline_has_a_picture_in_which_every_step_is_reached(case: str) -> None:
    drawing = drawing_of(case)

    assert ElementTree.fromstring(svg(drawing)).tag.endswith("svg")  # noqa: S314 - we wrote it
    reached = {arrow.target for arrow in drawing.arrows} | {drawing.shapes[0].name}
    assert {shape.name for shape in drawing.shapes} == reached
