"""Pipelines in, state machines or error texts out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mlfn.errors import MlfnError
from mlfn_engine.discover import discover
from mlfn_engine.resolve import resolve_app

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
ACCEPTED = sorted(path for path in (HERE / "accepted").glob("*.py") if path.stem not in ("reviews", "strays"))
REFUSED = sorted(path for path in (HERE / "refused").glob("*.py") if path.stem not in ("reviews", "strays"))


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda path: path.stem)
def test_a_pipeline_compiles_to_its_state_machine(case: Path, matches_golden: Callable[[str, Path], None]) -> None:
    app = resolve_app(discover(case.parent, case.name))

    definition = json.loads(app.pipelines[-1].definition)

    matches_golden(json.dumps(definition, indent=2, ensure_ascii=False) + "\n", case.with_suffix(".asl.json"))


@pytest.mark.parametrize("case", REFUSED, ids=lambda path: path.stem)
def test_a_pipeline_is_refused_with_its_place(case: Path, matches_golden: Callable[[str, Path], None]) -> None:
    app = discover(case.parent, case.name)

    with pytest.raises(MlfnError) as caught:
        resolve_app(app)

    error = caught.value
    text = f"{type(error).__name__}: {error.message}\nHint: {error.hint}\n"
    matches_golden(text, case.with_suffix(".txt"))
