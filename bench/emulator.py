"""How fast the emulator is, beside MiniStack and moto where they are installed, in one run on one machine.

    python bench/peers.py install      the peers, each in a virtual environment of its own
    python bench/emulator.py [--quick] [--json] [--rounds N] [--seconds N]

The same templates, handlers and signed requests go to each; wrk (or asyncio without it) on loopback; medians of the
rounds, which alternate between the emulators. Ours runs with everything on: signatures, IAM, logs, durability.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from emulators import load, subjects, workload
from emulators.executions import States
from emulators.table import Figures, print_table, print_targets

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulators.subjects import Emulator
    from emulators.workload import Deployed

CLIENTS = (1, 8, 32)
SETTLE_S = 1.0
WARM_S = 1.0
MAX_WARM_SLICES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long to measure."""

    rounds: int
    seconds: float
    executions: int


@dataclass(slots=True, kw_only=True)
class Bench:
    """The emulators under way, and what was measured so far."""

    pace: Pace
    deployed: list[Deployed]
    figures: Figures = field(default_factory=dict)

    def note(self, row: str, name: str, values: list[float]) -> None:
        """Keep the median of a row for one emulator."""
        self.figures.setdefault(row, {})[name] = statistics.median(values)


def main() -> None:
    """Measure and print."""
    options = arguments()
    pace = Pace(rounds=options.rounds, seconds=options.seconds, executions=30)
    if options.quick:
        pace = Pace(rounds=1, seconds=1, executions=10)
    present = [emulator for emulator in (subjects.mlfn(), subjects.ministack(), subjects.moto()) if installed(emulator)]
    with tempfile.TemporaryDirectory(prefix="mlfn-bench-") as directory, ExitStack() as stack:
        bench = Bench(pace=pace, deployed=[])
        for emulator in present:
            measure_start(bench, emulator, Path(directory))
        durable = [*present, subjects.mlfn("FULL")]
        for emulator in durable:
            running = subjects.start(emulator, Path(directory) / emulator.name.replace(" ", "-"))
            stack.callback(running.stop)
            bench.deployed.append(workload.deploy(running))
        measure(bench)
    report(bench, as_json=options.json)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0)
    return parser.parse_args()


def installed(emulator: Emulator) -> bool:
    """Whether it can be measured; says so if not."""
    if not emulator.installed():
        print(f"{emulator.name} is not installed: python bench/peers.py install")
    return emulator.installed()


def measure_start(bench: Bench, emulator: Emulator, directory: Path) -> None:
    """Start to first answer and to a first call's, and what it holds when idle."""
    starts, calls, sizes = [], [], []
    for number in range(bench.pace.rounds + 2):
        running = subjects.start(emulator, directory / f"{emulator.name}-start-{number}")
        starts.append(running.start_s)
        if number == 0:
            time.sleep(SETTLE_S)
            sizes.append(running.resident_mb())
        else:
            calls.append(workload.first_call_s(running))
        running.stop()
    bench.note("start", emulator.name, starts)
    bench.note("first call", emulator.name, calls)
    bench.note("idle", emulator.name, sizes)


def measure(bench: Bench) -> None:
    """Everything that needs something deployed."""
    runs_functions = [each for each in bench.deployed if each.api_id and each.running.emulator.name != "mlfn FULL"]
    for row in ("silent", "printing"):
        measure_load(bench, f"{row}", runs_functions, lambda each, row=row: workload.invocations(each, row))  # type: ignore[misc] # mypy cannot infer a lambda with a default
    measure_load(bench, "api", runs_functions, workload.api_requests)
    measure_load(bench, "put", bench.deployed, workload.puts)
    measure_executions(bench)


def measure_load(bench: Bench, row: str, deployed: list[Deployed], make: Callable[[Deployed], list[bytes]]) -> None:
    """Requests per second at each number of clients; p50 and p99 at one."""
    for clients in CLIENTS:
        rates: dict[str, list[load.Rate]] = {each.running.emulator.name: [] for each in deployed}
        for each in deployed:
            warm(each, make, clients)
        for _ in range(bench.pace.rounds):
            for each in deployed:
                rate = load.run(each.running.port, make(each), clients=clients, seconds=bench.pace.seconds)
                rates[each.running.emulator.name].append(rate)
        for name, found in rates.items():
            bench.note(f"{row} {clients}", name, [rate.per_s for rate in found])
            bench.note(f"{row} {clients} failed", name, [float(rate.failed) for rate in found])
            bench.note(f"{row} {clients} p50", name, [rate.p50_ms for rate in found])
            bench.note(f"{row} {clients} p99", name, [rate.p99_ms for rate in found])


def warm(each: Deployed, make: Callable[[Deployed], list[bytes]], clients: int) -> None:
    """Load it until it gets no faster: cold starts are not what is measured here."""
    before = 0.0
    for _ in range(MAX_WARM_SLICES):
        rate = load.run(each.running.port, make(each), clients=clients, seconds=WARM_S).per_s
        if before and rate < before * 1.15:
            return
        before = rate


def measure_executions(bench: Bench) -> None:
    """State machines, from start to success."""
    for each in bench.deployed:
        name = each.running.emulator.name
        if name == "mlfn FULL":
            continue
        states = States(each.running)
        for machine, arn in each.machines.items():
            try:
                states.durations_ms(arn, rounds=2)
                bench.note(machine, name, states.durations_ms(arn, rounds=bench.pace.executions))
            except RuntimeError as error:
                print(f"{name}: {error}")
        states.close()


def report(bench: Bench, *, as_json: bool) -> None:
    """Print what was found."""
    if as_json:
        print(json.dumps({"loader": load.loader(), "figures": bench.figures}, indent=2))
        return
    print(f"load by {load.loader()}, {bench.pace.rounds} × {bench.pace.seconds:g} s, medians")
    print_table(bench.figures)
    print_targets(bench.figures)


if __name__ == "__main__":
    main()
