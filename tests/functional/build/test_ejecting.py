"""Build contexts for those who go on without mlfn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlfn.errors import BuildError
from mlfn_engine.ejecting import eject
from mlfn_engine.images.values import BaseImage
from mlfn_engine.plan_image import plan_image
from mlfn_engine.platforms import based_platform
from mlfn_engine.values import Architecture

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.functional.build.conftest import Project

    from mlfn_engine.images.values import ImagePlan

BASE = BaseImage(
    reference="public.ecr.aws/lambda/python:3.12",
    location="public.ecr.aws/lambda/python:3.12",
    digest=f"sha256:{'ab' * 32}",
    python="3.12",
    interpreter="/var/lang/bin/python3.12",
    glibc="2.34",
)


@pytest.fixture
def plan(new_project: Callable[..., Project], cache: Path) -> ImagePlan:
    """The image of a model with a requirement and weights."""
    project = new_project({"mood.py": "def sentiment(text: str) -> float:\n    return 1.0\n", "weights.bin": "w"})
    function = project.model("mood:sentiment", requirements=("six",), assets=("weights.bin",))
    platform = based_platform(BASE, Architecture.X86_64)
    return plan_image(function, project.graph(function), platform, base=BASE, cache=cache)


def test_a_dockerfile_starts_from_the_same_base_and_starts_the_same_program(plan: ImagePlan, tmp_path: Path) -> None:
    context = eject(plan, tmp_path / "out").directory

    lines = (context / "Dockerfile").read_text().splitlines()
    assert f"ARG BASE=public.ecr.aws/lambda/python:3.12@{BASE.digest}" in lines
    assert [line for line in lines if line.startswith("COPY") and line.endswith("/ /")] == [
        "COPY assets/ /",
        "COPY runtime/ /",
        "COPY code/ /",
    ]
    assert 'ENV PYTHONPATH="/var/task:/opt/python:/opt/mlfn"' in lines
    assert lines[-1] == (
        'ENTRYPOINT ["/var/lang/bin/python3.12", "-S", "-c", "from mlfn.runtime.loop import main; main()"]'
    )
    assert "six==" in (context / "requirements.txt").read_text()


def test_the_context_holds_everything_that_is_copied(plan: ImagePlan, tmp_path: Path) -> None:
    root = eject(plan, tmp_path / "out").directory

    found = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert {"code/var/task/mood.py", "code/var/task/mlfn-manifest.json"} <= found
    assert {"assets/var/task/weights.bin", "runtime/opt/mlfn/mlfn/app.py"} <= found
    assert not [name for name in found if name.endswith(".pyc")]


def test_a_context_is_written_again_but_nothing_else_is_overwritten(plan: ImagePlan, tmp_path: Path) -> None:
    eject(plan, tmp_path / "out")
    eject(plan, tmp_path / "out")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")

    with pytest.raises(BuildError, match="mine is not empty"):
        eject(plan, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()
