"""`python -m tests.faults.deploys [--seed N] [--count 50] [--kills 30]`: deploys, killed while a client calls."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from random import SystemRandom

from tests.faults.deploys.killed import deploys


def main() -> int:
    """Deploy so often, and say what was seen; 1 if anything was stuck, left, dropped or refused."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.deploys", description=__doc__)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(2**32))
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--kills", type=int, default=30)
    options = parser.parse_args()
    print(f"deploys, seed {options.seed}")  # noqa: T201 - the program's output
    with tempfile.TemporaryDirectory() as directory:
        tally = deploys(
            Path(directory) / "changing", options.seed, count=options.count, kills=options.kills, tell=print
        )
    for line in tally.lines():
        print(line)  # noqa: T201
    return int(bool(tally.problems) or tally.killed < options.kills)


if __name__ == "__main__":
    sys.exit(main())
