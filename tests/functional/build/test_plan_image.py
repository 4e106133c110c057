"""What a plan takes in, and what changes it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.functional.build.plans import MODELS, manifest, paths

from mlfn.errors import BuildError
from mlfn.runtime.manifest import Manifest
from mlfn_engine.access import Access
from mlfn_engine.audit_policy import AuditPolicy
from mlfn_engine.dependencies.requirements import locked_version, own_version
from mlfn_engine.images.values import FilesLayer, RequirementsLayer
from mlfn_engine.plan_image import plan_image
from mlfn_engine.platforms import host_platform
from mlfn_engine.values import Resources

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functional.build.conftest import Project

OBJECT = b'{"type":"object"}'


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


def test_the_number_of_shards_is_in_the_manifest_of_model_and_pipeline(
    new_project: Callable[..., Project], cache: Path
) -> None:
    project = new_project(MODELS)
    model, one = project.model("mood:sentiment", audit=AuditPolicy(shards=4)), project.ingress("app:judge")
    ingress = project.ingress("app:judge", audit_shards=8)

    plans = [plan_image(each, project.graph(each), host_platform(), cache=cache) for each in (model, ingress, one)]

    assert manifest(plans[0])["audit"] == {"mode": "standard", "shards": 4}
    assert manifest(plans[1])["pipelines"][0]["audit"] == {"mode": "standard", "shards": 8}
    assert Manifest(manifest(plans[1])).pipelines[0].shards == 8
    assert "audit" not in manifest(plans[2])["pipelines"][0]
    assert Manifest(manifest(plans[2])).pipelines[0].shards == 1


def test_what_included_modules_import_comes_with_them(new_project: Callable[..., Project], cache: Path) -> None:
    settings = '[tool.mlfn]\ninclude = ["plugins/**/*.py"]\n'
    project = new_project({**MODELS, "pyproject.toml": settings, "plugins/a.py": "import tables", "tables.py": ""})
    project.write({"plugins/tests/test_a.py": "import app"})
    function = project.model("ocr:extract")

    plan = plan_image(function, project.graph(function), host_platform(), cache=cache)

    assert paths(plan, "code")[:-1] == ["var/task/ocr.py", "var/task/plugins/a.py", "var/task/tables.py"]


def test_a_model_from_outside_the_project_is_refused(new_project: Callable[..., Project], cache: Path) -> None:
    project = new_project(MODELS)
    function = project.model("mood:sentiment", load="elsewhere:prepare")

    with pytest.raises(BuildError, match="The module 'elsewhere' of model 'sentiment' is not in project/"):
        plan_image(function, project.graph(function), host_platform(), cache=cache)


def test_a_model_whose_code_imports_pydantic_has_it_in_its_image(
    new_project: Callable[..., Project], cache: Path
) -> None:
    code = "from pydantic import BaseModel\n\nclass In(BaseModel):\n    x: int\n\ndef f(body: In) -> int: ...\n"
    project = new_project({"typed.py": code})
    function = project.model("typed:f")

    plan = plan_image(function, project.graph(function), host_platform(), cache=cache)

    requirements = plan.layers[0]
    assert isinstance(requirements, RequirementsLayer)
    assert locked_version(requirements.lock, "pydantic") is not None
    assert locked_version(requirements.lock, "pydantic-core") == own_version("pydantic-core")


def test_another_pydantic_core_in_the_image_leaves_the_contract_to_the_runtime(
    new_project: Callable[..., Project], cache: Path
) -> None:
    project = new_project(MODELS)
    function = project.model("mood:sentiment", requirements=("pydantic==2.9.2",))

    plan = plan_image(function, project.graph(function), host_platform(), cache=cache)

    found = manifest(plan)
    assert found["input"]["core"] is None
    assert found["output"]["core"] is None


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"resources": Resources(memory_mb=1024)}, id="memory"),
        pytest.param({"access": Access(principals=("arn:aws:iam::1:role/x",))}, id="access"),
        pytest.param({"input_schema": '{"type":"string"}'}, id="schema"),
        pytest.param({"requirements": ("six",)}, id="requirements"),
    ],
)
def test_whatever_goes_into_the_image_changes_its_version(
    new_project: Callable[..., Project], cache: Path, change: dict[str, object]
) -> None:
    project = new_project(MODELS)
    before, after = project.model("mood:sentiment"), project.model("mood:sentiment", **change)

    versions = {
        plan_image(function, project.graph(function), host_platform(), cache=cache).version
        for function in (before, after)
    }

    assert len(versions) == 2


def test_the_stage_is_not_part_of_the_image(new_project: Callable[..., Project], cache: Path) -> None:
    project = new_project(MODELS)
    function = project.model("mood:sentiment")
    graph = project.graph(function)

    plans = [plan_image(function, each, host_platform(), cache=cache) for each in (graph, replace(graph, stage="prod"))]

    assert plans[0].digest == plans[1].digest


def test_no_path_of_the_host_is_in_a_plan(new_project: Callable[..., Project], cache: Path) -> None:
    project = new_project(MODELS)
    function = project.model("mood:sentiment")

    plan = plan_image(function, project.graph(function), host_platform(), cache=cache)

    for layer in plan.layers:
        for file in layer.files if isinstance(layer, FilesLayer) else ():
            content = file.source if isinstance(file.source, bytes) else file.source.read_bytes()
            assert str(project.root).encode() not in content, file.path


def test_the_manifest_is_as_agreed(new_project: Callable[..., Project], cache: Path) -> None:
    project = new_project(MODELS)
    function = project.model("mood:sentiment")

    plan = plan_image(function, project.graph(function), host_platform(), cache=cache)

    contract = {"pydantic_core": own_version("pydantic-core"), "schema_digest": hashlib.sha256(OBJECT).hexdigest()}
    assert manifest(plan) == {
        "manifest": 1,
        "kind": "model",
        "app": "reviews",
        "name": "sentiment",
        "id": "reviews.sentiment",
        "version": plan.version,
        "artifact": plan.digest,
        "entrypoint": "mood:sentiment",
        "load": None,
        "parameters": ["text"],
        "audit": {"mode": "standard"},
        "timeout_s": 30,
        "memory_mb": 512,
        "input": {"core": {"type": "str", "strict": True}, **contract},
        "output": {"core": {"type": "float", "strict": True, "allow_inf_nan": False}, **contract},
        "allow": [],
    }


def test_scipys_slow_modules_are_imported_on_their_first_use_unless_the_project_says_no(
    new_project: Callable[..., Project], cache: Path
) -> None:
    project = new_project(MODELS)
    function = project.model("mood:sentiment", requirements=("scipy",))

    late = manifest(plan_image(function, project.graph(function), host_platform(), cache=cache))
    project.write({"pyproject.toml": "[tool.mlfn]\nlazy-imports = false\n"})
    at_once = manifest(plan_image(function, project.graph(function), host_platform(), cache=cache))

    assert late["lazy"]["scipy.stats"] == ["gmean", "rankdata", "spearmanr"]
    assert late["lazy"]["numpy.testing"] == [], "numpy comes with it"
    assert "lazy" not in at_once
