"""The bound that every refusal is held to: it sees work, in the function and in what it started."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from tests.fixtures import effort
from tests.fixtures.effort import bounded

BUSY = "import time\nwhile time.process_time() < 0.4: pass\nprint()\ninput()"


def test_work_beyond_the_limit_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effort, "LIMIT_S", 0.2)
    environ = {**os.environ, "AWS_LAMBDA_FUNCTION_NAME": "busy-dev-bee"}

    with pytest.raises(AssertionError, match="processor time"), bounded(os.getppid(), "busy-dev-bee"):
        bee = subprocess.Popen([sys.executable, "-c", BUSY], env=environ, stdin=-1, stdout=-1)
        assert bee.stdout is not None
        bee.stdout.readline()
    bee.communicate(b"\n")


def test_waiting_costs_nothing() -> None:
    with bounded(os.getppid(), "nobody"):
        pass
