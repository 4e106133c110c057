"""A tenth of `python -m tests.faults.pipelines`: pipelines whose models are killed, throttled, late, or mended."""

from __future__ import annotations

import os
from pathlib import Path
from random import SystemRandom

import pytest
from tests.faults.audit_delivery.row import table
from tests.faults.pipelines.broken import broken_pipelines

SEED = int(os.environ.get("MLFN_FAULT_SEED") or SystemRandom().randrange(2**32))


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("broken-pipelines")
def test_nothing_runs_unrecorded_and_nothing_is_answered_twice(tmp_path: Path) -> None:
    rows = broken_pipelines(tmp_path / "app", runs=3, seed=SEED)

    print(table(rows))  # noqa: T201 - for pytest -s
    problems = [f"{row.id}: {problem}" for row in rows for problem in row.problems]
    assert not problems, f"seed {SEED}:\n" + "\n".join(problems)
