"""R1, R2 and R3 at a tenth of their calls; `python -m tests.faults.audit_delivery` makes all of them."""

from __future__ import annotations

import os
from pathlib import Path
from random import SystemRandom

import pytest
from tests.faults.audit_delivery.row import Row, table
from tests.faults.audit_delivery.storm_rows import MODES, table_away, table_killed, workers_killed

SEED = int(os.environ.get("MLFN_FAULT_SEED") or SystemRandom().randrange(2**32))
OUTAGE_S = 2.5
"""Longer than a strict call waits for the table, so that some are refused."""

pytestmark = [
    pytest.mark.xdist_group("audit-storms"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),  # a kill in the middle of an answer
]


@pytest.mark.parametrize("mode", MODES)
def test_no_record_is_lost_when_workers_are_killed_and_the_table_fails(tmp_path: Path, mode: str) -> None:
    _judge(workers_killed(tmp_path / "storm", calls=200, mode=mode, seed=SEED))


@pytest.mark.parametrize("mode", MODES)
def test_no_record_is_lost_when_the_table_is_killed_too(tmp_path: Path, mode: str) -> None:
    _judge(table_killed(tmp_path / "storm", calls=200, mode=mode, seed=SEED))


@pytest.mark.parametrize("mode", MODES)
def test_an_outage_of_the_table_costs_strict_calls_but_no_record(tmp_path: Path, mode: str) -> None:
    _judge(table_away(tmp_path / "storm", calls=120, mode=mode, seed=SEED, outage_s=OUTAGE_S))


def _judge(row: Row) -> None:
    print(table([row]))  # noqa: T201 - for pytest -s
    assert not row.problems, f"seed {SEED}:\n" + "\n".join(row.problems)
