"""The image of the platform's own functions, planned."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlfn.errors import DependencyError
from mlfn_engine.dependencies.requirements import locked_version, own_version
from mlfn_engine.images.values import FilesLayer, RequirementsLayer
from mlfn_engine.platform_image import NEEDS, plan_platform_image
from mlfn_engine.platforms import host_platform


def test_it_holds_our_packages_and_the_libraries_that_mlfn_runs_with() -> None:
    plan = plan_platform_image(host_platform())

    requirements, runtime, code = plan.layers
    assert isinstance(requirements, RequirementsLayer)
    assert isinstance(runtime, FilesLayer)
    assert isinstance(code, FilesLayer)
    assert {name: locked_version(requirements.lock, name) for name in NEEDS} == {
        name: own_version(name) for name in NEEDS
    }
    paths = {file.path for file in runtime.files}
    assert {"opt/mlfn/mlfn/runtime/plain.py", "opt/mlfn/mlfn_audit/platform/writer.py"} <= paths
    (manifest,) = code.files
    assert isinstance(manifest.source, bytes)
    assert json.loads(manifest.source)["kind"] == "platform"
    assert plan_platform_image(host_platform()) == plan


def test_a_machine_without_an_index_is_told_so_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")

    with pytest.raises(DependencyError) as caught:
        plan_platform_image(host_platform(), cache=tmp_path / "cache")

    assert "The package index cannot be reached" in caught.value.message
    assert "\n" not in caught.value.message
