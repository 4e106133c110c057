"""Which saved files `mlfn dev` deploys for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from watchfiles import Change

from mlfn_cli.commands.dev import Sources


def counts(root: Path, name: str) -> bool:
    return Sources(root=root)(Change.modified, str(root / name))


@pytest.mark.parametrize("name", ["app.py", "deep/er/model.py", "requirements.txt", "weights.onnx", "pyproject.toml"])
def test_what_a_function_is_made_of_counts(tmp_path: Path, name: str) -> None:
    assert counts(tmp_path, name)


@pytest.mark.parametrize(
    "name", [".git/index", "__pycache__/app.pyc", ".venv/x.py", "app.py~", ".app.py.swp", "run.log", ".mlfn/x.json"]
)
def test_what_tools_write_on_the_way_does_not(tmp_path: Path, name: str) -> None:
    assert not counts(tmp_path, name)


def test_a_virtual_environment_is_known_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "pyvenv.cfg").write_text("home = /usr/bin\n")

    assert not counts(tmp_path, "env/lib/python3.11/site-packages/joblib/__init__.py")


def test_only_directories_of_the_project_are_passed_by(tmp_path: Path) -> None:
    root = tmp_path / "node_modules" / ".venv" / "project"
    root.mkdir(parents=True)
    (tmp_path / "node_modules" / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\n")

    assert counts(root, "app.py")


def test_the_file_that_it_prints_to_does_not_set_it_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "out.txt").open("w") as out:
        monkeypatch.setattr(sys, "stdout", out)

        assert not counts(tmp_path, "out.txt")
        assert counts(tmp_path, "in.txt")
