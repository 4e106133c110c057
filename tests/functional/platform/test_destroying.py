"""An app is not taken away while its logs still owe the audit trail something."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.fixtures.project import Project, free_port
from tests.functional.platform.conftest import Stage

pytestmark = pytest.mark.xdist_group("platform")
APP = """
from mlfn import model


@model(memory_mb=128, timeout_s=5)
def task(how: str) -> str:
    return how
"""


@pytest.fixture
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = Project(root=tmp_path_factory.mktemp("destroying") / "frail", port=free_port(), runs_here=True)
    made.write("pyproject.toml", '[project]\nname = "frail"\nversion = "1"\n[tool.mlfn]\napp = "frail"\n')
    made.write("app.py", APP)
    made.start_emulator()
    made.ok("deploy")
    yield Stage(project=made)
    made.mlfn("emulator", "stop")


def test_what_is_still_in_the_logs_is_put_first(stage: Stage) -> None:
    with stage.without_table("frail-dev-task", "mlfn-writer-dev", "mlfn-reaper-dev"):
        assert stage.call("spooled") == "spooled"

        refused = stage.project.mlfn("destroy", "--yes")

        assert (refused.code, "nothing has been removed" in refused.err) == (1, True)
        assert stage.call("spooled too") == "spooled too"

    stage.project.ok("destroy", "--yes")

    assert stage.statuses() == ["ok", "ok"]
