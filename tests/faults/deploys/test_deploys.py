"""A tenth of `make faults`: five deploys, three of them killed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.faults.deploys.killed import deploys

pytestmark = pytest.mark.xdist_group("life-deploys")
SEED = 20261127


def test_deploys_go_on_after_killed_ones_and_leave_nothing_while_a_client_calls(tmp_path: Path) -> None:
    tally = deploys(tmp_path / "changing", SEED, count=5, kills=3)

    assert tally.problems == []
    assert (tally.deploys, tally.killed) == (5, 3)
    assert min(tally.answers[path] for path in ("direct", "model", "pipeline")) > 0
