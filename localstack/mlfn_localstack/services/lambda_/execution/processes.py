"""The processes of functions, from /proc: how many there are, what they hold, and their end."""

from __future__ import annotations

import os
import signal
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_MB = 1024 * 1024
_PROC = Path("/proc")


def descendants(pid: int) -> list[int]:
    """A process and everything it has started, as far as it still hangs on it."""
    found, open_ends = [], [pid]
    while open_ends:
        current = open_ends.pop()
        found.append(current)
        open_ends += _children(current)
    return found


def outside_group(pids: list[int], group: int) -> set[int]:
    """Those of some processes that are in another process group."""
    return {pid for pid in pids if _group(pid) != group}


def resident_mb(members: list[int]) -> float:
    """The resident size of processes together."""
    return sum(_resident_bytes(member) for member in members) / _MB


def peak_mb(pid: int) -> float:
    """The largest resident size that a single process has had."""
    try:
        status = (_PROC / str(pid) / "status").read_bytes()
    except OSError:
        return 0.0
    start = status.find(b"VmHWM:")
    return int(status[start + 6 : status.index(b"kB", start)]) / 1024 if start >= 0 else 0.0


def processes_with(marker: bytes) -> list[int]:
    """Processes in whose initial environment a variable starts with `marker`, wherever they have moved to."""
    found = []
    for entry in _PROC.iterdir() if _PROC.is_dir() else ():
        if entry.name.isdigit() and any(variable.startswith(marker) for variable in _environment(entry)):
            found.append(int(entry.name))
    return found


def end(pid: int) -> None:
    """Kill a process, if it is still there and ours."""
    send(pid, signal.SIGKILL)


def send(pid: int, number: signal.Signals) -> None:
    """Send a process a signal, if it is still there and ours."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except OSError:
        return 0


def _environment(entry: Path) -> list[bytes]:
    try:
        return (entry / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _children(pid: int) -> list[int]:
    try:
        tasks = [task.name for task in (_PROC / str(pid) / "task").iterdir()]
    except OSError:
        return []
    children: list[int] = []
    for task in tasks:
        try:
            children += map(int, (_PROC / str(pid) / "task" / task / "children").read_bytes().split())
        except OSError:
            continue
    return children


def _resident_bytes(pid: int) -> int:
    try:
        return int((_PROC / str(pid) / "statm").read_bytes().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0
