"""`mlfn.lock`: what pins a project, and what breaks when it is not pinned."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from tests.functional.build.base_layouts import FILES, base_blobs, layer, small_base
from tests.functional.build.test_base_images import registry, serve  # noqa: F401  a fixture

from mlfn.errors import BuildError, DependencyError
from mlfn_engine.base_images.choice import chosen_base
from mlfn_engine.dependencies.lock_file import read_pins
from mlfn_engine.images.values import RequirementsLayer
from mlfn_engine.locking import lock_project
from mlfn_engine.plan_image import plan_image
from mlfn_engine.platforms import based_platform
from mlfn_engine.reporting import SilentReporter
from mlfn_engine.values import Architecture

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.functional.build.conftest import Project
    from tests.functional.build.faulty_registry import FaultyRegistry

MODEL = {"mood.py": "def sentiment(text: str) -> float:\n    return 1.0\n"}


def settings(base: str) -> dict[str, str]:
    """A project that names a base."""
    return {**MODEL, "pyproject.toml": f'[tool.mlfn]\nbase = "{base}"\n'}


def test_a_lock_pins_the_base_by_digest_and_the_requirements_by_hash(
    new_project: Callable[..., Project], cache: Path
) -> None:
    project = new_project(settings("oci:base"))
    small_base(project.root / "base")
    function = project.model("mood:sentiment", requirements=("six",))

    locked = lock_project(project.graph(function), SilentReporter(), cache=cache)

    document = json.loads((project.root / "mlfn.lock").read_text())
    assert document["bases"]["x86_64"]["digest"] == dict(locked.bases)[Architecture.X86_64].digest
    (entry,) = document["requirements"].values()
    assert entry["for"] == "lambda/x86_64/python3.11/glibc2.36: six"
    assert any(line.startswith("six==") for line in entry["lock"])


def test_a_locked_project_is_planned_without_registry_index_or_cache(
    new_project: Callable[..., Project], cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = new_project(settings("oci:base"))
    small_base(project.root / "base")
    function = project.model("mood:sentiment", requirements=("six",))
    graph = project.graph(function)
    lock_project(graph, SilentReporter(), cache=cache)
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_NO_CACHE", "1")

    base = chosen_base(project.root, Architecture.X86_64, tmp_path / "empty", SilentReporter())

    assert base is not None
    platform = based_platform(base, Architecture.X86_64)
    made = plan_image(function, graph, platform, base=base, cache=tmp_path / "empty")
    (requirements,) = [each for each in made.layers if isinstance(each, RequirementsLayer)]
    assert requirements.lock in read_pins(project.root).requirements.values()
    assert made.command[0] == "/usr/bin/python3.11"
    with pytest.raises(DependencyError):
        plan_image(project.model("mood:sentiment", requirements=("idna",)), graph, platform, cache=tmp_path / "empty")


def test_the_base_is_part_of_a_models_version(new_project: Callable[..., Project], cache: Path) -> None:
    project = new_project(settings("oci:base"))
    function = project.model("mood:sentiment")
    versions = set()
    for content in (b"one", b"two"):
        shutil.rmtree(project.root / "base", ignore_errors=True)
        small_base(project.root / "base", {**FILES, "etc/motd": content})
        base = chosen_base(project.root, Architecture.X86_64, cache, SilentReporter())
        assert base is not None
        platform = based_platform(base, Architecture.X86_64)
        versions.add(plan_image(function, project.graph(function), platform, base=base, cache=cache).version)

    assert len(versions) == 2


def test_a_tag_must_be_locked(new_project: Callable[..., Project], cache: Path, registry: FaultyRegistry) -> None:  # noqa: F811
    reference = serve(registry)
    project = new_project(settings(reference))
    function = project.model("mood:sentiment")

    with pytest.raises(BuildError, match="named by a tag and is not locked"):
        chosen_base(project.root, Architecture.X86_64, cache, SilentReporter())
    lock_project(project.graph(function), SilentReporter(), cache=cache)

    assert chosen_base(project.root, Architecture.X86_64, cache, SilentReporter()) is not None


def test_what_is_locked_stays_until_an_upgrade(
    new_project: Callable[..., Project],
    cache: Path,
    registry: FaultyRegistry,  # noqa: F811
) -> None:
    project = new_project(settings(serve(registry)))
    graph = project.graph(project.model("mood:sentiment"))

    def locked(*, upgrade: bool) -> str:
        return dict(lock_project(graph, SilentReporter(), upgrade=upgrade, cache=cache).bases)[
            Architecture.X86_64
        ].digest

    first = locked(upgrade=False)
    newer = base_blobs(layer({**FILES, "etc/motd": b"newer"}))
    registry.blobs.update(newer)
    registry.tags["v1"] = newer[-1][1]

    assert locked(upgrade=False) == first
    assert locked(upgrade=True) == newer[-1][0]


def test_a_damaged_lock_file_is_a_sentence(new_project: Callable[..., Project]) -> None:
    project = new_project({**MODEL, "mlfn.lock": '{"mlfn-lock": 2}'})

    with pytest.raises(BuildError, match=r"mlfn\.lock cannot be read as a lock file: format 2"):
        read_pins(project.root)
