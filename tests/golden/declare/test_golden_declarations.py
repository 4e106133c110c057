"""Apps in, error texts out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mlfn.errors import DeclarationError
from mlfn_engine.discover import discover
from mlfn_engine.resolve import resolve_app

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
CASES = sorted(path for path in HERE.glob("*.py") if not path.stem.startswith("test_"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_all_mistakes_are_reported_together(case: Path, matches_golden: Callable[[str, Path], None]) -> None:
    app = discover(case.parent, case.name)

    with pytest.raises(DeclarationError) as caught:
        resolve_app(app)

    matches_golden(f"{caught.value.message}\nHint: {caught.value.hint}\n", case.with_suffix(".txt"))
