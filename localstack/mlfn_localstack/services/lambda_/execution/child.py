"""Starting a child whose output comes through a pipe and which dies with the emulator."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import sys
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE = 1
_MB = 1024 * 1024
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
MAX_FILES = 1024
"""File descriptors of one environment (AWS Lambda quotas)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A program, and what happens between fork and exec: system calls only, through functions loaded already."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    working_dir: Path
    prepare: Callable[[], None]
    descriptors: tuple[int, ...] = ()
    """What it inherits beside its output."""


def spawn(child: Child) -> tuple[subprocess.Popen[bytes], int]:
    """The running process, in a session of its own, and the end of the pipe to read its output from.

    Raises:
        OSError: the program cannot be started.
    """
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    try:
        return _popen(child, write_end), read_end
    except BaseException:
        os.close(read_end)
        raise
    finally:
        os.close(write_end)


def die_with(parent: int) -> None:
    """Let the kernel kill the calling process when its parent, which is `parent`, ends."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def respect_permissions() -> None:
    """Make read-only files read-only for root, too, in whatever the calling process executes."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE)


def limit_resources(storage_mb: int) -> None:
    """Allow no core dumps, no file larger than the storage, no more open files than Lambda."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (storage_mb * _MB, storage_mb * _MB))
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = MAX_FILES if allowed == resource.RLIM_INFINITY else min(MAX_FILES, allowed)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    give_way()


def give_way(pid: int = 0) -> None:
    """Have a process (0: the calling one), once woken, not push the emulator off its processor: sched(7), SCHED_BATCH.

    Each event that the emulator hands out wakes a function; with fewer processors than functions, being preempted at
    every one of them costs a third of the calls.
    """
    if hasattr(os, "SCHED_BATCH"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0))


def _popen(child: Child, output: int) -> subprocess.Popen[bytes]:
    with warnings.catch_warnings():
        # Python 3.12 warns of forking beside other threads; see Child.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(
            child.command,
            env=dict(child.environment),
            cwd=child.working_dir,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=child.descriptors,
            preexec_fn=child.prepare,  # noqa: PLW1509 -- only system calls, see Child
        )
