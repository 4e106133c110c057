"""A project on disk with an emulator of its own, driven through the command line as a user would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fixtures.project import SHOP, Project, free_port


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """An empty project; its emulator, if a test starts one, ends with the test."""
    made = Project(root=tmp_path / "shop", port=free_port(), runs_here=True)
    made.root.mkdir()
    yield made
    made.mlfn("emulator", "stop")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The shop, deployed once for all tests of a module."""
    made = Project(root=tmp_path_factory.mktemp("deployed") / "shop", port=free_port(), runs_here=True)
    for name, text in SHOP.items():
        made.write(name, text)
    made.start_emulator()
    made.ok("deploy")
    yield made
    made.mlfn("emulator", "stop")
