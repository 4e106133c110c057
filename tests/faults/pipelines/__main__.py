"""Generated pipelines, in process and as state machines: `python -m tests.faults.pipelines --count 2000 --seed 1`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random, randrange
from unittest import mock

from tests.conformance.fetch import JS
from tests.conformance.pipelines.differential import Differential
from tests.conformance.pipelines.generator import item_data, pipeline_source
from tests.faults.audit_delivery.row import table
from tests.faults.pipelines.answers import answers_under_kills
from tests.faults.pipelines.broken import broken_pipelines
from tests.faults.pipelines.deployed import compare_deployed

ASL_VALIDATOR = JS / "node_modules" / "asl-validator" / "dist" / "bin" / "asl-validator.js"


def compare(differential: Differential, count: int, seed: int) -> None:
    """Assert that so many pipelines end the same way."""
    with mock.patch("time.sleep"):  # pauses before retries
        for number in range(count):
            random = Random(f"{seed}/{number}")
            differential.check(pipeline_source(random), [item_data(random) for _ in range(3)])


def validated(definitions: list[str], directory: Path) -> str:
    """What asl-validator says of all definitions."""
    if not ASL_VALIDATOR.exists():
        return "asl-validator is not there: run python -m tests.conformance.fetch js"
    paths = []
    for number, definition in enumerate(definitions):
        paths.append(directory / f"{number}.asl.json")
        paths[-1].write_text(definition, encoding="utf-8")
    for first in range(0, len(paths), 200):
        command = ["node", str(ASL_VALIDATOR)]
        for path in paths[first : first + 200]:
            command += ["--json-path", str(path)]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        if finished.returncode:
            sys.exit(f"asl-validator: {finished.stderr}")
    return f"asl-validator takes all {len(paths)}"


def main() -> None:
    """Compare, and say what was seen."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=randrange(2**32))
    parser.add_argument("--runs", type=int, default=30, help="so many of each way to break; 0: none")
    parser.add_argument("--deployed", type=int, default=20, help="so many more as deployed functions")
    options = parser.parse_args()
    sys.stdout.write(f"seed {options.seed}\n")
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        differential = Differential(Path(temporary))
        compare(differential, options.count, options.seed)
        differential.close()
        for what, number in sorted(differential.seen.items()):
            sys.stdout.write(f"{number:6} {what}\n")
        sys.stdout.write(f"{validated(differential.definitions, Path(temporary))}\n")
        runs = (
            compare_deployed(options.deployed, options.seed, Path(temporary) / "generated") if options.deployed else 0
        )
        sys.stdout.write(f"{runs:6} runs of {options.deployed} pipelines with deployed functions\n")
    sys.stdout.write(f"0 disagreements, {time.monotonic() - begun:.0f} s\n")
    if options.runs:
        sys.exit(broken(options.runs, options.seed))


def broken(runs: int, seed: int) -> int:
    """Break pipelines and print what their trails say; 1 if anything is not as it must be."""
    with tempfile.TemporaryDirectory() as temporary:
        rows = broken_pipelines(Path(temporary) / "broken", runs=runs, seed=seed)
        rows.append(answers_under_kills(Path(temporary) / "desk", questions=runs * 2, seed=seed))
    sys.stdout.write(f"{table(rows)}\n")
    problems = [f"{row.id}: {problem}" for row in rows for problem in row.problems]
    sys.stdout.write("".join(f"{problem}\n" for problem in problems))
    return int(bool(problems))


if __name__ == "__main__":
    main()
