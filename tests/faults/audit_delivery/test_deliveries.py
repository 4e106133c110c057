"""R5 at a hundredth of its records; `python -m tests.faults.audit_delivery --row R5` delivers all of them."""

from __future__ import annotations

import gc
import json
import os
from pathlib import Path
from random import SystemRandom

import pytest
from tests.faults.audit_delivery.deliveries import chain, deliver_often
from tests.faults.audit_delivery.row import table

from mlfn.audit.codec import is_sealed

SEED = int(os.environ.get("MLFN_FAULT_SEED") or SystemRandom().randrange(2**32))


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # a function's own sink ends with its process
def test_records_delivered_often_and_in_disorder_are_there_once(tmp_path: Path) -> None:
    row = deliver_often(tmp_path / "table", records=1_000, seed=SEED)
    gc.collect()  # what is left warns here, not in another test

    print(table([row]))  # noqa: T201 - for pytest -s
    assert not row.problems, f"seed {SEED}:\n" + "\n".join(row.problems)


def test_what_is_delivered_are_records_as_the_product_writes_them() -> None:
    wires = [json.loads(text) for text in chain(3)]

    assert all(map(is_sealed, wires))
    assert [wire.get("p") for wire in wires[1:]] == [wire["h"] for wire in wires[:-1]]
