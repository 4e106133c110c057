"""A tenth of `make faults`: one scenario, each function killed at each boundary of its steps."""

from __future__ import annotations

import pytest
from tests.faults.audit_platform.crashes import STEPS, kill_everywhere

SEED = 20261126


@pytest.mark.parametrize("function", STEPS)
def test_a_function_killed_at_any_step_loses_nothing_and_the_trail_verifies(function: str) -> None:
    killed = kill_everywhere(function, SEED, calls=12)

    assert killed.points > 20
    assert killed.problems == ()
