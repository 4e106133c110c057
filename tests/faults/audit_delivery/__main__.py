"""`python -m tests.faults.audit_delivery [--row R1]... [--seed N] [--share 10]`: the audit guarantee, in full."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import SystemRandom

from tests.faults.audit_delivery.deliveries import deliver_often
from tests.faults.audit_delivery.endings import bad_endings
from tests.faults.audit_delivery.hosted import emulator_killed
from tests.faults.audit_delivery.lineage import pipelines_traced
from tests.faults.audit_delivery.row import Row, table
from tests.faults.audit_delivery.storm_rows import MODES, TABLE_KILLS, table_away, table_killed, workers_killed
from tests.faults.audit_delivery.versions import deploys_under_load

Run = Callable[[Path], Row]
OUTAGE_S = 6.0


def main() -> int:
    """Run what is asked for; 1 if anything is not as it must be."""
    options = _options()
    print(f"audit delivery, seed {options.seed}")  # noqa: T201 - the program's output
    rows = []
    for number, (name, run) in enumerate(_runs(options.seed, options.share)):
        if options.row and name not in options.row:
            continue
        with tempfile.TemporaryDirectory(prefix="mlfn-faults-") as folder:
            rows.append(run(Path(folder, f"{number}")))
    print(table(rows))  # noqa: T201
    problems = [f"{row.id}, {row.scenario}: {text}" for row in rows for text in row.problems]
    for text in problems:
        print(text)  # noqa: T201
    return int(bool(problems))


def _runs(seed: int, share: int) -> Iterator[tuple[str, Run]]:
    for mode in MODES:
        yield "R1", partial(workers_killed, calls=2_000 // share, mode=mode, seed=seed)
    for mode in MODES:
        yield "R2", partial(table_killed, calls=2_000 // share, mode=mode, seed=seed)
    for mode in MODES:
        yield "R2", partial(emulator_killed, calls=2_000 // share, mode=mode, kills=TABLE_KILLS, seed=seed)
    for mode in MODES:
        yield "R3", partial(table_away, calls=1_200 // share, mode=mode, seed=seed, outage_s=OUTAGE_S)
    yield "R5", partial(deliver_often, records=100_000 // share, seed=seed)
    yield "R7", partial(bad_endings, calls=200 // share, seed=seed)
    yield "R11", partial(deploys_under_load, calls=5_000 // share, seed=seed)
    yield "R12", partial(pipelines_traced, runs=500 // share, seed=seed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.audit_delivery", description=__doc__)
    parser.add_argument("--row", action="append", help="only this one, such as R1")
    parser.add_argument("--share", type=int, default=1, help="run one call of so many")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(2**32))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
