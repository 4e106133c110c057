"""How environments are started: one small protocol, and the `process` runner, which every machine has.

The `process` runner is no security boundary: functions run under the emulator's own account.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mlfn_localstack.services.lambda_.execution import processes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE = 1
_READ_BYTES = 65_536
_MB = 1024 * 1024
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """What a root of its own shows of the machine's files: `source`, read-only, at `target`."""

    source: Path
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What to start: everything a process gets to see."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    working_dir: Path
    scratch: Path
    """Its home and temporary directory, removed when it ends."""
    storage_mb: int


class Sandbox(Protocol):
    """A running environment."""

    pid: int

    def drain(self) -> None:
        """Hand over the output written so far."""

    def freeze(self) -> None:
        """Stop everything in it until `thaw`."""

    def thaw(self) -> None:
        """Let it run."""

    def kill(self) -> None:
        """End everything in it."""


class Runner(Protocol):
    """A way to start environments."""

    def start(self, launch: Launch, on_output: Callable[[bytes], None], on_exit: Callable[[int], None]) -> Sandbox:
        """Start one; `on_exit` gets a return code as subprocess counts them (negative: a signal)."""


class ProcessRunner:
    """Runs an environment as a session of its own under the emulator's account."""

    def start(self, launch: Launch, on_output: Callable[[bytes], None], on_exit: Callable[[int], None]) -> Sandbox:
        """Start the process; it dies with the emulator, even when that is killed."""
        read_end, write_end = os.pipe()
        os.set_blocking(read_end, False)
        try:
            process = _spawn(launch, write_end)
        except OSError as error:
            os.close(read_end)
            shutil.rmtree(launch.scratch, ignore_errors=True)
            raise FileNotFoundError(f"{launch.command[0]}: {error.strerror}") from error
        finally:
            os.close(write_end)
        marker = f"AWS_LAMBDA_LOG_STREAM_NAME={launch.environment['AWS_LAMBDA_LOG_STREAM_NAME']}".encode()
        return ProcessSandbox(process, read_end, marker, on_output, _then_remove(launch.scratch, on_exit))


def _then_remove(scratch: Path, on_exit: Callable[[int], None]) -> Callable[[int], None]:
    def ended(code: int) -> None:
        shutil.rmtree(scratch, ignore_errors=True)
        on_exit(code)

    return ended


def _spawn(launch: Launch, output: int) -> subprocess.Popen[bytes]:
    with warnings.catch_warnings():
        # Python 3.12 warns of forking beside other threads; the child only makes system calls before exec.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(
            launch.command,
            env=dict(launch.environment),
            cwd=launch.working_dir,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_confine(os.getpid(), launch.storage_mb),  # noqa: PLW1509 -- only system calls, see _confine
        )


def _confine(parent: int, storage_mb: int) -> Callable[[], None]:
    """What the child does before exec: only system calls, through functions that are loaded already."""
    prctl = None if _LIBC is None else _LIBC.prctl

    def confine() -> None:
        if prctl is not None:
            prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE)  # so that read-only code is read-only for root, too
            if os.getppid() != parent:
                os._exit(1)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (storage_mb * _MB, storage_mb * _MB))

    return confine


class ProcessSandbox:
    """One process group."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        output: int,
        marker: bytes,
        on_output: Callable[[bytes], None],
        on_exit: Callable[[int], None],
    ) -> None:
        self.pid = process.pid
        self._process = process
        self._output = output
        self._marker = marker
        self._on_output = on_output
        self._on_exit = on_exit
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(output, self.drain)
        self._watch()

    def drain(self) -> None:
        """Hand over what is in the pipe."""
        while self._output >= 0:
            try:
                data = os.read(self._output, _READ_BYTES)
            except BlockingIOError:
                return
            if not data:
                self._close_output()
                return
            self._on_output(data)

    def freeze(self) -> None:
        """SIGSTOP the group."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT the group."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL the group and whatever has left it but still carries this environment's marker."""
        members = processes.descendants(self.pid)
        self._signal(signal.SIGKILL)
        for pid in {*members, *processes.processes_with(self._marker)} - {self.pid}:
            processes.end(pid)

    def _signal(self, number: signal.Signals) -> None:
        # The group outlives its leader as long as it has members; an empty group is no error.
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return

    def _watch(self) -> None:
        if hasattr(os, "pidfd_open"):
            descriptor = os.pidfd_open(self.pid)
            self._loop.add_reader(descriptor, self._exited, descriptor)
        else:
            threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        self._process.wait()
        self._loop.call_soon_threadsafe(self._exited, None)

    def _exited(self, descriptor: int | None) -> None:
        if descriptor is not None:
            self._loop.remove_reader(descriptor)
            os.close(descriptor)
        self.kill()
        self.drain()
        self._close_output()
        self._on_exit(self._process.wait())

    def _close_output(self) -> None:
        if self._output >= 0:
            self._loop.remove_reader(self._output)
            os.close(self._output)
            self._output = -1


def describe_exit(code: int) -> str:
    """An exit as Lambda words it: `exit status 1`, `signal: killed`, or nothing for 0."""
    if code == 0:
        return ""
    if code > 0:
        return f"exit status {code}"
    names = {
        signal.SIGKILL: "killed",
        signal.SIGSEGV: "segmentation fault",
        signal.SIGABRT: "aborted",
        signal.SIGTERM: "terminated",
        signal.SIGBUS: "bus error",
        signal.SIGFPE: "floating point exception",
        signal.SIGILL: "illegal instruction",
        signal.SIGINT: "interrupt",
    }
    return f"signal: {names.get(signal.Signals(-code), f'signal {-code}')}"
