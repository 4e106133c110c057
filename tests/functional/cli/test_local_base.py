"""Which images the emulator gets: for this machine, or those that AWS would get."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlfn.errors import BuildError
from mlfn_cli.deploying.compose import base_for
from mlfn_cli.session import Session
from mlfn_engine.values import Base


def session(root: Path, *lines: str) -> Session:
    """A session of a project with these settings, whose target is the emulator."""
    (root / "pyproject.toml").write_text("\n".join(["[tool.mlfn]", *lines]))
    return Session(stage="dev", target_name="local", project=root)


def test_the_emulator_gets_images_for_this_machine(tmp_path: Path) -> None:
    assert base_for(session(tmp_path, 'base = "oci:base"')) is Base.HOST


def test_the_emulator_gets_images_on_the_base_where_the_project_says_so(tmp_path: Path) -> None:
    assert base_for(session(tmp_path, 'base = "oci:base"', "local-base = true")) is Base.LAMBDA


def test_a_local_base_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="names none"):
        base_for(session(tmp_path, "local-base = true"))


def test_a_local_base_is_wanted_or_not(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="must be true or false"):
        base_for(session(tmp_path, 'local-base = "yes"'))
