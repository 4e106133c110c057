"""`mlfn audit --follow`, as a process that is interrupted in the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from tests.fixtures.audit_calls import Calls
from tests.functional.audit_command.conftest import Stage


@pytest.fixture
def stage(stages: Callable[[str], Stage]) -> Stage:
    return stages("followed")


@pytest.fixture
def following(stage: Stage) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "mlfn_cli", "--target", "aws", "--stage", stage.name]
    process = subprocess.Popen(
        [*command, "audit", "shop.mood", "--follow", "--json"],
        cwd=stage.folder,
        env={**os.environ, **stage.environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def test_calls_are_told_as_they_come_until_interrupted(stage: Stage, following: subprocess.Popen[str]) -> None:
    assert following.stdout is not None
    calls = Calls(start=datetime.now(UTC))
    for number in range(2):
        calls.add(number)
        stage.put(calls)

        told = json.loads(following.stdout.readline())

        assert (told["invocation"][:8], told["status"]) == (f"{number:08x}", "ok")

    following.send_signal(signal.SIGINT)
    assert following.wait(60) == 130
