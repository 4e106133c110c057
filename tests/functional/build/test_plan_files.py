"""Which files of a project go into an image, and what is said of those that cannot."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.functional.build.plans import MODELS, paths

from mlfn.errors import BuildError
from mlfn_engine.images.values import FilesLayer
from mlfn_engine.plan_image import plan_image
from mlfn_engine.platforms import host_platform
from mlfn_engine.values import PackageType

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functional.build.conftest import Project

OBJECT = b'{"type":"object"}'


@pytest.mark.parametrize("asset", ["../secret.txt", "/etc/passwd"], ids=["parent", "absolute"])
def test_an_asset_outside_the_project_is_refused(new_project: Callable[..., Project], cache: Path, asset: str) -> None:
    project = new_project(MODELS)
    function = project.model("mood:sentiment", assets=(asset,))

    with pytest.raises(BuildError, match="leaves the project's root"):
        plan_image(function, project.graph(function), host_platform(), cache=cache)


def test_a_link_that_leaves_the_project_is_refused(new_project: Callable[..., Project], cache: Path) -> None:
    project = new_project(MODELS)
    (project.root / "weights.bin").symlink_to("/etc/hostname")
    function = project.model("mood:sentiment", assets=("weights.bin",))

    with pytest.raises(BuildError, match=r"weights\.bin is a link that leaves the project"):
        plan_image(function, project.graph(function), host_platform(), cache=cache)


def test_include_adds_files_and_exclude_takes_them_away(new_project: Callable[..., Project], cache: Path) -> None:
    settings = '[tool.mlfn]\ninclude = ["data/**", "*.py"]\nexclude = ["app.py", "data/drafts"]\n'
    project = new_project({**MODELS, "pyproject.toml": settings, "data/a.csv": "1", "data/drafts/b.csv": "2"})
    function = project.model("mood:sentiment")

    plan = plan_image(function, project.graph(function), host_platform(), cache=cache)

    assert paths(plan, "code")[:-1] == [f"var/task/{name}" for name in ("data/a.csv", "mood.py", "ocr.py", "words.py")]


@pytest.mark.parametrize(
    "name", [".env", ".git/config", "keys/id_rsa", "keys/server.pem", "prod.env", "a/__pycache__/x"]
)
def test_hidden_files_and_secrets_are_never_included_by_a_glob(
    new_project: Callable[..., Project], cache: Path, name: str
) -> None:
    project = new_project({**MODELS, name: "secret", "pyproject.toml": '[tool.mlfn]\ninclude = ["**/*"]\n'})
    function = project.model("mood:sentiment")

    plan = plan_image(function, project.graph(function), host_platform(), cache=cache)

    assert f"var/task/{name}" not in paths(plan, "code")


@pytest.mark.parametrize("name", ["with space.bin", "ünïcødé.bin", "-rf.bin", "$(id).bin", "a'b\"c.bin"])
def test_a_file_may_be_called_anything_that_a_tar_can_hold(
    new_project: Callable[..., Project], cache: Path, name: str
) -> None:
    project = new_project({**MODELS, name: "weights"})
    function = project.model("mood:sentiment", assets=(name,))

    plan = plan_image(function, project.graph(function), host_platform(), cache=cache)

    assert paths(plan, "assets") == [f"var/task/{name}"]


def test_a_control_character_in_a_file_name_is_refused(new_project: Callable[..., Project], cache: Path) -> None:
    project = new_project({**MODELS, "a\nb.bin": "weights"})
    function = project.model("mood:sentiment", assets=("a\nb.bin",))

    with pytest.raises(BuildError, match="cannot be put into an image"):
        plan_image(function, project.graph(function), host_platform(), cache=cache)


def _pipe(directory: Path) -> None:
    os.mkfifo(directory / "pipe")


def _circle(directory: Path) -> None:
    (directory / "circle").symlink_to("circle")


def _dangling(directory: Path) -> None:
    (directory / "dangling").symlink_to("nowhere")


def _no_text(directory: Path) -> None:
    Path(os.fsdecode(os.fsencode(directory) + b"/\xff.bin")).write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(_pipe, "weights/pipe is no file", id="pipe"),
        pytest.param(_circle, "weights/circle is a link that goes round", id="circle"),
        pytest.param(_dangling, "weights/dangling is no file", id="dangling"),
        pytest.param(_no_text, "cannot be put into an image", id="no-text"),
    ],
)
def test_what_is_no_file_among_assets_is_a_sentence(
    new_project: Callable[..., Project], cache: Path, spoil: Callable[[Path], None], message: str
) -> None:
    project = new_project({**MODELS, "weights/one.bin": "1"})
    spoil(project.root / "weights")
    function = project.model("mood:sentiment", assets=("weights",))

    with pytest.raises(BuildError, match=message):
        plan_image(function, project.graph(function), host_platform(), cache=cache)


def test_an_asset_of_a_name_that_no_file_has_is_a_sentence(new_project: Callable[..., Project], cache: Path) -> None:
    project = new_project(MODELS)
    function = project.model("mood:sentiment", assets=("w" * 300,))

    with pytest.raises(BuildError, match="has a name that no file has"):
        plan_image(function, project.graph(function), host_platform(), cache=cache)


@pytest.mark.parametrize(
    ("package", "size", "kind"),
    [
        pytest.param(PackageType.IMAGE, (10 << 30) + 1, "an image", id="image"),
        pytest.param(PackageType.ZIP, 262_144_001, "an archive", id="archive"),
    ],
)
def test_weights_that_lambda_could_not_hold_are_told_before_they_are_read(
    new_project: Callable[..., Project], cache: Path, package: PackageType, size: int, kind: str
) -> None:
    project = new_project({**MODELS, "weights/one.bin": "1"})
    os.truncate(project.root / "weights" / "one.bin", size)
    function = project.model("mood:sentiment", assets=("weights",), package=package)

    with pytest.raises(BuildError, match=f"in all as {kind}"):
        plan_image(function, project.graph(function), host_platform(), cache=cache)


def test_two_names_of_one_file_are_two_files(new_project: Callable[..., Project], cache: Path) -> None:
    project = new_project({**MODELS, "weights/one.bin": "1"})
    os.link(project.root / "weights" / "one.bin", project.root / "weights" / "two.bin")
    function = project.model("mood:sentiment", assets=("weights",))

    plan = plan_image(function, project.graph(function), host_platform(), cache=cache)

    (assets,) = (each for each in plan.layers if isinstance(each, FilesLayer) and each.name == "assets")
    assert [file.path for file in assets.files] == ["var/task/weights/one.bin", "var/task/weights/two.bin"]


def test_an_asset_directory_brings_everything_in_it_but_links_that_leave(
    new_project: Callable[..., Project], cache: Path
) -> None:
    project = new_project({**MODELS, "weights/a/one.bin": "1", "weights/two.bin": "2"})
    function = project.model("mood:sentiment", assets=("weights",))
    graph = project.graph(function)

    plan = plan_image(function, graph, host_platform(), cache=cache)
    (project.root / "weights" / "etc").symlink_to("/etc")

    assert paths(plan, "assets") == ["var/task/weights/a/one.bin", "var/task/weights/two.bin"]
    with pytest.raises(BuildError, match="weights/etc is a link that leaves the project"):
        plan_image(function, graph, host_platform(), cache=cache)


def test_an_asset_that_is_not_there_is_named(new_project: Callable[..., Project], cache: Path) -> None:
    project = new_project(MODELS)
    function = project.model("mood:sentiment", assets=("weights.onnx",))

    with pytest.raises(BuildError, match=r"The asset 'weights\.onnx' does not exist"):
        plan_image(function, project.graph(function), host_platform(), cache=cache)
