"""Golden error texts: what a user reads, word for word."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.fixtures.project import Outcome, Project, free_port

TEXTS = Path(__file__).parent / "texts"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """An empty project; its emulator, if a test starts one, ends with the test."""
    made = Project(root=tmp_path / "shop", port=free_port(), runs_here=True)
    made.root.mkdir()
    yield made
    made.mlfn("emulator", "stop")


@pytest.fixture
def golden(project: Project) -> Callable[[str, Outcome], None]:
    """Compare an outcome with the text of that name; MLFN_UPDATE_GOLDEN=1 writes it instead."""

    def compare(name: str, outcome: Outcome) -> None:
        told = f"exit {outcome.code}\n{outcome.err}"
        told = told.replace(str(project.root), "<project>").replace(str(project.port), "<port>")
        told = told.replace(f"Python {sys.version_info.major}.{sys.version_info.minor}", "Python <minor>")
        told = told.replace(f"({platform.machine()},", "(<machine>,")
        path = TEXTS / f"{name}.txt"
        if os.environ.get("MLFN_UPDATE_GOLDEN"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(told, encoding="utf-8")
        assert told == path.read_text(encoding="utf-8")

    return compare
