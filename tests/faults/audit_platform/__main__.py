"""`python -m tests.faults.audit_platform [--seed N] [--scenarios 10]`: R4, platform functions killed everywhere."""

from __future__ import annotations

import argparse
import sys
from random import SystemRandom

from tests.faults.audit_platform.crashes import STEPS, kill_everywhere

CALLS = 24


def main() -> int:
    """Kill each function at each of its steps, in so many scenarios; 1 if anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.audit_platform", description=__doc__)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(2**32))
    parser.add_argument("--scenarios", type=int, default=10)
    options = parser.parse_args()
    print(f"platform functions, seed {options.seed}")  # noqa: T201 - the program's output
    problems: list[str] = []
    for function in STEPS:
        killed = [kill_everywhere(function, options.seed + one, calls=CALLS) for one in range(options.scenarios)]
        found = [text for each in killed for text in each.problems]
        points = sum(each.points for each in killed)
        print(f"R4  {function:<8} killed at {points} points, each followed by another kill: {len(found)} wrong")  # noqa: T201
        problems += found
    for text in problems[:20]:
        print(text)  # noqa: T201
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
