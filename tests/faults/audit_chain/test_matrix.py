"""R10 at a tenth of its trials; `python -m tests.faults.audit_chain --full` runs all of them."""

from __future__ import annotations

import os

import pytest
from tests.faults.audit_chain.provers import PROVERS
from tests.faults.audit_chain.tampering import ATTACKS
from tests.faults.audit_chain.trials import attacked, believed, clean

SEED = os.environ.get("MLFN_SEED", "1")
TRIALS = 20
CLEAN = 100


@pytest.mark.parametrize("kind", ATTACKS)
def test_tampering_with_sealed_records_is_found(kind: str) -> None:
    missed = [trial for trial in range(TRIALS) if attacked(kind, f"{SEED}/{trial}").is_clean]

    assert not missed, f"seed {SEED}, trials {missed}"


@pytest.mark.parametrize("kind", PROVERS)
def test_a_malicious_proof_is_not_believed(kind: str) -> None:
    passed = [trial for trial in range(TRIALS) if believed(kind, f"{SEED}/{trial}")]

    assert not passed, f"seed {SEED}, trials {passed}"


def test_clean_trails_raise_no_alarm() -> None:
    alarms = [trial for trial in range(CLEAN) if not clean(f"{SEED}/{trial}")]

    assert not alarms, f"seed {SEED}, trails {alarms}"
