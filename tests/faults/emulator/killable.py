"""An emulator that a test starts, kills and starts again, always on one port; nothing here is the emulator's code."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

REGION = "us-east-1"
_START_TIMEOUT_S = 20.0


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(slots=True, kw_only=True)
class KillableEmulator:
    """A process of `python -m mlfn_localstack` over one state directory."""

    state_dir: Path
    port: int = field(default_factory=free_port)
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    start_cpu_s: float = 0.0
    """Processor time that the last start took: unlike its duration, it says little about the machine's other work."""
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def pid(self) -> int:
        """The running process's id."""
        assert self.process is not None
        return self.process.pid

    def start(self) -> float:
        """Start it; how long it took until a signed call was answered, in seconds."""
        self.state_dir.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "mlfn_localstack", "--state-dir", str(self.state_dir)]
        started = time.perf_counter()
        with (self.state_dir / "emulator.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port), *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_for_health(started)
        self.client("dynamodb").list_tables(Limit=1)
        took_s = time.perf_counter() - started
        times = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        self.start_cpu_s = (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")
        return took_s

    def kill(self) -> None:
        """`kill -9`, wait until it is gone, and drop the connections to it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
        for client in self._clients.values():
            client.close()

    def terminate(self) -> int:
        """Stop it as a user would; its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        self.process = None
        return code

    def client(self, service: str) -> Any:
        """A boto3 client with the root key that survives restarts; one try per call."""
        if service not in self._clients:
            key = json.loads((self.state_dir / "credentials.json").read_text())
            session: Any = boto3.session.Session(key["access_key"], key["secret_key"], region_name=REGION)
            config = Config(
                retries={"total_max_attempts": 1},
                connect_timeout=2,
                read_timeout=30,
                inject_host_prefix=False,
                max_pool_connections=32,
                s3={"addressing_style": "path"},
            )
            self._clients[service] = session.client(
                service, endpoint_url=f"http://127.0.0.1:{self.port}", config=config
            )
        return self._clients[service]

    def function_processes(self) -> list[int]:
        """The processes that run in environments of this emulator's functions, from /proc."""
        marker = f"HOME={self.state_dir.resolve()}/environments/".encode()
        return [pid for pid in _pids() if marker in _environ(pid)]

    def integrity(self) -> str:
        """What SQLite's integrity check says of the database as it is now, read beside the running emulator."""
        source = f"file:{self.state_dir / 'state.db'}?mode=ro"
        with contextlib.closing(sqlite3.connect(source, uri=True)) as database:
            return "; ".join(row[0] for row in database.execute("PRAGMA integrity_check"))

    def resident_mb(self) -> float:
        """Its resident size."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def _wait_for_health(self, started: float) -> None:
        while time.perf_counter() - started < _START_TIMEOUT_S:
            assert self.process is not None
            assert self.process.poll() is None, (self.state_dir / "emulator.log").read_text()[-2000:]
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
                connection.request("GET", "/_localstack/health")
                if connection.getresponse().status == 200:
                    return
            time.sleep(0.005)
        raise AssertionError("The emulator did not come up.")


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def descendants(pid: int) -> list[int]:
    """Every process that a process has started, and theirs, as far as they still hang on it."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *descendants(child)]
    return found


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and alive(int(entry.name))]


def _environ(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""
