"""Where the emulator of a project keeps its state."""

from __future__ import annotations

from pathlib import Path

from mlfn_cli.session import Session


def state_dir(project: Path) -> Path:
    return Session(stage="dev", target_name="local", project=project).state_dir


def test_it_is_in_the_nearest_directory_upwards_that_has_one(tmp_path: Path) -> None:
    project = tmp_path / "examples" / "reviews"
    project.mkdir(parents=True)
    (tmp_path / ".mlfn").mkdir()

    assert state_dir(project) == tmp_path / ".mlfn" / "emulator"


def test_one_outside_the_repository_is_somebody_elses(tmp_path: Path) -> None:
    repository = tmp_path / "clone"
    (repository / ".git").mkdir(parents=True)
    (tmp_path / ".mlfn").mkdir()

    assert state_dir(repository) == repository / ".mlfn" / "emulator"
