"""How many records `mlfn audit verify` checks in a second on one core: an exported trail, from the file to the verdict.

python bench/audit_verify.py [records]
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mlfn.audit import codec
from mlfn_audit.sealing import Fact, Head, State, seal, select
from mlfn_audit.signing import FileSigner
from mlfn_audit.verifying.sources import verify_file
from mlfn_audit.verifying.trail import Trail

RUNS = 5
WRITERS = 200
WINDOWS = 24
TARGET = 50_000
START = datetime(2026, 11, 23, tzinfo=UTC)
GOLDEN = Path(__file__).parents[1] / "tests/golden/audit/completed.json"


def main() -> None:
    """Print the rate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", type=int, nargs="?", default=100_000)
    count = parser.parse_args().records
    signer = FileSigner(name="bench.example.1", key=Ed25519PrivateKey.generate())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trail.jsonl"
        size = write_trail(path, count, signer)
        rates = [measured(path, signer) for _ in range(RUNS)]
    print(
        f"Python {platform.python_version()}, {count:,} records of {size / count:,.0f} bytes,",
        f"{WRITERS} chains, {WINDOWS} checkpoints",
    )
    print(f"CPU time: median {median(rates):,.0f} records/s of {RUNS} runs ({min(rates):,.0f} to {max(rates):,.0f})")
    print(f"target {TARGET:,} records/s: {'met' if median(rates) >= TARGET else 'MISSED'}")


def measured(path: Path, signer: FileSigner) -> float:
    """Records verified in a second of CPU time."""
    began = time.process_time()
    with path.open("rb") as lines:
        report = verify_file(lines, Trail(signer.public_key, now=START + timedelta(days=1)))
    spent = time.process_time() - began
    assert report.is_clean, report.findings[:3]
    assert report.sealed == report.checked
    return report.checked / spent


def write_trail(path: Path, count: int, signer: FileSigner) -> int:
    """An exported trail of `count` records in a day, all of them sealed; gives its size."""
    rng = Random(7)  # noqa: S311 - seeded, for the same trail each time
    template = json.loads(GOLDEN.read_text())["record"]
    writers = [codec.base64url(rng.randbytes(12)) for _ in range(WRITERS)]
    heads: dict[str, Head] = {}
    last: dict[str, str] = {}
    checkpoints, records = [], []
    previous = None
    for window in range(WINDOWS):
        facts = []
        for number in range(window * count // WINDOWS, (window + 1) * count // WINDOWS):
            at = START + timedelta(days=1) * (number / count)
            wire = _record(template, writers[number % WRITERS], number // WRITERS, at, rng)
            if (head := last.get(wire["w"])) is not None:
                wire["p"] = head
            records.append(b'{"mlfn_audit":%b}\n' % codec.seal(wire))
            last[wire["w"]] = wire["h"]
            facts.append(_fact(wire))
        selection = select(facts, State(previous=previous, heads=heads), give_up_before="")
        sealed = seal(selection, previous, signer, now=_stamp(START + timedelta(hours=window + 1)))
        previous = sealed.opened(signer.public_key)
        for run in previous.contents.runs:
            heads[run.writer] = heads.get(run.writer, Head()).with_run(run.first, run.last)
        checkpoints.append(json.dumps({"mlfn_checkpoint": sealed.to_json()}).encode() + b"\n")
    path.write_bytes(b"".join(checkpoints + records))
    return sum(map(len, records))


def _record(template: dict[str, object], writer: str, call: int, at: datetime, rng: Random) -> codec.Wire:
    invocation = f"{rng.getrandbits(128):032x}"
    attempt = f"{writer}:{call}"
    return template | {
        "iv": invocation,
        "at": attempt,
        "t0": _stamp(at),
        "t1": _stamp(at + timedelta(milliseconds=2)),
        "w": writer,
        "q": call,
        "id": codec.event_id(invocation, attempt, "completed"),
        "ih": codec.base64url(rng.randbytes(32)),
        "oh": codec.base64url(rng.randbytes(32)),
    }


def _fact(wire: codec.Wire) -> Fact:
    return Fact(
        id=wire["id"],
        writer=wire["w"],
        sequence=wire["q"],
        digest=wire["h"],
        made_at=wire["t1"],
        expires_at=wire["x"],
    )


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


if __name__ == "__main__":
    main()
