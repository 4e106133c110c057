"""The emulators that are compared, each as a process of its own on a free loopback port."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from mlfn_localstack.process import read_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

PEERS = Path(__file__).parents[2] / ".tools" / "peers"
START_LIMIT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulator:
    """How to start one, and what it can do."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    health: str
    runs_functions: bool = True
    settings: tuple[str, bytes] | None = None
    """What to post to it, and where, before anything else."""
    stage_in_path: str = ""
    """What its API URLs have after the API's id, where AWS has nothing."""

    def installed(self) -> bool:
        """Whether its program is there."""
        return Path(self.command[0]).exists()


@dataclass(slots=True, kw_only=True)
class Running:
    """An emulator that answers."""

    emulator: Emulator
    process: subprocess.Popen[bytes]
    port: int
    begun: float
    """When it was started, as `time.perf_counter` has it."""
    start_s: float = 0.0
    access_key: str = "test"
    secret_key: str = "test"  # noqa: S105 - what the peers take

    @property
    def host(self) -> str:
        """Its address as clients write it."""
        return f"127.0.0.1:{self.port}"

    def client(self, service: str) -> Any:
        """A boto3 client of it."""
        make: Any = boto3.client  # its overloads want a literal name
        return make(
            service,
            endpoint_url=f"http://{self.host}",
            region_name="us-east-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(read_timeout=60, retries={"total_max_attempts": 1}),
        )

    def resident_mb(self) -> float:
        """The resident size of it and of everything it started."""
        return sum(_resident_kb(pid) for pid in _tree(self.process.pid)) / 1024

    def stop(self) -> None:
        """End it, by its id and those of what it started."""
        members = _tree(self.process.pid)
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pid in members[1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def mlfn(synchronous: str = "NORMAL", *options: str) -> Emulator:
    """Ours, with everything switched on: signatures, IAM, logs, durability."""
    extra = [part for option in options for part in ("--option", option)]
    return Emulator(
        name="mlfn" if synchronous == "NORMAL" else f"mlfn {synchronous}",
        command=(sys.executable, "-m", "mlfn_localstack", "--synchronous", synchronous, *extra),
        environment={},
        health="/_localstack/health",
    )


def ministack() -> Emulator:
    """MiniStack as it comes: no signatures, no IAM, state in memory."""
    return Emulator(
        name="MiniStack",
        command=(str(PEERS / "ministack/bin/ministack"),),
        environment={"BIND_HOST": "127.0.0.1", "LOG_LEVEL": "WARNING"},
        health="/_localstack/health",
        stage_in_path="/$default",
    )


def moto() -> Emulator:
    """moto's server: state in memory; its Lambda needs Docker, its HTTP APIs have no data plane."""
    return Emulator(
        name="moto",
        command=(str(PEERS / "moto/bin/moto_server"),),
        environment={},
        health="/moto-api/",
        runs_functions=False,
        settings=("/moto-api/config", b'{"stepfunctions": {"execute_state_machine": true}}'),
    )


def start(emulator: Emulator, directory: Path) -> Running:
    """Start one and wait for its first answer."""
    port = _free_port()
    directory.mkdir(parents=True, exist_ok=True)
    arguments = {
        "mlfn": ["--state-dir", str(directory), "--port", str(port)],
        "moto": ["-H", "127.0.0.1", "-p", str(port)],
    }
    environment = {**os.environ, **emulator.environment, "GATEWAY_PORT": str(port), "TMPDIR": str(directory)}
    command = [*emulator.command, *arguments.get(emulator.name.split()[0], [])]
    begun = time.perf_counter()
    with (directory / "bench.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment, cwd=directory
        )
    running = Running(emulator=emulator, process=process, port=port, begun=begun)
    try:
        _await_answer(running, directory / "bench.log")
    except BaseException:
        running.stop()
        raise
    running.start_s = time.perf_counter() - begun
    if emulator.settings is not None:
        _post(running, *emulator.settings)
    keys = read_credentials(directory)
    if keys is not None:
        running.access_key, running.secret_key = keys.access_key, keys.secret_key
    return running


def _post(running: Running, path: str, body: bytes) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=5)
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    connection.getresponse().read()
    connection.close()


def _await_answer(running: Running, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        if running.process.poll() is not None:
            break
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=5)
        try:
            connection.request("GET", running.emulator.health)
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.002)
        finally:
            connection.close()
    raise RuntimeError(f"{running.emulator.name} does not answer: {log.read_text(errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _tree(pid: int) -> list[int]:
    """A process and its descendants."""
    found, ends = [], [pid]
    while ends:
        current = ends.pop()
        found.append(current)
        for task in Path(f"/proc/{current}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                ends += map(int, task.read_text().split())
    return found


def _resident_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)
