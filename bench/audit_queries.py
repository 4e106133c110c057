"""What questions cost that are asked of a year of records: `mlfn_audit.query` over the embedded table.

    python bench/audit_queries.py [--records 1000000] [--state DIR] [--samples 40] [--cold]

Loads the year first (some minutes for a million), unless DIR has it from an earlier run. Prints for each kind of
question the time of a page: from the question to the first 50 records, and of each 50 after them. With --cold the
kernel is told before each kind to forget what it has of the state: every page then comes from the disk.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from trail.loading import TABLE, client_of, load
from trail.records import (
    ACCOUNT,
    BURST,
    BUSY,
    DAYS,
    LONG_RUN,
    MODELS,
    POPULAR,
    SEED,
    SPARSE,
    START,
    STEPS,
    Partition,
    Year,
    run_of,
)

from mlfn_audit.directory import partition_items
from mlfn_audit.query import query_records
from mlfn_audit.question import CallsOfCaller, CallsOfExecution, CallsOfModel, CallsOnInput, Period, Question
from mlfn_audit.table import AuditTable
from mlfn_localstack.process import start, stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE = 50
"""Records, as many as `mlfn audit` shows unless it is told otherwise."""
PAGES = 5
PAGE_TARGET_MS, YEAR_TARGET_S = 20.0, 2.0
WHOLE = Period(since=START, until=START + timedelta(days=DAYS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of question: samples of it, each a stream of records."""

    name: str
    ask: Callable[[Random], Iterator[Any]]


def main() -> None:
    """Load, measure, print."""
    options = arguments()
    with ExitStack() as stack:
        state = options.state or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mlfn-bench-")))
        year = Year(options.records)
        if not (state / "state.db").exists():
            loaded = load(state, year)
            print(
                f"loaded {loaded.records:,} items in {loaded.seconds:.0f} s"
                f" ({loaded.bytes / 2**30:.1f} GiB with three indexes)"
            )
        process = start(state, port=0)
        stack.callback(stop, state)
        forget = partial(forget_pages, state / "state.db") if options.cold else None
        measure(client_of(state), year, process.pid, options.samples, forget)


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--state", type=Path, default=None, help="keep the emulator's state here")
    parser.add_argument("--samples", type=int, default=40)
    parser.add_argument("--cold", action="store_true", help="read from the disk")
    return parser.parse_args()


def forget_pages(path: Path) -> None:
    """Have the kernel forget what it has of a file."""
    with path.open("rb") as file:
        os.fsync(file.fileno())  # it forgets what is on the disk alone
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure(client: Any, year: Year, emulator: int, samples: int, forget: Callable[[], None] | None) -> None:
    """Print every figure."""
    print(
        f"Python {platform.python_version()}, {year.count:,} records in a year, seed {SEED}, pages of {PAGE};"
        f" target p50 {PAGE_TARGET_MS:g} ms; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        f"{'; from the disk' if forget else ''}"
    )
    print(f"{'':32} {'first page':36}   {'next pages':36}   of client and emulator, a page")
    next(kinds(client, year)[0].ask(Random(SEED)))  # noqa: S311 - seeded; connects
    before = memory_mb(), memory_mb(emulator)
    for kind in kinds(client, year):
        if forget:
            forget()
        began = time.process_time(), cpu_s(emulator)
        first, later = timed(kind, samples)
        pages = len(first) + len(later)
        spent = (time.process_time() - began[0]) / pages * 1000, (cpu_s(emulator) - began[1]) / pages * 1000
        cpu = f"CPU {spent[0]:4.1f} + {spent[1]:4.1f} ms"
        print(f"{kind.name:32} {told(first)}   {told(later) if later else ' ' * 36}   {cpu}")
    sparse_year(client)
    after = memory_mb(), memory_mb(emulator)
    print(f"memory: client {before[0]:.0f} → {after[0]:.0f} MB, emulator {before[1]:.0f} → {after[1]:.0f} MB")


def kinds(client: Any, year: Year) -> list[Kind]:
    """The questions of the table's keys."""

    def asked(question: Question) -> Iterator[Any]:
        return query_records(AuditTable(client=client, name=TABLE, page_size=PAGE), question, newest_first=True)

    def hour(rng: Random) -> Partition:
        return year.partitions[rng.randrange(len(year.partitions))]

    def steps(rng: Random) -> Partition:
        return next(part for part in iter(lambda: hour(rng), None) if part.model == STEPS)

    def until(rng: Random) -> Period:
        return Period(since=START, until=hour(rng).hour + timedelta(hours=1))

    burst = Period(since=BURST[0], until=BURST[0] + timedelta(hours=BURST[1]))
    return [
        Kind(name="model + time", ask=lambda rng: asked(CallsOfModel(model=rng.choice(MODELS), period=until(rng)))),
        Kind(name="model + version + time", ask=lambda rng: asked(version_question(hour(rng)))),
        Kind(name="model + time, in a burst", ask=lambda _: asked(CallsOfModel(model=BUSY, period=burst))),
        Kind(
            name="caller + time",
            ask=lambda rng: asked(CallsOfCaller(caller=caller(rng), period=until(rng))),
        ),
        Kind(name="execution", ask=lambda rng: asked(CallsOfExecution(execution=run_of(steps(rng), 0)))),
        Kind(name="execution with many steps", ask=lambda _: asked(CallsOfExecution(execution=LONG_RUN))),
        Kind(
            name="same input",
            ask=lambda rng: asked(CallsOnInput(digest=POPULAR.hex(), period=until(rng))),
        ),
        Kind(
            name="writer's head and checkpoints",
            ask=lambda rng: (
                item
                for key in (f"W#{hour(rng).writer}", f"K#{hour(rng).stamp}")
                for item in partition_items(client, TABLE, key)
            ),
        ),
        Kind(name="a partition, to verify it", ask=lambda rng: partition_items(client, TABLE, hour(rng).key)),
    ]


def version_question(part: Partition) -> CallsOfModel:
    """The calls of the month in which a partition's version was deployed."""
    return CallsOfModel(model=part.model, version=part.version, period=Period(since=START, until=part.hour))


def caller(rng: Random) -> str:
    """One of those who call often."""
    return f"arn:aws:iam::{ACCOUNT}:user/caller-{rng.randrange(10)}"


def timed(kind: Kind, samples: int) -> tuple[list[float], list[float]]:
    """Milliseconds from the question to its first page, and of each page after it."""
    rng = Random(SEED)  # noqa: S311 - seeded, for the same questions each time
    first, later = [], []
    for _ in range(samples):
        began = time.perf_counter()
        answer = kind.ask(rng)
        got = len(list(islice(answer, PAGE)))
        first.append((time.perf_counter() - began) * 1000)
        for _ in range(PAGES if got == PAGE else 0):
            began = time.perf_counter()
            if len(list(islice(answer, PAGE))) == PAGE:
                later.append((time.perf_counter() - began) * 1000)
    return first, later


def sparse_year(client: Any) -> None:
    """Time all calls of somebody who calls once in three days, over the year."""
    runs = []
    for _ in range(5):
        table = AuditTable(client=client, name=TABLE)
        began, worked = time.perf_counter(), time.process_time()
        found = sum(1 for _ in query_records(table, CallsOfCaller(caller=SPARSE, period=WHOLE)))
        runs.append((time.perf_counter() - began, time.process_time() - worked))
    seconds = median(run[0] for run in runs)
    verdict = "met" if seconds <= YEAR_TARGET_S else "MISSED"
    cost = table.cost
    print(
        f"{'one caller in a sparse year':32} {seconds:.2f} s ({median(run[1] for run in runs):.2f} s of client CPU):"
        f" {found} calls, {cost.pages} queries, {cost.batches} batches; target {YEAR_TARGET_S:g} s: {verdict}"
    )


def told(values: list[float]) -> str:
    """Median and 95th percentile, and whether the target is met."""
    p95 = quantiles(values, n=20)[-1] if len(values) > 1 else values[0]
    verdict = "met" if median(values) <= PAGE_TARGET_MS else "MISSED"
    return f"p50 {median(values):6.1f} ms  p95 {p95:6.1f} ms  {verdict:6}"


def cpu_s(pid: int) -> float:
    """The processor time of another process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int | None = None) -> float:
    """The most memory a process has had: this one, or another."""
    if pid is None:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    main()
