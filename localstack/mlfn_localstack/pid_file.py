"""What a running emulator leaves in its state directory: which process it is, and what a reset removes."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from mlfn_localstack.credentials import FILE_NAME as CREDENTIALS_FILE

PID_FILE = "emulator.pid"
LOG_FILE = "emulator.log"
LOCK_FILE = "lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The process that serves a state directory; process ids are used again, start times tell them apart."""

    pid: int
    started: str
    port: int

    def runs(self) -> bool:
        """True as long as it is there."""
        return started_at(self.pid) == self.started


class PidFile:
    """Names the process that serves a state directory."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / PID_FILE

    def write(self, port: int) -> None:
        """Name this process as the one."""
        pid = os.getpid()
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps({"pid": pid, "started": started_at(pid), "port": port}))
        draft.replace(self._path)

    def remove(self) -> None:
        """Forget it."""
        self._path.unlink(missing_ok=True)

    def read(self) -> Owner | None:
        """The process that wrote the file, if it still runs."""
        try:
            content = json.loads(self._path.read_text())
            owner = Owner(pid=int(content["pid"]), started=str(content["started"]), port=int(content["port"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        return owner if owner.runs() else None


def wipe(state_dir: Path) -> None:
    """Remove everything in a state directory but the root keys, the lock and the log."""
    for path in state_dir.iterdir() if state_dir.is_dir() else ():
        if path.name in (CREDENTIALS_FILE, LOG_FILE, LOCK_FILE):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def started_at(pid: int) -> str | None:
    """When a process started, in its system's own form; None if it does not run."""
    with contextlib.suppress(OSError):  # a child of ours that ended stays as a zombie until somebody looks
        os.waitpid(pid, os.WNOHANG)
    if sys.platform != "linux":
        answer = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return answer.stdout.strip() or None
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else fields[19]
