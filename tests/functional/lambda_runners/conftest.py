"""Lambda in process, under every runner that this machine has."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.lambda_lab import Run, Scenario, run

from mlfn_localstack.services.lambda_.execution.runner import RunnerUnavailableError
from mlfn_localstack.services.lambda_.execution.runners import AUTO, CHOICES, choose

__all__ = ["run"]


def available(name: str, state_dir: Path) -> str:
    """The runner's name; skips where it does not work, but in CI, which has installed what it takes."""
    try:
        choose(name, state_dir)
    except RunnerUnavailableError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    return name


@pytest.fixture(params=[name for name in CHOICES if name != AUTO])
def runner(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Each runner by name."""
    return available(str(request.param), tmp_path / "probe")


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
