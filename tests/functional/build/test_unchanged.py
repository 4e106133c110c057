"""`mlfn build` where nothing has changed: the project is not imported, and every change is seen all the same."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_engine.cache import MEMO_FROM_BYTES, FileDigests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

APP = """\
import json
import os
from pathlib import Path

import tariff
from mlfn import model

LABELS = json.loads(Path(os.environ["LABELS"]).read_text())


@model(requirements="requirements.txt", assets=["weights.bin", "tables"], description=LABELS["told"])
def score(text: str) -> float:
    from later import factor

    return factor * tariff.RATE * len(text)
"""


@dataclass(frozen=True, slots=True)
class Built:
    """What one `mlfn build` said."""

    version: str
    told: str

    @property
    def looked_at(self) -> bool:
        """Whether the project was imported and planned."""
        return "ready, unchanged" not in self.told


@dataclass(frozen=True, slots=True)
class Project:
    """A project that reads a file outside of itself, and the library it imports."""

    root: Path

    def path(self, name: str) -> Path:
        return self.root / "project" / name

    def run(self, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
        own = {
            "MLFN_CACHE": str(self.root / "cache"),
            "LABELS": str(self.root / "labels.json"),
            "PYTHONPATH": str(self.root / "library"),
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        command = [sys.executable, "-m", "mlfn_cli", "build", "--json", *options]
        return subprocess.run(
            command, cwd=self.path("."), env=kept | own | variables, capture_output=True, text=True, check=False
        )

    def build(self, *options: str, **variables: str) -> Built:
        done = self.run(*options, **variables)
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return Built(version=found[0]["version"], told=done.stderr)

    def build_until_known(self) -> Built:
        """A first build; files that are too fresh to rely on make it happen once more."""
        deadline = time.monotonic() + 60
        while (built := self.build()).looked_at and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not built.looked_at
        return built


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """One project for all tests; each leaves it changed."""
    made = Project(tmp_path_factory.mktemp("unchanged"))
    for folder in ("project/tables", "library"):
        (made.root / folder).mkdir(parents=True)
    made.path("app.py").write_text(APP)
    made.path("later.py").write_text("factor = 1\n")
    made.path("requirements.txt").write_text("")
    made.path("pyproject.toml").write_text('[tool.mlfn]\napp = "rates"\n')
    made.path("weights.bin").write_bytes(bytes(2 * MEMO_FROM_BYTES))
    made.path("tables/a.csv").write_text("1\n")
    (made.root / "labels.json").write_text('{"told": "Scores."}')
    (made.root / "library/tariff.py").write_text("RATE = 2\n")
    yield made


def changed_in_place(path: Path) -> None:
    """Other content of the same size in the same inode, with the time of modification put back."""
    before, content = path.stat(), path.read_bytes()
    with path.open("r+b") as file:
        file.write(bytes([content[0] ^ 1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replaced(path: Path) -> None:
    """Another file of the same size and time under the same name, as rsync and archives put it there."""
    before = path.stat()
    other = path.with_name("other.tmp")
    other.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)


CHANGES: dict[str, Callable[[Project], object]] = {
    "a line of code": lambda project: project.path("app.py").write_text(APP.replace("* len", "+ len")),
    "a module that is only imported by a call": lambda project: project.path("later.py").write_text("factor = 3\n"),
    "a module that takes the place of a library's": lambda project: project.path("tariff.py").write_text("RATE = 9\n"),
    "a requirement": lambda project: project.path("requirements.txt").write_text("six==1.16.0\n"),
    "an asset, by a byte, its time put back": lambda project: changed_in_place(project.path("weights.bin")),
    "an asset, by another file of its size and time": lambda project: replaced(project.path("weights.bin")),
    "a file more in an asset's directory": lambda project: project.path("tables/b.csv").write_text("2\n"),
    "a file less in an asset's directory": lambda project: project.path("tables/a.csv").unlink(),
    "the settings": lambda project: project.path("pyproject.toml").write_text('[tool.mlfn]\napp = "prices"\n'),
}


def test_a_build_without_a_change_does_not_import_the_project(project: Project) -> None:
    first = project.build()

    again = project.build_until_known()

    assert again.version == first.version
    assert project.build("--anew").looked_at


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_makes_another_version(project: Project, kind: str) -> None:
    before = project.build_until_known()

    CHANGES[kind](project)
    after = project.build()

    assert after.looked_at
    assert after.version != before.version


def test_a_file_outside_the_project_that_its_import_reads_is_an_input(project: Project) -> None:
    project.build_until_known()

    (project.root / "labels.json").write_text('{"told": 5}')

    assert project.run().returncode != 0, "a description that is no text is refused"
    (project.root / "labels.json").write_text('{"told": "Scores."}')


def test_variables_a_lock_file_and_what_was_imported_are_inputs(project: Project) -> None:
    project.path("tariff.py").unlink(missing_ok=True)
    project.build_until_known()

    other = project.build(FLAVOUR="vanilla")
    (project.root / "library/tariff.py").write_text("RATE = 4\n")
    library = project.build()
    project.path("mlfn.lock").write_text("{")
    refused = project.run()
    project.path("mlfn.lock").unlink()

    assert other.looked_at
    assert library.looked_at
    assert (refused.returncode, "mlfn.lock" in refused.stderr) == (1, True)


def test_an_image_that_left_the_cache_is_built_again(project: Project) -> None:
    before = project.build_until_known()

    shutil.rmtree(project.root / "cache" / "images")

    again = project.build()
    assert again.looked_at
    assert again.version == before.version


def test_the_digest_of_a_large_file_follows_its_content_not_its_time(tmp_path: Path) -> None:
    weights = tmp_path / "weights.bin"
    weights.write_bytes(bytes(2 * MEMO_FROM_BYTES))
    digests = FileDigests(tmp_path / "cache")
    before = {digests.digest(weights) for _ in range(3)}

    changed_in_place(weights)

    assert len(before) == 1
    assert digests.digest(weights) not in before
