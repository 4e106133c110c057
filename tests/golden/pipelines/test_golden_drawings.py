"""Pipelines in, pictures out."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from mlfn.errors import UsageError
from mlfn_engine.discover import discover
from mlfn_engine.drawings.mermaid import mermaid
from mlfn_engine.drawings.png import png
from mlfn_engine.drawings.svg import svg
from mlfn_engine.resolve import resolve_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_engine.drawings.drawing import Drawing

HERE = Path(__file__).parent
CASES = ("condition", "inner_retry", "limit", "parallel", "try_nested", "try_raise", "wait")
EVERY = sorted(path.stem for path in (HERE / "accepted").glob("*.py") if path.stem != "reviews")


def drawing_of(case: str) -> Drawing:
    return resolve_app(discover(HERE / "accepted", f"{case}.py")).pipelines[-1].drawing


def in_dots(drawing: Drawing) -> bytes:
    try:
        return png(drawing)
    except UsageError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(error.message)


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


@pytest.mark.parametrize("case", EVERY)
def test_every_pipeline_has_a_picture_in_dots_as_large_as_its_drawing(case: str) -> None:
    drawing = drawing_of(case)

    picture = in_dots(drawing)

    root = ElementTree.fromstring(svg(drawing))  # noqa: S314 - we wrote it
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    size = [int.from_bytes(picture[at : at + 4]) for at in (16, 20)]
    assert size == [2 * int(root.attrib[side]) for side in ("width", "height")]


def test_a_machine_without_a_font_that_the_style_names_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("resvg_py")
    monkeypatch.setattr("mlfn_engine.drawings.png.STYLE", "text{font:13px 'No Such Font'}")

    with pytest.raises(UsageError) as raised:
        png(drawing_of("wait"))

    assert raised.value.hint == "On Debian: apt-get install fonts-dejavu-core. Or name the file FILE.svg."


def test_without_resvg_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)

    with pytest.raises(UsageError) as raised:
        png(drawing_of("wait"))

    assert raised.value.message == "PNG needs resvg-py, which is not installed."
    assert raised.value.hint == "pip install 'mlfn[png]', or name the file FILE.svg."
