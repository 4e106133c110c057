"""`mlfn dev`: what it says while a project is edited."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.fixtures.project import Project, free_port

PATIENCE_S = 60.0
MOOD = "from mlfn import model\n\n\n@model(memory_mb=128)\ndef mood(text: str) -> str:\n    return {answer!r}\n"
SLOW = """\
import time
from pathlib import Path

Path({importing!r}).touch()
while not Path({go_on!r}).exists():
    time.sleep(0.05)
import no_such_library
"""


class Dev:
    """A running `mlfn dev`, and what it has said so far, in a file of the project it watches."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._said = project.root / "said.txt"
        with self._said.open("w") as out:
            self.process = subprocess.Popen(
                project.command("dev", "--port", str(project.port)),
                cwd=project.root,
                env=project.environment(),
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self._said.read_text(encoding="utf-8")

    def heard(self, text: str, times: int = 1) -> bool:
        """Whether it says so within our patience."""
        return self.awaited(lambda: self.said().count(text) >= times)

    def awaited(self, has_come: Callable[[], bool]) -> bool:
        """Whether something comes true while it runs, within our patience."""
        end = time.monotonic() + PATIENCE_S
        while not has_come() and time.monotonic() < end and self.process.poll() is None:
            time.sleep(0.05)
        return has_come()


@contextmanager
def running(project: Project) -> Iterator[Dev]:
    """`mlfn dev` in a project; it and its emulator are ended afterwards."""
    dev = Dev(project)
    try:
        yield dev
    finally:
        dev.process.send_signal(signal.SIGINT)
        dev.process.wait(PATIENCE_S)
        project.mlfn("emulator", "stop")


@pytest.fixture(name="dev")
def _dev(tmp_path: Path) -> Iterator[Dev]:
    project = Project(root=tmp_path, port=free_port())
    project.write("pyproject.toml", '[tool.mlfn]\napp = "edited"\n')
    project.write("app.py", f"import no_such_library\n{MOOD.format(answer='calm')}")
    with running(project) as dev:
        yield dev


def test_a_project_that_did_not_import_is_deployed_once_it_does(dev: Dev) -> None:
    project = dev.project
    assert dev.heard("No module named 'no_such_library'")
    assert "which has no no_such_library" in dev.said()

    project.write("notes.py", "# saved, and nothing is better\n")
    assert dev.heard("saved, and still: ModuleNotFoundError: No module named 'no_such_library'")
    assert dev.said().count("Traceback") == 1

    project.write("app.py", MOOD.format(answer="calm"))
    assert dev.heard(f"http://127.0.0.1:{project.port}/")
    assert project.ok("invoke", "mood", '"?"').out == '"calm"\n'

    project.write("app.py", MOOD.format(answer="happy"))
    assert dev.heard("deployed mood in")
    assert project.ok("invoke", "mood", '"?"').out == '"happy"\n'


def test_a_save_during_the_first_deploy_is_not_missed(tmp_path: Path) -> None:
    project = Project(root=tmp_path / "project", port=free_port())
    importing, go_on = tmp_path / "importing", tmp_path / "go-on"
    project.write("pyproject.toml", '[tool.mlfn]\napp = "edited"\n')
    project.write("app.py", SLOW.format(importing=str(importing), go_on=str(go_on)))
    with running(project) as dev:
        assert dev.awaited(importing.exists)
        project.write("app.py", MOOD.format(answer="calm"))
        go_on.touch()

        assert dev.heard(f"http://127.0.0.1:{project.port}/")


def test_code_in_a_mistake_is_shown_as_it_is_written(dev: Dev) -> None:
    project = dev.project
    assert dev.heard("No module named 'no_such_library'")

    project.write("app.py", MOOD.format(answer="calm").replace("memory_mb=128", "assets=['weights[/red].bin']"))

    assert dev.heard("has the asset 'weights[/red].bin'")
    assert dev.heard("Hint: ")
    assert dev.process.poll() is None
