"""Whatever the emulator acknowledged is there after it was killed under load."""

from __future__ import annotations

import os
from pathlib import Path
from random import SystemRandom

import pytest
from tests.faults.emulator.kill.rounds import kill_rounds
from tests.faults.emulator.report import kill_table

ROUNDS = int(os.environ.get("MLFN_FAULT_ROUNDS", "200")) // 10


@pytest.mark.timeout(300)
def test_nothing_acknowledged_is_lost_when_the_emulator_is_killed(tmp_path: Path) -> None:
    seed = int(os.environ.get("MLFN_FAULT_SEED") or SystemRandom().randrange(2**32))

    report = kill_rounds(tmp_path / "state", rounds=ROUNDS, seed=seed)

    print(kill_table(report))  # noqa: T201 - for pytest -s
    assert not report.all_problems(), f"seed {seed}:\n" + "\n".join(report.all_problems())
    assert all(scenario.tally.acknowledged for scenario in report.scenarios)
    assert report.recovery_s <= 1
