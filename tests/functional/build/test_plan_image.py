"""What a plan takes in, and what changes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mlfn.errors import BuildError
from mlfn_engine.plan_image import plan_image
from mlfn_engine.platforms import host_platform
from mlfn_engine.values import FilesLayer, ImagePlan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.functional.build.conftest import Project

MODELS = {
    "words.py": "def clean(text: str) -> str:\n    return text.strip()\n",
    "mood.py": "from words import clean\n\ndef sentiment(text: str) -> float:\n    return float(len(clean(text)))\n",
    "ocr.py": "def extract(page: str) -> str:\n    return page\n",
    "app.py": "from mood import sentiment\nfrom ocr import extract\n\ndef judge(page: str) -> float:\n    return 1.0\n",
}


def paths(plan: ImagePlan, layer: str) -> list[str]:
    """The files of a layer but for byte code."""
    files = next(each for each in plan.layers if each.name == layer)
    assert isinstance(files, FilesLayer)
    return [file.path for file in files.files if not file.path.endswith(".pyc")]


def manifest(plan: ImagePlan) -> dict[str, object]:
    """A plan's manifest."""
    files = next(each for each in plan.layers if each.name == "code")
    assert isinstance(files, FilesLayer)
    source = next(file.source for file in files.files if file.path == "var/task/mlfn-manifest.json")
    assert isinstance(source, bytes)
    found: dict[str, object] = json.loads(source)
    return found


def test_a_models_code_layer_holds_what_its_entrypoint_imports(
    new_project: Callable[..., Project], cache: Path
) -> None:
    project = new_project(MODELS)
    function = project.model("mood:sentiment")

    plan = plan_image(function, project.graph(function), host_platform(), cache=cache)

    assert paths(plan, "code") == ["var/task/mood.py", "var/task/words.py", "var/task/mlfn-manifest.json"]


def test_a_changed_line_changes_only_the_models_that_import_it(
    new_project: Callable[..., Project], cache: Path
) -> None:
    project = new_project(MODELS)
    functions = (project.model("mood:sentiment"), project.model("ocr:extract"))
    graph = project.graph(*functions)
    before = [plan_image(function, graph, host_platform(), cache=cache).version for function in functions]

    project.write({"words.py": "def clean(text: str) -> str:\n    return text.lower()\n"})
    after = [plan_image(function, graph, host_platform(), cache=cache).version for function in functions]

    assert after[0] != before[0]
    assert after[1] == before[1]


def test_equal_projects_in_two_directories_have_equal_plans(new_project: Callable[..., Project], cache: Path) -> None:
    plans = []
    for name in ("one", "two"):
        project = new_project(MODELS, name)
        function = project.model("mood:sentiment")
        plans.append(plan_image(function, project.graph(function), host_platform(), cache=cache))

    assert plans[0].digest == plans[1].digest


def test_the_manifest_names_the_version_and_the_digest_of_its_plan(
    new_project: Callable[..., Project], cache: Path
) -> None:
    project = new_project(MODELS)
    function = project.model("mood:sentiment")

    plan = plan_image(function, project.graph(function), host_platform(), cache=cache)

    found = manifest(plan)
    assert (found["version"], found["artifact"]) == (plan.digest[:12], plan.digest)
    assert (found["id"], found["entrypoint"], found["parameters"]) == ("reviews.sentiment", "mood:sentiment", ["text"])


def test_the_ingress_holds_no_code_of_the_project(new_project: Callable[..., Project], cache: Path) -> None:
    project = new_project(MODELS)
    function = project.ingress("app:judge")

    plan = plan_image(function, project.graph(function), host_platform(), cache=cache)

    assert paths(plan, "code") == ["var/task/mlfn-manifest.json"]
    assert manifest(plan)["kind"] == "ingress"


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
