"""The tamper matrix (R10): how many trials of each kind were found, and how many clean trails were not believed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.faults.audit_chain.log import SIGNER, Log, make_log
from tests.faults.audit_chain.provers import PROVERS, honest
from tests.faults.audit_chain.tampering import ATTACKS

from mlfn_audit.checkpoint import Checkpoint
from mlfn_audit.proving import check
from mlfn_audit.verifying.report import Report
from mlfn_audit.verifying.sources import verify_file
from mlfn_audit.verifying.trail import Trail


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the matrix."""

    kind: str
    trials: int
    found: int


def verdict(log: Log, known: Checkpoint | None = None) -> Report:
    """What an auditor with the public key, and the last checkpoint he has seen, says."""
    return verify_file(log.lines(), Trail(SIGNER.public_key, now=log.now, known=known))


def sealed_log(rng: Random) -> Log:
    """A clean trail with enough sealed to attack."""
    while True:
        log = make_log(rng, tail=rng.random() < 0.7)
        if len(log.sealed) > 2 and len({wire["w"] for wire in log.sealed_records()}) > 2:
            return log


def attacked(kind: str, seed: str) -> Report:
    """The verdict after one attack; the auditor has seen the last checkpoint before."""
    rng = Random(f"{seed}/{kind}")
    log = sealed_log(rng)
    known = log.opened[-1].checkpoint
    ATTACKS[kind](log, rng)
    return verdict(log, known)


def believed(kind: str, seed: str) -> bool:
    """Whether a malicious prover's proof passes."""
    rng = Random(f"{seed}/{kind}")
    log = sealed_log(rng)
    proof = honest(log, rng)
    check(proof, SIGNER.public_key)
    try:
        check(PROVERS[kind](log, proof, rng), SIGNER.public_key)
    except ValueError:
        return False
    return True


def clean(seed: str) -> bool:
    """Whether a clean trail is believed."""
    log = make_log(Random(seed), tail=not seed.endswith("5"))
    return verdict(log, log.opened[-1].checkpoint if log.sealed else None).is_clean


def tampering(trials: int, seed: str) -> list[Row]:
    """Each attack `trials` times."""
    return [
        Row(
            kind=kind, trials=trials, found=sum(not attacked(kind, f"{seed}/{each}").is_clean for each in range(trials))
        )
        for kind in ATTACKS
    ]


def proving(trials: int, seed: str) -> list[Row]:
    """Each malicious prover `trials` times."""
    return [
        Row(kind=kind, trials=trials, found=sum(not believed(kind, f"{seed}/{each}") for each in range(trials)))
        for kind in PROVERS
    ]


def false_alarms(logs: int, seed: str) -> int:
    """How many of so many clean trails are reported."""
    return sum(not clean(f"{seed}/{each}") for each in range(logs))
