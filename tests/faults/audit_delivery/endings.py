"""R7: models that end in every bad way; each call has one end in the trail, with its cause."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.faults.audit_delivery.deployed import DeployedApp, deployed, in_parallel
from tests.faults.audit_delivery.row import Row
from tests.faults.audit_delivery.trail import END_PHASES, Record

APP = """
import ctypes, os, subprocess, sys, tempfile, time
from ledger import note
from mlfn import model

def memory():
    held = []
    while True:
        held.append(b"x" * (4 << 20))
        time.sleep(0.002)

def children():
    for session in (False, True):
        subprocess.Popen(["sleep", "61.25"], start_new_session=session)
    os._exit(9)

def fork():
    if os.fork() == 0:
        return  # into the runtime, as if it were the environment
    os.wait()

def fork_and_exit():
    if os.fork() == 0:
        sys.exit(0)
    os.wait()

def close_output():
    for descriptor in (1, 2):
        try:
            os.close(descriptor)
        except OSError:
            pass  # by a call before this one
    raise RuntimeError("nobody reads this")

def fill():
    with open(os.path.join(tempfile.gettempdir(), "full"), "wb") as file:
        file.seek((600 << 20) - 1)
        file.write(b"x")

ENDINGS = {
    "memory": memory,
    "timeout": lambda: time.sleep(30),
    "exit": lambda: os._exit(3),
    "segfault": lambda: ctypes.string_at(0),
    "sys-exit": lambda: sys.exit(4),
    "children": children,
    "fork": fork,
    "fork-and-exit": fork_and_exit,
    "closed-output": close_output,
    "full-disk": fill,
}

def end(kind, number):
    note(number, kind)
    ENDINGS[kind]()
    return number

@model(memory_mb=128, timeout_s=60)
def hog(kind: str, number: int) -> int:
    return end(kind, number)

@model(memory_mb=512, timeout_s=1)
def sleeper(kind: str, number: int) -> int:
    return end(kind, number)

@model(memory_mb=512, timeout_s=60)
def patient(kind: str, number: int) -> int:
    return end(kind, number)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a call ends in the trail."""

    phase: str
    status: str
    error: str | None = None


KILLED = Ending(phase="abandoned", status="killed")
COMPLETED = Ending(phase="completed", status="ok")
EXPECTED = {
    "memory": Ending(phase="abandoned", status="oom"),
    "timeout": Ending(phase="abandoned", status="timeout"),
    "exit": KILLED,
    "segfault": KILLED,
    "sys-exit": Ending(phase="error", status="error", error="SystemExit"),
    "children": KILLED,
    "fork": COMPLETED,
    "fork-and-exit": COMPLETED,
    "closed-output": Ending(phase="error", status="error", error="RuntimeError"),
    "full-disk": Ending(phase="error", status="error", error="OSError"),
}
MODELS = {"memory": "hog", "timeout": "sleeper"}
CALLERS = 6


def bad_endings(folder: Path, *, calls: int, seed: int) -> Row:
    """So many calls of each kind, in a mix."""
    began = time.monotonic()
    kinds = [kind for kind in EXPECTED for _ in range(calls)]
    Random(seed).shuffle(kinds)
    with deployed(folder, APP) as app:
        _call(app, kinds)
        verdict, records = app.settled("hog", "sleeper", "patient")
        problems = [*verdict.problems(), *_wrong_endings(app, kinds, records)]
    right = Counter(kinds) - Counter(problem.split()[0] for problem in problems)
    return Row(
        id="R7",
        scenario="models that end badly",
        calls=len(kinds),
        found=", ".join(f"{kind} {right[kind]}/{calls}" for kind in EXPECTED),
        took_s=time.monotonic() - began,
        problems=problems,
    )


def _call(app: DeployedApp, kinds: list[str]) -> None:
    call = app.caller()

    def one(number: int) -> None:
        kind = kinds[number]
        call(MODELS.get(kind, "patient"), number, {"kind": kind, "number": number})

    in_parallel(one, range(len(kinds)), callers=CALLERS)


def _wrong_endings(app: DeployedApp, kinds: list[str], records: list[Record]) -> list[str]:
    """Calls whose end is not what their kind ends in."""
    ends: dict[str, list[Ending]] = defaultdict(list)
    for record in records:
        if record["ph"] in END_PHASES:
            ends[record["iv"]].append(Ending(phase=record["ph"], status=record["st"], error=record.get("er")))
    found = {number: ends[invocation] for number, invocation in app.ledger.dispatched().items()}
    return [
        f"{kind} {number}: {found.get(number)}"
        for number, kind in enumerate(kinds)
        if found.get(number) != [EXPECTED[kind]]
    ]
