"""The emulator as a process of its own: started in the background, found again, stopped, reset."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_localstack.credentials import read_credentials
from mlfn_localstack.options import RUNNER
from mlfn_localstack.pid_file import LOG_FILE, Owner, PidFile, wipe

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["EmulatorStartError", "Status", "health", "read_credentials", "reset", "start", "status", "stop"]

DEFAULT_PORT = 4566
START_TIMEOUT_S = 15.0
STOP_TIMEOUT_S = 10.0
_POLL_S = 0.01


class EmulatorStartError(Exception):
    """The emulator cannot start: one sentence on why, one on the next step."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A running emulator."""

    pid: int
    port: int
    endpoint: str
    state_dir: Path
    log: Path


def status(state_dir: Path) -> Status | None:
    """The emulator that runs on this state, or None."""
    state_dir = state_dir.resolve()
    owner = PidFile(state_dir).read()
    if owner is None:
        return None
    credentials = read_credentials(state_dir)
    endpoint = credentials.endpoint if credentials else f"http://127.0.0.1:{owner.port}"
    log = state_dir / LOG_FILE
    return Status(pid=owner.pid, port=owner.port, endpoint=endpoint, state_dir=state_dir, log=log)


def start(
    state_dir: Path,
    *,
    port: int = DEFAULT_PORT,
    allow_remote: bool = False,
    arguments: tuple[str, ...] = (),
    timeout_s: float = START_TIMEOUT_S,
) -> Status:
    """The emulator on this state: the one that runs, or a new one in the background once it answers.

    Raises:
        EmulatorStartError: the port is taken, or it does not come up.
    """
    state_dir = state_dir.resolve()
    running = status(state_dir)
    if running is not None:
        return running
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    command = [sys.executable, "-m", "mlfn_localstack", "--state-dir", str(state_dir), "--port", str(port)]
    if allow_remote:
        command += ["--host", "0.0.0.0", "--allow-remote"]  # noqa: S104 - asked for
    with (state_dir / LOG_FILE).open("ab") as log:
        process = subprocess.Popen(
            [*command, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    return _wait_until_up(process, state_dir, port, timeout_s)


def stop(state_dir: Path, *, timeout_s: float = STOP_TIMEOUT_S) -> bool:
    """End the emulator that runs on this state; False if none does."""
    owner = PidFile(state_dir).read()
    if owner is None:
        return False
    _signal(owner, signal.SIGTERM)
    if not _wait_until_gone(owner, timeout_s):
        _signal(owner, signal.SIGKILL)
        _wait_until_gone(owner, timeout_s)
    return True


def reset(state_dir: Path) -> bool:
    """Forget all state but the root keys; the emulator runs afterwards if it ran before (True)."""
    running = status(state_dir)
    runner = running and runner_of(running)
    stop(state_dir)
    wipe(state_dir.resolve())
    if running is not None:
        start(state_dir, port=running.port, arguments=with_runner(runner["runner"]) if runner else ())
    return running is not None


def with_runner(name: str) -> tuple[str, ...]:
    """The arguments that have functions run under this runner."""
    return ("--option", f"{RUNNER}={name}")


def runner_of(running: Status) -> dict[str, str] | None:
    """What an emulator's functions run under (`runner`, `isolation`), once its services are loaded."""
    runner = (health(running.port) or {}).get("lambda")
    return runner if isinstance(runner, dict) else None


def _wait_until_up(process: subprocess.Popen[bytes], state_dir: Path, port: int, timeout_s: float) -> Status:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        running = status(state_dir)
        if running is not None and running.pid == process.pid:
            process.returncode = 0  # it outlives us: not a child to be waited for when this object goes
            return running
        if process.poll() is not None:
            raise _start_failure(process.returncode, state_dir, port)
        time.sleep(_POLL_S)
    process.kill()
    process.wait()
    hint = f"Its log is {state_dir / LOG_FILE}."
    raise EmulatorStartError(f"The emulator did not answer within {timeout_s:.0f} s.", hint=hint)


def _start_failure(code: int, state_dir: Path, port: int) -> EmulatorStartError:
    log = state_dir / LOG_FILE
    match code:
        case 3:
            return _port_taken(port)
        case 4:
            message = f"Another emulator is starting or running on {state_dir}."
            return EmulatorStartError(message, hint="Wait for it, or stop it first.")
        case 5:
            return EmulatorStartError(_last_line(log), hint="Choose another with --runner; auto takes what works.")
        case _:
            message = f"The emulator ended with code {code}: {_last_line(log)}"
            return EmulatorStartError(message, hint=f"Its log is {log}.")


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "no message"


def _port_taken(port: int) -> EmulatorStartError:
    owner = health(port)
    if owner is not None and owner.get("edition") == "mlfn":
        message = f"Port {port} is taken by the emulator of {owner.get('state_dir', 'another state directory')}."
        return EmulatorStartError(message, hint="Stop that one, or choose another port with --port.")
    kind = "an emulator that is not ours" if owner is not None else "another program"
    message = f"Port {port} is taken by {kind}."
    return EmulatorStartError(message, hint="Stop it, or choose another port with --port.")


def health(port: int) -> dict[str, object] | None:
    """What the emulator, or whatever else answers there, says of itself; None if nothing does."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_localstack/health", timeout=1) as answer:
            said = json.load(answer)
    except (OSError, ValueError, urllib.error.URLError):
        return None
    return said if isinstance(said, dict) else None


def _wait_until_gone(owner: Owner, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if not owner.runs():
            return True
        time.sleep(_POLL_S)
    return False


def _signal(owner: Owner, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(owner.pid, number)
