"""Whatever the emulator acknowledged is there after it was killed under load."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from random import SystemRandom

import pytest
from tests.faults.emulator.kill.rounds import kill_rounds
from tests.faults.emulator.report import kill_table

ROUNDS = int(os.environ.get("MLFN_FAULT_ROUNDS", "200")) // 10
RECOVERY_CPU_S = 1.5
"""Of processor time: 0.4 on an idle machine, 0.8 beside other tests, where the clock shows several times as much."""


@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # a kill in the middle of an answer leaves some
def test_nothing_acknowledged_is_lost_when_the_emulator_is_killed(tmp_path: Path) -> None:
    seed = int(os.environ.get("MLFN_FAULT_SEED") or SystemRandom().randrange(2**32))

    report = kill_rounds(tmp_path / "state", rounds=ROUNDS, seed=seed)
    gc.collect()  # the sockets that are left warn here, not in another test

    print(kill_table(report))  # noqa: T201 - for pytest -s
    assert not report.all_problems(), f"seed {seed}:\n" + "\n".join(report.all_problems())
    assert all(scenario.tally.acknowledged for scenario in report.scenarios)
    assert report.recovery_cpu_s <= RECOVERY_CPU_S
