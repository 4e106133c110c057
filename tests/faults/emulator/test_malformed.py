"""Thousands of requests that are wrong in a place or two."""

from __future__ import annotations

import os
from pathlib import Path
from random import SystemRandom

import pytest
from tests.faults.emulator.killable import KillableEmulator
from tests.faults.emulator.malformed.fuzz import fuzz
from tests.faults.emulator.report import fuzz_table

REQUESTS = int(os.environ.get("MLFN_FAULT_REQUESTS", "10000")) // 10


@pytest.mark.timeout(300)
def test_no_malformed_request_is_accepted_or_brings_the_emulator_down(tmp_path: Path) -> None:
    seed = int(os.environ.get("MLFN_FAULT_SEED") or SystemRandom().randrange(2**32))
    emulator = KillableEmulator(state_dir=tmp_path / "state")
    emulator.start()
    try:
        found = fuzz(emulator, requests=REQUESTS, seed=seed)
    finally:
        emulator.kill()

    print(fuzz_table(found))  # noqa: T201 - for pytest -s
    assert not found.problems(), f"seed {seed}:\n" + "\n".join(found.problems()[:20])
