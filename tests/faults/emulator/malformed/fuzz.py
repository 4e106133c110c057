"""Many tampered requests, and what the emulator makes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from tests.faults.emulator.killable import KillableEmulator
from tests.faults.emulator.malformed.mutations import mutate, says_the_same
from tests.faults.emulator.malformed.odd_http import ODD
from tests.faults.emulator.malformed.parameters import SERVICES, Caller
from tests.faults.emulator.malformed.targets import Target, prepare, root_signer, targets
from tests.faults.emulator.malformed.wire import HANG_S, Answer, exchange

_MAX_ODD_BYTES = 20_000
MAX_GROWTH_MB = 30
_UNSUPPORTED = 501


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


@dataclass(slots=True, kw_only=True)
class Hostilities:
    """All kinds of malformed requests, and what they cost the emulator."""

    seed: int
    reports: list[FuzzReport]
    grown_mb: float

    def problems(self) -> list[str]:
        """Everything that is not as it must be."""
        found = [problem for report in self.reports for problem in report.problems]
        if self.grown_mb > MAX_GROWTH_MB:
            found.append(f"The emulator grew by {self.grown_mb:.0f} MB.")
        return found


def fuzz(emulator: KillableEmulator, *, requests: int, seed: int) -> Hostilities:
    """Half of the requests good ones with one byte changed, a fifth odd HTTP, the rest odd parameters."""
    api, rng = prepare(emulator), Random(seed)
    _warm(emulator, api)
    before = emulator.resident_mb()
    reports = fuzz_mutations(emulator, api, requests=requests // 2, rng=rng)
    reports.append(fuzz_oddities(emulator, requests=requests // 5, rng=rng))
    reports += fuzz_parameters(emulator, api, requests=requests - requests // 2 - requests // 5, rng=rng)
    assert emulator.client("sts").get_caller_identity()["Account"]
    return Hostilities(seed=seed, reports=reports, grown_mb=emulator.resident_mb() - before)


def _warm(emulator: KillableEmulator, api: str) -> None:
    """Let the emulator load what it loads once."""
    fuzz_parameters(emulator, api, requests=len(SERVICES), rng=Random(1))


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


def fuzz_oddities(emulator: KillableEmulator, *, requests: int, rng: Random) -> FuzzReport:
    """Requests that no client sends, with up to eight bytes changed; none of them is signed."""
    report = FuzzReport(name="odd HTTP, mutated")
    odd = [raw for raw in ODD.values() if len(raw) < _MAX_ODD_BYTES]
    for _ in range(requests):
        raw = rng.choice(odd)
        for _ in range(rng.randrange(1, 9)):
            raw = mutate(raw, rng).raw or b"\n"
        report.note(exchange(emulator.port, raw), repr(raw[:200]), may_pass=False)
    return report


def fuzz_parameters(emulator: KillableEmulator, api: str, *, requests: int, rng: Random) -> list[FuzzReport]:
    """Well signed calls of every operation of every service, with parameters that nobody should send."""
    return [_fuzz_service(emulator, Caller(service, rng, api), requests // len(SERVICES) + 1) for service in SERVICES]


def _fuzz_service(emulator: KillableEmulator, caller: Caller, requests: int) -> FuzzReport:
    report = FuzzReport(name=f"parameters of {caller.service}")
    signer, operations = root_signer(emulator), caller.operations
    while report.requests < requests and operations:
        operation = caller.rng.choice(operations)
        plain = caller.hostile(operation)
        if plain is None:
            continue
        answer = exchange(emulator.port, signer.signed(plain))
        if answer.status == _UNSUPPORTED:  # said so by name, to who has signed: not an error
            operations.remove(operation)
        else:
            report.note(answer, f"{operation} {plain.target[:200]} {plain.body[:500]!r}", may_pass=True)
    return report
