"""`python -m tests.faults.audit_chain [--full] [--seed SEED]`: prints the tamper matrix; exit 1 if anything passes."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

from tests.faults.audit_chain.trials import false_alarms, proving, tampering


def main() -> int:
    """Run and print the matrix."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.audit_chain")
    parser.add_argument("--full", action="store_true", help="200 trials a kind and 1,000 clean logs, not a tenth")
    parser.add_argument("--seed", default=f"{datetime.now(UTC):%Y%m%d%H%M%S}")
    options = parser.parse_args()
    trials, logs = (200, 1_000) if options.full else (20, 100)
    print(f"R10 tamper matrix, seed {options.seed}")  # noqa: T201 - the program's output
    rows = [*tampering(trials, options.seed), *proving(trials, options.seed)]
    for row in rows:
        print(f"  {row.kind:32} {row.found:4}/{row.trials}")  # noqa: T201
    alarms = false_alarms(logs, options.seed)
    print(f"  {'false alarms on clean logs':32} {alarms:4}/{logs}")  # noqa: T201
    return int(alarms > 0 or any(row.found < row.trials for row in rows))


if __name__ == "__main__":
    sys.exit(main())
