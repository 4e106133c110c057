"""Compare a text with the file that holds what it should be.

`MLFN_UPDATE_GOLDEN=1 pytest tests/golden` writes the files instead; read the difference before committing it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def matches_golden() -> Callable[[str, Path], None]:
    """Assert that a text is what a file holds."""

    def check(text: str, path: Path) -> None:
        if os.environ.get("MLFN_UPDATE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path.name} is missing: run once with MLFN_UPDATE_GOLDEN=1 and read what it wrote"
        assert text == path.read_text(encoding="utf-8")

    return check
