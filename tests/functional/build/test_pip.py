"""Requirements without uv: pip gives the same packages for the same platform."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlfn.errors import BuildError, DependencyError
from mlfn_engine.builders.layer_cache import LayerCache
from mlfn_engine.dependencies.requirements import lock, locked_packages
from mlfn_engine.images.values import Platform, RequirementsLayer
from mlfn_engine.platforms import host_platform, lambda_platform
from mlfn_engine.reporting import SilentReporter
from mlfn_engine.values import Architecture

if TYPE_CHECKING:
    from pathlib import Path

LAMBDA_ARM = lambda_platform(Architecture.ARM64, "3.13")
LINES = ("markupsafe==3.0.2", 'six==1.16.0; python_version >= "3.13" and platform_machine == "aarch64"')


@pytest.fixture
def without_uv(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """uv is hidden."""
    monkeypatch.setitem(sys.modules, "uv", None)
    return monkeypatch


def layer_digest(text: str, platform: Platform, cache: Path) -> str:
    """What the locked requirements come to, as a layer."""
    layer = RequirementsLayer(name="requirements", lock=text, prefix="opt/python")
    return LayerCache(cache).layer(layer, platform, "score", SilentReporter()).digest


def test_pip_locks_and_installs_for_another_machine_and_python_what_uv_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_uv = lock(LINES, LAMBDA_ARM, tmp_path, cache=tmp_path / "uv")
    installed_by_uv = layer_digest(by_uv, LAMBDA_ARM, tmp_path / "uv")
    monkeypatch.setitem(sys.modules, "uv", None)

    by_pip = lock(LINES, LAMBDA_ARM, tmp_path, cache=tmp_path / "pip")

    assert dict(locked_packages(by_pip)) == dict(locked_packages(by_uv))
    assert "six" in dict(locked_packages(by_pip)), "conditions are the target's, not this machine's"
    assert all(line in by_uv for line in by_pip.splitlines() if "--hash" in line), "the same files"
    assert layer_digest(by_pip, LAMBDA_ARM, tmp_path / "pip") == installed_by_uv


@pytest.mark.usefixtures("without_uv")
def test_pip_locks_for_this_machine(tmp_path: Path) -> None:
    text = lock(("six",), host_platform(), tmp_path, cache=tmp_path)

    assert {"six", "pydantic-core"} <= dict(locked_packages(text)).keys()
    assert text.count("--hash=sha256:") == len(locked_packages(text))


@pytest.mark.usefixtures("without_uv")
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("sgmllib3k==1.0.0", "no wheel of sgmllib3k==1.0.0 for Lambda"),
        ("markup safe", "is not a requirement"),
        ("six==1.16.0\nsix==1.15.0", "contradict each other: six==1.1"),
    ],
)
def test_what_pip_refuses_is_a_sentence(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(DependencyError, match=told):
        lock(tuple(line.split("\n")), LAMBDA_ARM, tmp_path, cache=tmp_path)


@pytest.mark.usefixtures("without_uv")
def test_a_file_that_is_not_the_locked_one_is_refused_by_pip_too(tmp_path: Path) -> None:
    text = "six==1.16.0 \\\n    --hash=sha256:" + "0" * 64 + "\n"

    with pytest.raises(DependencyError, match=r"served for six.* is not the one that was locked"):
        layer_digest(text, LAMBDA_ARM, tmp_path)


@pytest.mark.usefixtures("without_uv")
def test_what_only_uv_can_do_is_told(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.mlfn]\nallow-sdist = ["sgmllib3k"]\n[tool.uv]\noverride-dependencies = ["six==1.16.0"]\n'
    )

    with pytest.raises(BuildError, match=r"knows no \[tool.uv\] override-dependencies, no allow-sdist for AWS"):
        lock((), LAMBDA_ARM, tmp_path, cache=tmp_path)


def test_without_uv_and_pip_the_next_step_is_told(without_uv: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = importlib.util.find_spec
    without_uv.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "pip" else found(name, *rest))

    with pytest.raises(BuildError, match="Neither uv nor pip"):
        lock((), replace(LAMBDA_ARM, python="3.12"), tmp_path, cache=tmp_path)
