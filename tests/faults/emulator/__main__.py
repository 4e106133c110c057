"""`python -m tests.faults.emulator --rounds 200 --requests 10000 --calls 50 [--json]`: the faults in full."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from random import Random, SystemRandom
from typing import Any, TypeVar

from tests.faults.emulator.kill.rounds import KillReport, kill_rounds
from tests.faults.emulator.killable import KillableEmulator
from tests.faults.emulator.malformed.fuzz import Hostilities, fuzz
from tests.faults.emulator.report import fault_table, fuzz_table, kill_table
from tests.faults.emulator.wards import FaultReport, admit, treat

Result = TypeVar("Result")


def main() -> int:
    """Run what is asked for; 1 if anything is not as it must be."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="mlfn-faults-") as folder:
        started = time.monotonic()
        killed = kill_rounds(Path(folder) / "kill", rounds=options.rounds, seed=options.seed)
        fuzzed = _with_emulator(
            Path(folder) / "fuzz", lambda emulator: fuzz(emulator, requests=options.requests, seed=options.seed)
        )
        treated = _with_emulator(Path(folder) / "functions", lambda emulator: _treat(emulator, options))
        took_s = time.monotonic() - started
    problems = [*killed.all_problems(), *fuzzed.problems(), *(text for one in treated for text in one.wrong)]
    if options.json:
        _print(json.dumps(_as_json(killed, fuzzed, treated) | {"took_s": took_s, "problems": problems}, indent=2))
    else:
        _print(kill_table(killed), fuzz_table(fuzzed), fault_table(treated, options.seed))
        _print(f"\n{len(problems)} problems in {took_s:.0f} s", *problems)
    return 1 if problems else 0


def _treat(emulator: KillableEmulator, options: argparse.Namespace) -> list[FaultReport]:
    admit(emulator)
    return treat(emulator, calls=options.calls, rng=Random(options.seed))


def _with_emulator(state_dir: Path, run: Callable[[KillableEmulator], Result]) -> Result:
    emulator = KillableEmulator(state_dir=state_dir)
    emulator.start()
    try:
        return run(emulator)
    finally:
        emulator.kill()


def _as_json(killed: KillReport, fuzzed: Hostilities, treated: list[FaultReport]) -> dict[str, Any]:
    return {
        "seed": killed.seed,
        "rounds": killed.rounds,
        "recovery_s": {"median": killed.recovery_s, "cpu": killed.recovery_cpu_s, "max": max(killed.recoveries_s)},
        "kill": {one.name: asdict(one.tally) for one in killed.scenarios},
        "malformed": [asdict(one) for one in fuzzed.reports],
        "grown_mb": fuzzed.grown_mb,
        "functions": [asdict(one) for one in treated],
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.emulator", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="of kill -9 under load")
    parser.add_argument("--requests", type=int, default=10_000, help="malformed ones")
    parser.add_argument("--calls", type=int, default=50, help="of every function that goes wrong")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(2**32))
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _print(*texts: str) -> None:
    for text in texts:
        sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
