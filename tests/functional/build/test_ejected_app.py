"""What `mlfn eject` writes, and where it does not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.fixtures.project import SHOP, Project


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    """The shop, deployed nowhere."""
    made = Project(root=tmp_path / "shop", port=0, runs_here=True)
    for name, text in SHOP.items():
        made.write(name, text)
    return made


def test_a_whole_app_is_written_with_a_script_that_a_shell_understands(shop: Project) -> None:
    shop.ok("eject")

    written = shop.root / "ejected"
    assert {path.name for path in (written / "images").iterdir()} == {"mood", "price", "mlfn-ingress", "mlfn-platform"}
    assert {path.name for path in (written / "templates").iterdir()} == {
        "base.yaml",
        "seal.yaml",
        "platform.yaml",
        "app.yaml",
    }
    subprocess.run(["sh", "-n", written / "deploy.sh"], check=True)
    assert "docker build" in (written / "README.md").read_text()
    assert "aws cloudformation deploy" in (written / "README.md").read_text()
    shop.ok("check", "--template", str(written / "templates" / "app.yaml"))


def test_it_is_written_again_but_nothing_else_is_overwritten(shop: Project) -> None:
    shop.ok("eject", "--target", "local")
    shop.ok("eject", "--target", "local")
    shop.write("mine/thesis.txt", "years of work")

    refused = shop.mlfn("eject", "--output", "mine")

    assert "mine is not empty." in refused.err
    assert (shop.root / "mine" / "thesis.txt").exists()


def test_an_archive_is_refused(shop: Project) -> None:
    shop.write("mood.py", SHOP["mood.py"].replace("timeout_s=5", 'timeout_s=5, package="zip"'))

    refused = shop.mlfn("eject")

    assert 'There is no Dockerfile for an archive: mood (package="zip").' in refused.err
    assert not (shop.root / "ejected").exists()
