"""What a pipeline's step costs beyond its model: in process, on the emulator, and beside MiniStack and moto in one run.

    python bench/peers.py install      the peers, each in a virtual environment of its own
    python bench/steps.py [--quick] [--json]

A step's time is the slope between pipelines of one and of eleven steps whose model gives back what it gets; the state
machines are those that mlfn compiles. moto cannot run functions without Docker: it has the rows of Pass states alone.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import sys
import tempfile
import time
import zipfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulators import load, subjects
from emulators.executions import States
from emulators.signing import Signer

from mlfn_engine.discover import discover
from mlfn_engine.resolve import resolve_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulators.subjects import Running

    from mlfn_engine.values import ResolvedApp

SHORT, LONG = 1, 11
TARGET_MS = 3.0
FASTEST = ", fastest tenth"
TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":'
    '{"Service":["lambda.amazonaws.com","states.amazonaws.com"]},"Action":"sts:AssumeRole"}]}'
)
CALLS = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"*"}]}'
HANDLER = (
    'import json\n\n\ndef handler(event, context):\n    return {"output": json.loads(event["input"]), "record": "r"}\n'
)
APP = """
from mlfn import model, pipeline


@model
def echo(text: str) -> str:
    return text
"""
PASS = {"Type": "Pass"}
PASS_JSONATA = {"Type": "Pass", "Output": "{% $states.input %}"}


@dataclass(slots=True, kw_only=True)
class Bench:
    """What was measured so far: milliseconds a step, by row and emulator."""

    rounds: int
    figures: dict[str, dict[str, float]] = field(default_factory=dict)

    def slope(self, row: str, name: str, runs: dict[int, Callable[[], float]]) -> None:
        """Note what one more step takes; the lengths take turns, so that both meet the same load."""
        times: dict[int, list[float]] = {length: [] for length in runs}
        try:
            for number in range(self.rounds + 3):
                for length, run in runs.items():
                    taken = run()
                    if number >= 3:
                        times[length].append(taken)
        except RuntimeError as error:
            print(f"{name}, {row}: {error}")
            return
        for suffix, figure in (("", statistics.median), (FASTEST, fastest)):
            middle = {length: figure(each) for length, each in times.items()}
            self.figures.setdefault(row + suffix, {})[name] = (middle[LONG] - middle[SHORT]) / (LONG - SHORT)


def fastest(times: list[float]) -> float:
    """What the fastest tenth stays below: what is left where others use the machine, too."""
    return statistics.quantiles(times, n=10, method="inclusive")[0]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few rounds")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    bench = Bench(rounds=8 if options.quick else 20)
    with tempfile.TemporaryDirectory(prefix="mlfn-bench-") as directory, ExitStack() as stack:
        app = compiled(Path(directory))
        in_process(bench, app)
        for emulator in (subjects.mlfn(), subjects.ministack(), subjects.moto()):
            if not emulator.installed():
                print(f"{emulator.name} is not installed: python bench/peers.py install")
                continue
            running = subjects.start(emulator, Path(directory) / emulator.name)
            stack.callback(running.stop)
            on_emulator(bench, running, app)
    report(bench, as_json=options.json)


def compiled(directory: Path) -> ResolvedApp:
    """An app of pipelines of both lengths, standard and express."""
    parts = [APP]
    for mode in ("sync", "async"):
        for length in (SHORT, LONG):
            steps = "\n".join(["    text = echo(text)"] * length)
            parts.append(
                f'@pipeline(mode="{mode}")\ndef {mode}_{length}(text: str) -> str:\n{steps}\n    return text\n'
            )
    (directory / "steps_app.py").write_text("\n\n".join(parts), encoding="utf-8")
    return resolve_app(discover(directory, "steps_app.py"))


def in_process(bench: Bench, app: ResolvedApp) -> None:
    """The pipelines called as functions; a step is so short that a thousand calls are timed at once."""
    handlers = {each.name: each.handler for each in app.pipelines}

    def timed(length: int) -> float:
        begun = time.perf_counter()
        for _ in range(1000):
            handlers[f"async_{length}"]("x")
        return time.perf_counter() - begun  # of a thousand, in seconds: of one, in milliseconds

    bench.slope("in process", "mlfn", {length: partial(timed, length) for length in (SHORT, LONG)})


def on_emulator(bench: Bench, running: Running, app: ResolvedApp) -> None:
    """Each kind of state machine that this one can run."""
    name, role = running.emulator.name, _role(running)
    definitions: dict[tuple[str, str], dict[int, str]] = {
        ("Pass", "STANDARD"): {length: _chain([PASS] * length) for length in (SHORT, LONG)},
        ("Pass, JSONata", "STANDARD"): {
            length: _chain([PASS_JSONATA] * length, QueryLanguage="JSONata") for length in (SHORT, LONG)
        },
    }
    if running.emulator.runs_functions:
        arn = _function(running, role)
        texts = {each.name: each.definition.replace("${echo}", arn) for each in app.pipelines}
        definitions["model, async", "STANDARD"] = {length: texts[f"async_{length}"] for length in (SHORT, LONG)}
        definitions["model, sync", "EXPRESS"] = {length: texts[f"sync_{length}"] for length in (SHORT, LONG)}
    states = States(running)
    for (row, kind), by_length in definitions.items():
        try:
            machines = {length: _machine(running, role, kind, text) for length, text in by_length.items()}
        except Exception as error:
            print(f"{name}, {row}: {error}")
            continue
        once = states.told_ms if kind == "STANDARD" else states.sync_once_ms
        bench.slope(row, name, {length: partial(once, arn) for length, arn in machines.items()})
    states.close()
    if running.emulator.runs_functions:
        bench.figures.setdefault("model alone", {})[name] = _invoke_ms(running, bench.rounds / 20)


def _invoke_ms(running: Running, seconds: float) -> float:
    """The model called directly, warm, one call after the other."""
    signer = Signer(service="lambda", access_key=running.access_key, secret_key=running.secret_key)
    event = json.dumps({"mlfn": 1, "input": '"a"', "state": "echo", "retry": 0, "redrive": 0, "parents": []}).encode()
    request = signer.request(running.host, "/2015-03-31/functions/echo/invocations", event, {})
    load.run(running.port, [request], clients=1, seconds=1)
    return load.run(running.port, [request], clients=1, seconds=max(seconds, 1)).p50_ms


def _role(running: Running) -> str:
    iam = running.client("iam")
    role = iam.create_role(RoleName="bench", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.put_role_policy(RoleName="bench", PolicyName="calls", PolicyDocument=CALLS)
    return str(role)


def _function(running: Running, role: str) -> str:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", HANDLER)
    created = running.client("lambda").create_function(
        FunctionName="echo",
        Runtime=f"python3.{sys.version_info.minor}",
        Handler="index.handler",
        Role=role,
        MemorySize=256,
        Code={"ZipFile": buffer.getvalue()},
    )
    running.client("lambda").get_waiter("function_active_v2").wait(FunctionName="echo")
    return str(created["FunctionArn"])


def _machine(running: Running, role: str, kind: str, definition: str) -> str:
    name = f"m{time.perf_counter_ns()}"
    client = running.client("stepfunctions")
    made = client.create_state_machine(name=name, definition=definition, roleArn=role, type=kind)
    return str(made["stateMachineArn"])


def _chain(states: list[dict[str, Any]], **machine: Any) -> str:
    names = [f"S{number}" for number in range(len(states))]
    ends: list[dict[str, Any]] = [*({"Next": name} for name in names[1:]), {"End": True}]
    linked = {name: {**state, **end} for name, state, end in zip(names, states, ends, strict=True)}
    return json.dumps({"StartAt": names[0], "States": linked, **machine})


def report(bench: Bench, *, as_json: bool) -> None:
    """Print what was found."""
    if as_json:
        print(json.dumps(bench.figures, indent=2))
        return
    names = list(dict.fromkeys(name for row in bench.figures.values() for name in row))
    print(f"milliseconds a step, medians of {bench.rounds} rounds")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    print(f"{'':30}" + "".join(f"{name:>12}" for name in names))
    for row, found in bench.figures.items():
        print(f"{row:30}" + "".join(f"{found[name]:12.5f}" if name in found else f"{'–':>12}" for name in names))
    alone = bench.figures.get("model alone", {}).get("mlfn", 0.0)
    for row in [f"{kind}{suffix}" for kind in ("model, async", "model, sync") for suffix in ("", FASTEST)]:
        taken = bench.figures.get(row, {}).get("mlfn")
        if taken is not None:
            verdict = "met" if taken - alone <= TARGET_MS else "MISSED"
            print(
                f"{row}: {taken:.2f} ms a step, {taken - alone:.2f} beyond its model; at most {TARGET_MS:g}: {verdict}"
            )


if __name__ == "__main__":
    main()
