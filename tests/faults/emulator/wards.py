"""Functions that go wrong in every way, called in a mix, beside somebody whose function is fine."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.faults.emulator.functions import create_function, create_role
from tests.faults.emulator.killable import KillableEmulator

PARALLEL = 6
CODE = """
import ctypes, os, subprocess, sys, time

def memory():
    held = []
    while True:
        held.append(b"x" * (4 << 20))
        time.sleep(.002)

def close_output():
    for descriptor in (1, 2):
        try:
            os.close(descriptor)
        except OSError:
            pass  # by a call before this one
    try:
        print("nobody reads this", flush=True)
    except OSError:
        pass

def orphans():
    for session in (False, True):
        subprocess.Popen(["sleep", "61.25"], start_new_session=session)

def forks():
    for _ in range(30):
        if os.fork() == 0:
            time.sleep(61.25)
            os._exit(0)
    os._exit(9)

def fill():
    with open(os.path.join(os.environ["TMPDIR"], "full"), "wb") as file:
        file.seek((600 << 20) - 1)
        file.write(b"x")

FAULTS = {
    "memory": memory,
    "timeout": lambda: time.sleep(30),
    "exit": lambda: os._exit(3),
    "segfault": lambda: ctypes.string_at(0),
    "sys-exit": lambda: sys.exit(4),
    "closed-output": close_output,
    "orphans": orphans,
    "fork-bomb": forks,
    "full-disk": fill,
    "good": lambda: None,
}

def handler(event, headers):
    FAULTS[event["fault"]]()
    return event["n"]
"""
EXPECTED: dict[str, tuple[str, str] | None] = {
    "memory": ("Runtime.OutOfMemory", "signal: killed"),
    "timeout": ("Sandbox.Timedout", "Task timed out after 1.00 seconds"),
    "exit": ("Runtime.ExitError", "exit status 3"),
    "segfault": ("Runtime.ExitError", "signal: segmentation fault"),
    "sys-exit": ("Runtime.ExitError", "exit status 4"),
    "closed-output": None,
    "orphans": None,
    "fork-bomb": ("Runtime.ExitError", "exit status 9"),
    "full-disk": ("OSError", ""),
}
"""How each call ends: error type and a part of its message; None: with its answer, whatever it has done besides."""
_MB = {"memory": 128, "fork-bomb": 2048}


@dataclass(slots=True, kw_only=True)
class FaultReport:
    """How one kind of fault ended."""

    name: str
    calls: int = 0
    slowest_s: float = 0.0
    wrong: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Bystander:
    """A client that calls a good function all the time."""

    client: Any
    report: FaultReport = field(default_factory=lambda: FaultReport(name="bystander"))
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Call until told to stop."""
        while not self._stop.is_set():
            _judge(self.client, "good", self.report)
            time.sleep(0.01)

    def stop(self) -> None:
        """Call no more."""
        self._stop.set()


def admit(emulator: KillableEmulator) -> None:
    """A function for every fault, and a good one."""
    role = create_role(emulator.client("iam"), "wards")
    for name in (*EXPECTED, "good"):
        settings = {"Timeout": 1 if name == "timeout" else 20, "MemorySize": _MB.get(name, 256)}
        create_function(emulator.client("lambda"), name, role, CODE, **settings)


def treat(emulator: KillableEmulator, *, calls: int, rng: Random) -> list[FaultReport]:
    """Every fault `calls` times, in a mix; the last report is of the one who has done nothing wrong."""
    client = emulator.client("lambda")
    reports = {name: FaultReport(name=name) for name in EXPECTED}
    mixed = [name for name in EXPECTED for _ in range(calls)]
    rng.shuffle(mixed)
    bystander = Bystander(client)
    watcher = threading.Thread(target=bystander.run)
    watcher.start()
    try:
        with ThreadPoolExecutor(PARALLEL) as callers:
            list(callers.map(lambda name: _judge(client, name, reports[name]), mixed))
    finally:
        bystander.stop()
        watcher.join()
    return [*reports.values(), bystander.report]


def _judge(client: Any, name: str, report: FaultReport) -> None:
    number = report.calls
    report.calls += 1
    started = time.perf_counter()
    answer = client.invoke(FunctionName=name, Payload=json.dumps({"fault": name, "n": number}))
    body = json.loads(answer["Payload"].read())
    report.slowest_s = max(report.slowest_s, time.perf_counter() - started)
    expected = EXPECTED.get(name)
    if expected is None:
        if body != number or "FunctionError" in answer:
            report.wrong.append(f"{name} {number}: {body}")
    elif not isinstance(body, dict) or body["errorType"] != expected[0] or expected[1] not in body["errorMessage"]:
        report.wrong.append(f"{name} {number}: {body}")
