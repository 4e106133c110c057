"""Cold starts by runner: from the call of a function without an environment to its answer, and a warm call beside it.

    python bench/cold_start.py [--rounds N] [--quick] [--json]

A function of one line under AWS's runtime client, so that what is measured is the runner and the interpreter. Each cold
round retires the environment first, by an update of the configuration. A runner that does not work here is named with
the reason. Exits 1 if a call has no answer.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulators import subjects

from mlfn_localstack.services.lambda_.execution.runner import RunnerUnavailableError
from mlfn_localstack.services.lambda_.execution.runners import choose

if TYPE_CHECKING:
    from emulators.subjects import Running

RUNNERS = ("process", "zygote", "bwrap", "podman", "docker")
HANDLER = "def handler(event, context):\n    return event\n"
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
WARM_CALLS = 100


def main() -> int:
    """Measure and print; 1 if a call had no answer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--quick", action="store_true", help="3 rounds")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rounds = 3 if options.quick else options.rounds
    with tempfile.TemporaryDirectory(prefix="mlfn-cold-start-") as directory:
        found = {runner: measured(runner, Path(directory) / runner, rounds) for runner in RUNNERS}
    print(json.dumps(found, indent=2)) if options.json else show(found, rounds)
    return 1 if any(figures.get("lost") for figures in found.values()) else 0


def measured(runner: str, directory: Path, rounds: int) -> dict[str, Any]:
    """What one runner takes, or why it does not work here."""
    directory.mkdir()
    try:
        choose(runner, directory / "trial")
    except RunnerUnavailableError as error:
        return {"unavailable": str(error)}
    running = subjects.start(subjects.mlfn("NORMAL", f"lambda_runner={runner}"), directory)
    try:
        create(running)
        return times(running, rounds)
    finally:
        running.stop()


def create(running: Running) -> None:
    """The function."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("app.py", HANDLER)
    document = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    role = running.client("iam").create_role(RoleName="cold", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    running.client("lambda").create_function(
        FunctionName="cold",
        Role=role,
        Runtime=f"python3.{sys.version_info.minor}",
        Handler="app.handler",
        Timeout=30,
        MemorySize=256,
        Code={"ZipFile": archive.getvalue()},
    )


def times(running: Running, rounds: int) -> dict[str, Any]:
    """Milliseconds of cold and warm calls; the first start, which makes code ready, is not among them."""
    client = running.client("lambda")
    lost = 0

    def call() -> float:
        nonlocal lost
        begun = time.perf_counter()
        answer = client.invoke(FunctionName="cold", Payload=b'"x"')
        lost += json.load(answer["Payload"]) != "x"
        return (time.perf_counter() - begun) * 1000

    first = call()
    cold = []
    for number in range(rounds):
        client.update_function_configuration(FunctionName="cold", Description=f"round {number}")
        cold.append(call())
    warm = [call() for _ in range(WARM_CALLS)]
    return {
        "first_ms": round(first, 1),
        "cold_median_ms": round(statistics.median(cold), 1),
        "cold_best_ms": round(min(cold), 1),
        "warm_median_ms": round(statistics.median(warm), 2),
        "lost": lost,
    }


def show(found: dict[str, dict[str, Any]], rounds: int) -> None:
    """Print a line for each."""
    print(f"from the call to the answer, a function of one line, {rounds} cold starts and {WARM_CALLS} warm calls each")
    for runner, figures in found.items():
        print(f"{runner:8} " + "  ".join(f"{name} {value}" for name, value in figures.items()))


if __name__ == "__main__":
    sys.exit(main())
