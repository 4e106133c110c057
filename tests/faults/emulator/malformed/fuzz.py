"""Many tampered requests, and what the emulator makes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from tests.faults.emulator.killable import KillableEmulator
from tests.faults.emulator.malformed.mutations import mutate, says_the_same
from tests.faults.emulator.malformed.targets import Target, targets
from tests.faults.emulator.malformed.wire import HANG_S, Answer, exchange


@dataclass(slots=True, kw_only=True)
class FuzzReport:
    """How one kind of request fared."""

    name: str
    requests: int = 0
    refused: int = 0
    closed: int = 0
    """Closed without an answer: what came was no whole request."""
    harmless: int = 0
    """Answered, and rightly: nothing that counts was changed."""
    slowest_s: float = 0.0
    problems: list[str] = field(default_factory=list)

    def note(self, answer: Answer, what: str, *, may_pass: bool) -> None:
        """Judge one answer."""
        self.requests += 1
        self.slowest_s = max(self.slowest_s, answer.elapsed_s)
        status = answer.status
        if answer.hung or answer.elapsed_s > HANG_S:
            self.problems.append(f"{what}: no end after {answer.elapsed_s:.1f} s")
        if status is None:
            self.closed += 1
        elif status >= 500:
            self.problems.append(f"{what}: {status} {answer.body[:200]!r}")
        elif status >= 400:
            self.refused += 1
        elif may_pass:
            self.harmless += 1
        else:
            self.problems.append(f"{what}: accepted with {status}: {answer.body[:100]!r}")


def fuzz_mutations(emulator: KillableEmulator, api: str, *, requests: int, rng: Random) -> list[FuzzReport]:
    """One-byte mutations of a good request of each protocol, in equal parts."""
    names = [target.protocol for target in targets(emulator, api)]
    reports = {name: FuzzReport(name=f"one byte of {name}") for name in names}
    for start in range(0, requests, 100 * len(names)):
        count = min(100, (requests - start) // len(names) or 1)
        for target in targets(emulator, api):  # signed again: signatures are good for five minutes
            _fuzz(emulator.port, target, reports[target.protocol], count, rng)
    return list(reports.values())


def _fuzz(port: int, target: Target, report: FuzzReport, count: int, rng: Random) -> None:
    assert exchange(port, target.raw).status == 200, target
    for _ in range(count):
        mutation = mutate(target.raw, rng)
        answer = exchange(port, mutation.raw)
        same = says_the_same(target.raw, mutation.raw) or _reads_otherwise(target, mutation.raw)
        report.note(answer, f"{target.protocol}: {mutation.text}", may_pass=same)


def _reads_otherwise(target: Target, raw: bytes) -> bool:
    """The registry's password covers no more than itself: who has it may ask for something else."""
    line = next((line for line in target.raw.split(b"\r\n") if line.startswith(b"Authorization: ")), b"")
    return target.protocol == "registry" and line in raw
