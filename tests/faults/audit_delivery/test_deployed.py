"""R7 at a fortieth, R11 and R12 at some twentieth, R2 on one emulator: starts, deploys and retries take their time."""

from __future__ import annotations

import os
from pathlib import Path
from random import SystemRandom

import pytest
from tests.faults.audit_delivery.endings import bad_endings
from tests.faults.audit_delivery.hosted import emulator_killed
from tests.faults.audit_delivery.lineage import pipelines_traced
from tests.faults.audit_delivery.row import Row, table
from tests.faults.audit_delivery.versions import deploys_under_load

SEED = int(os.environ.get("MLFN_FAULT_SEED") or SystemRandom().randrange(2**32))

pytestmark = [
    pytest.mark.xdist_group("audit-deployed"),
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),  # a kill in the middle of an answer
]


def test_every_bad_end_of_a_model_has_its_cause_in_the_trail(tmp_path: Path) -> None:
    _judge(bad_endings(tmp_path / "app", calls=5, seed=SEED))


def test_a_record_names_the_version_that_ran_whatever_is_deployed_meanwhile(tmp_path: Path) -> None:
    _judge(deploys_under_load(tmp_path / "app", calls=300, seed=SEED, least=1))


def test_no_record_is_lost_when_the_emulator_is_killed_with_the_functions_in_it(tmp_path: Path) -> None:
    _judge(emulator_killed(tmp_path / "app", calls=120, mode="standard", kills=2, seed=SEED))


def test_the_trail_of_a_pipelines_run_is_its_graph(tmp_path: Path) -> None:
    _judge(pipelines_traced(tmp_path / "app", runs=20, seed=SEED))


def _judge(row: Row) -> None:
    print(table([row]))  # noqa: T201 - for pytest -s
    assert not row.problems, f"seed {SEED}:\n" + "\n".join(row.problems)
