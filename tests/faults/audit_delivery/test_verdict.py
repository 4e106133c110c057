"""The harness finds what it is there to find."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.faults.audit_delivery.ledger import Ledger
from tests.faults.audit_delivery.verdict import judge

from mlfn.audit.codec import digest, seal
from mlfn.runtime.data_key import DataKey

ANSWER = b'{"number":0}'


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """One call that ran and was answered."""
    ledger = Ledger(tmp_path / "ledger")
    ledger.dispatch(0, "call-0")
    (ledger.folder / "ran-1").write_text("0\n")
    ledger.answer(0, "response", ANSWER)
    return ledger


def record(phase: str = "completed", **changes: Any) -> dict[str, Any]:
    wire = {"iv": "call-0", "at": "writer:0", "w": "writer", "ph": phase, "q": 0, "oh": digest(ANSWER), **changes}
    seal(wire)
    return wire


def test_a_call_with_its_record_is_fine(ledger: Ledger) -> None:
    verdict = judge(ledger, [record()], [])

    assert verdict.problems() == []


def test_a_digest_under_the_data_key_is_known(ledger: Ledger) -> None:
    key = b"k" * 32
    under_key = record(oh=DataKey(key).digest(ANSWER))

    assert judge(ledger, [under_key], [], key).problems() == []
    assert judge(ledger, [record()], [], key).problems() == ["answered without its record: call 0"]


@pytest.mark.parametrize(
    ("records", "problem"),
    [
        ([], "ran without a record: call 0"),
        ([record("started")], "answered without its record: call 0"),
        ([record("started")], "without an end: call 0"),
        ([record(oh=digest(b"another"))], "answered without its record: call 0"),
        ([record(), record("abandoned", q=1)], "duplicate: call call-0 has 2 ends"),
        ([record(), record(iv="call-1", q=1)], "strange: nobody made call-1"),
        ([record(q=1)], "chain: writer writer: lacks [0] of 2"),
        ([record("started"), record(q=1)], "chain: writer writer: unlinked at [1]"),
    ],
    ids=["no record", "only started", "no end", "another answer", "two ends", "unknown call", "gap", "unlinked"],
)
def test_what_is_wrong_is_told(ledger: Ledger, records: list[dict[str, Any]], problem: str) -> None:
    assert problem in judge(ledger, records, []).problems()


def test_a_completed_call_that_never_ran_is_told(ledger: Ledger) -> None:
    (ledger.folder / "ran-1").unlink()

    assert "strange: call 0 is completed but never ran" in judge(ledger, [record()], []).problems()
