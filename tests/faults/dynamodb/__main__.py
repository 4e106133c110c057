"""Random requests, answered by us and by DynamoDB Local: `python -m tests.faults.dynamodb --sessions 5000 --seed 1`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from random import SystemRandom

from hypothesis import HealthCheck, Phase, given, seed, settings
from tests.conformance.dynamodb.differential import peers
from tests.conformance.dynamodb.differential.sessions import Differential, Session, sessions
from tests.faults.emulator.report import table

_SHOWN = 40


def main() -> int:
    """Compare, and say what was seen; 1 if anything differs that is not known to."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.dynamodb", description=__doc__)
    parser.add_argument("--sessions", type=int, default=5000, help="so many tables with some requests each")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(2**32))
    options = parser.parse_args()
    reason = peers.missing()
    if reason is not None:
        sys.exit(reason)
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="mlfn-dynamodb-") as folder,
        peers.running() as url,
        peers.local(url) as theirs,
        peers.ours(Path(folder)) as ours,
    ):
        differential = Differential(ours=ours, theirs=theirs)
        differential.prepare()
        compare(differential, count=options.sessions, number=options.seed)
    _report(differential, options.seed, time.monotonic() - started)
    return 1 if differential.found else 0


def compare(differential: Differential, *, count: int, number: int) -> None:
    """Run so many sessions, which depend on the seed's number alone."""

    @seed(number)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(sessions())
    def run(session: Session) -> None:
        differential.run(session)

    run()


def _report(differential: Differential, number: int, took_s: float) -> None:
    rows = [(name, count, differential.refused[name]) for name, count in sorted(differential.compared.items())]
    print_(table(f"requests compared, seed {number}", ("operation", "requests", "refused"), rows))
    print_(table("known to differ", ("why", "times"), differential.known.most_common()))
    for one in differential.found[:_SHOWN]:
        print_(f"\n{one}")
    total = sum(differential.compared.values())
    print_(f"\n{len(differential.found)} disagreements in {total} requests, {took_s:.0f} s")


def print_(text: str) -> None:
    """A line to standard output."""
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
