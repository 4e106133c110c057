"""Calls of a model in one mode while workers, the table and the way to it fail: rows R1, R2 and R3."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.audit_delivery.faulty_table import FaultyTable
from tests.faults.audit_delivery.ledger import Ledger
from tests.faults.audit_delivery.pool import Pool, bare_environ, plan_calls
from tests.faults.audit_delivery.settled import settle, ship
from tests.faults.audit_delivery.trail import TABLE, create_table, read_records
from tests.faults.audit_delivery.verdict import Verdict, judge
from tests.faults.emulator.killable import REGION, KillableEmulator
from tests.functional.runtime.conftest import FRAMEWORK, PYDANTIC, contract, write_manifest

MODEL = """
import os, time

LEDGER = os.open(f"{os.environ['LEDGER']}/ran-{os.getpid()}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

def echo(number: int, pause_us: int) -> dict[str, int]:
    os.write(LEDGER, b"%d\\n" % number)
    time.sleep(pause_us / 1e6)
    return {"number": number}
"""
FUNCTION = "faults-dev-echo"
VERSION = "0123456789ab"
"""As the manifest has it."""
DATA_KEY = bytes(range(32))
_INTEGER = {"type": "int", "strict": True}
_FIELDS = {name: {"type": "typed-dict-field", "schema": _INTEGER, "required": True} for name in ("number", "pause_us")}
INPUT = {"type": "typed-dict", "fields": _FIELDS, "extra_behavior": "forbid", "strict": True}
OUTPUT = {"type": "dict", "keys_schema": {"type": "str"}, "values_schema": _INTEGER, "strict": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """What is to happen."""

    calls: int
    mode: str
    seed: int
    killed: float = 0.1
    """The share of calls whose environment is killed."""
    faults: float = 0.1
    """The share of table requests that fail in some way."""
    table_kills: int = 0
    outage_s: float = 0.0
    """The table does not answer for so long, from a third of the calls on."""


@dataclass(slots=True, kw_only=True)
class Aftermath:
    """What was left."""

    verdict: Verdict
    killed: frozenset[int]
    faults: int
    late: int
    """Records that only the log still had."""
    abandoned: int
    """Calls that could not tell their end."""
    settled_s: float
    """From the end of the outage until the table had everything."""
    took_s: float


def rage(folder: Path, storm: Storm) -> Aftermath:
    """Make the calls of a storm, drain the log, compare."""
    began = time.monotonic()
    rng = Random(storm.seed)
    folder.mkdir()
    ledger = Ledger(folder / "ledger")
    plans = plan_calls(storm.calls, storm.killed, rng)
    with emulator_in(folder / "state") as emulator:
        create_table(emulator.client("dynamodb"))
        table = FaultyTable(emulator.port, share=storm.faults, rng=rng)
        weather = _Weather(emulator, table, storm)
        pool = Pool(
            task=_task(folder / "task", storm.mode),
            logs=_made(folder / "logs"),
            environ=_environ(emulator, table, ledger) | {"MLFN_DATA_KEY_FILE": str(_key_file(folder / "key"))},
            ledger=ledger,
            on_call=weather.events(),
        )
        try:
            pool.run(plans)
        finally:
            table.close()
            ledger.close()
        ship(pool.logs, emulator.client, FUNCTION)
        tally = settle(emulator.client, FUNCTION, "faults.echo", lambda *_: VERSION)
        settled_s = time.monotonic() - weather.recovered_at
        records, wrong = read_records(emulator.client("dynamodb"))
        verdict = judge(ledger, records, wrong, DATA_KEY)
    return Aftermath(
        verdict=verdict,
        killed=frozenset(plan.number for plan in plans if plan.kill_after_s is not None),
        faults=table.faults.total(),
        late=tally.put,
        abandoned=tally.abandoned,
        settled_s=settled_s,
        took_s=time.monotonic() - began,
    )


@dataclass(slots=True)
class _Weather:
    """Kills the table, or takes it away for a while."""

    emulator: KillableEmulator
    table: FaultyTable
    storm: Storm
    recovered_at: float = field(default_factory=time.monotonic)
    turns: threading.Lock = field(default_factory=threading.Lock)
    """On a slow machine the next kill is due before the last one is over."""

    def events(self) -> dict[int, Callable[[], None]]:
        """What happens, by the number of the call with which it does."""
        kills = self.storm.table_kills
        happening = {self.storm.calls * (each + 1) // (kills + 1): self._restart for each in range(kills)}
        return happening | ({self.storm.calls // 3: self._outage} if self.storm.outage_s else {})

    def _restart(self) -> None:
        with self.turns:
            self.emulator.kill()
            self.emulator.start()
            self.recovered_at = time.monotonic()

    def _outage(self) -> None:
        self.table.down = True
        threading.Event().wait(self.storm.outage_s)
        self.table.down = False
        self.recovered_at = time.monotonic()


@contextmanager
def emulator_in(state_dir: Path) -> Iterator[KillableEmulator]:
    """An emulator for as long as it is needed."""
    emulator = KillableEmulator(state_dir=state_dir)
    emulator.start()
    try:
        yield emulator
    finally:
        emulator.kill()


def _task(folder: Path, mode: str) -> Path:
    folder.mkdir()
    (folder / "app.py").write_text(MODEL)
    write_manifest(
        folder,
        app="faults",
        name="echo",
        id="faults.echo",
        entrypoint="app:echo",
        parameters=["number", "pause_us"],
        audit={"mode": mode},
        input=contract(INPUT),
        output=contract(OUTPUT),
    )
    return folder


def _environ(emulator: KillableEmulator, table: FaultyTable, ledger: Ledger) -> dict[str, str]:
    key: dict[str, Any] = json.loads((emulator.state_dir / "credentials.json").read_text())
    return bare_environ(
        PYTHONPATH=f"{PYDANTIC}:{FRAMEWORK}",
        LEDGER=str(ledger.folder),
        AWS_LAMBDA_FUNCTION_NAME=FUNCTION,
        AWS_LAMBDA_FUNCTION_VERSION="1",
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE="512",
        AWS_EXECUTION_ENV=f"AWS_Lambda_python3.{sys.version_info[1]}",
        AWS_REGION=REGION,
        AWS_ACCESS_KEY_ID=key["access_key"],
        AWS_SECRET_ACCESS_KEY=key["secret_key"],
        AWS_ENDPOINT_URL_DYNAMODB=table.url,
        MLFN_AUDIT_TABLE=TABLE,
        MLFN_IMAGE_DIGEST="sha256:" + "ab" * 32,
    )


def _key_file(path: Path) -> Path:
    path.touch(mode=0o600)
    path.write_text(DATA_KEY.hex())
    return path


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
