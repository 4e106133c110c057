"""R2 with everything in one process: the emulator that runs the functions, keeps their logs and the table is killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from tests.faults.audit_delivery.deployed import DeployedApp, deployed
from tests.faults.audit_delivery.row import Row

from mlfn_localstack.process import status

APP = """
import os, time
from ledger import note
from mlfn import model

@model(memory_mb=128, timeout_s=20, audit="{mode}")
def echo(number: int) -> int:
    note(number, os.environ["_X_AMZN_TRACE_ID"].partition(";")[0].removeprefix("Root="))
    time.sleep(0.01)
    return number
"""
CALLERS = 4
_PAST_DEADLINE_MS = 120_000
"""Nobody reports a call that went with its emulator: the reaper waits for its deadline, and a minute."""


def emulator_killed(folder: Path, *, calls: int, mode: str, kills: int, seed: int) -> Row:
    """Calls go on while the emulator is killed and started again; nobody knows a killed call's id but its trace."""
    began = time.monotonic()
    with deployed(folder, APP.format(mode=mode)) as app:
        answered = _Load(app, calls=calls, kills=kills, rng=Random(seed)).run()
        for number, trace in app.ledger.ran():
            app.ledger.dispatch(number, trace)
        for number, body in answered.items():
            app.ledger.answer(number, "response", body)
        verdict, _ = app.settled("echo", by_trace=True, later_ms=_PAST_DEADLINE_MS)
    return Row(
        id="R2",
        scenario=f"the emulator and all in it killed {kills} times, {mode}",
        calls=calls,
        found=f"ran {verdict.ran}, unrecorded {len(verdict.unrecorded)}; answered {verdict.answered}, "
        f"without record {len(verdict.incomplete)}; duplicates {len(verdict.duplicates)}; "
        f"{calls - len(answered)} calls lost with the emulator",
        took_s=time.monotonic() - began,
        problems=verdict.problems(),
    )


class _Load:
    """Callers that go on whatever happens, and somebody who kills."""

    def __init__(self, app: DeployedApp, *, calls: int, kills: int, rng: Random) -> None:
        self._app = app
        self._calls = calls
        self._kill_at = {calls * (each + 1) // (kills + 1): rng.uniform(0, 0.05) for each in range(kills)}
        self._up = threading.Event()
        self._client: Any = None

    def run(self) -> dict[int, bytes]:
        """Call number to answer."""
        self._client = self._app.client("lambda")
        self._up.set()
        answered: dict[int, bytes] = {}
        with ThreadPoolExecutor(CALLERS) as pool:
            for number, body in pool.map(self._call, range(self._calls)):
                if body is not None:
                    answered[number] = body
        return answered

    def _call(self, number: int) -> tuple[int, bytes | None]:
        if (delay_s := self._kill_at.get(number)) is not None:
            self._kill(delay_s)
        self._up.wait()
        with suppress(BotoCoreError, ClientError, OSError):  # the emulator is gone
            answer = self._client.invoke(FunctionName="faults-dev-echo", Qualifier="live", Payload=str(number))
            body = answer["Payload"].read()
            if "FunctionError" not in answer:
                return number, body
        return number, None

    def _kill(self, delay_s: float) -> None:
        project = self._app.project
        running = status(project.root / ".mlfn" / "emulator")
        assert running is not None
        time.sleep(delay_s)
        self._up.clear()
        os.kill(running.pid, signal.SIGKILL)
        project.start_emulator()
        self._up.set()
