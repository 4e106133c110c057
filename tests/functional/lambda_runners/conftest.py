"""Lambda in process, under every runner that this machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.lambda_lab import Run, Scenario, run

from mlfn_localstack.services.lambda_.execution.runner import RunnerUnavailableError
from mlfn_localstack.services.lambda_.execution.runners import AUTO, CHOICES, choose

__all__ = ["run"]


STORAGE = '[storage]\ndriver = "overlay"\ngraphroot = "{root}/graph"\nrunroot = "{root}/run"\n'
SHIM = '#!/bin/sh\nexec podman "$@"\n'
"""podman under docker's name, as Debian's podman-docker has it: their command lines are the same."""


@pytest.fixture(scope="session")
def engines() -> Iterator[dict[str, str]]:
    """Variables under which podman has a store of its own, and `docker` is podman where Docker does not run.

    Its path is short: the names of podman's sockets have room for 108 bytes, and in pytest's directories of parallel
    workers containers hang for want of it.
    """
    root = Path(tempfile.mkdtemp(prefix="mlfn-"))
    (root / "storage.conf").write_text(STORAGE.format(root=root))
    (root / "bin").mkdir()
    if not shutil.which("docker") or subprocess.run(["docker", "info"], check=False, capture_output=True).returncode:
        (root / "bin/docker").write_text(SHIM)
        (root / "bin/docker").chmod(0o755)
    variables = {"CONTAINERS_STORAGE_CONF": f"{root}/storage.conf", "PATH": f"{root}/bin:{os.environ['PATH']}"}
    yield variables
    if shutil.which("podman"):
        environment = {**os.environ, **variables}
        subprocess.run(["podman", "system", "reset", "--force"], env=environment, check=True, capture_output=True)
    shutil.rmtree(root, ignore_errors=True)


def available(name: str, state_dir: Path) -> str:
    """The runner's name; skips where it does not work, but in CI, which has installed what it takes."""
    try:
        choose(name, state_dir)
    except RunnerUnavailableError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    return name


@pytest.fixture(params=[name for name in CHOICES if name not in {AUTO, "docker"}])
def runner(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Each runner by name; docker, told the same as podman, has a few tests of its own."""
    return prepared(str(request.param), request, tmp_path)


@pytest.fixture(params=["podman", "docker"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Each runner that has containers; docker is podman where Docker does not run."""
    return prepared(str(request.param), request, tmp_path)


@pytest.fixture
def podman(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The runner `podman`."""
    return prepared("podman", request, tmp_path)


def prepared(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The runner's name, its engine's store a test's own."""
    if name in {"podman", "docker"}:
        monkeypatch = request.getfixturevalue("monkeypatch")
        for variable, value in request.getfixturevalue("engines").items():
            monkeypatch.setenv(variable, value)
    return available(name, tmp_path / "probe")


@pytest.fixture
def bwrap(tmp_path: Path) -> str:
    """The runner `bwrap`."""
    return available("bwrap", tmp_path / "probe")


@pytest.fixture
def under(run: Run, runner: str) -> Callable[[Scenario], Any]:
    """Run a scenario under each runner."""

    def run_under(scenario: Scenario, **options: str) -> Any:
        return run(scenario, lambda_runner=runner, **options)

    return run_under


@pytest.fixture
def sealed(run: Run, bwrap: str) -> Callable[[Scenario], Any]:
    """Run a scenario where functions have a root of their own."""

    def run_sealed(scenario: Scenario, **options: str) -> Any:
        return run(scenario, lambda_runner=bwrap, **options)

    return run_sealed
