"""How environments are started: one small protocol, and the `process` runner, which every machine has.

The `process` runner is no security boundary: functions run under the emulator's own account.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from mlfn_localstack.services.lambda_.execution import processes
from mlfn_localstack.services.lambda_.execution.child import (
    Child,
    die_with,
    limit_resources,
    respect_permissions,
    spawn,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_READ_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """What a root of its own shows of the machine's files: `source`, read-only, at `target`."""

    source: Path
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A loopback port that a network of its own has: `connected` makes the protocol that answers a connection."""

    port: int
    connected: Callable[[], asyncio.BaseProtocol]
    family: socket.AddressFamily = socket.AF_INET


class OutputGuard(Protocol):
    """Keeps what a process writes."""

    def hold(self, pipe: int) -> None:
        """From now on this pipe holds it."""

    def read(self, pipe: int) -> bytes:
        """What is in the pipe; empty at its end.

        Raises:
            BlockingIOError: nothing is in it.
        """

    def let_go(self) -> None:
        """The pipe is closed."""


class Unguarded:
    """Keeps nothing."""

    def hold(self, pipe: int) -> None:
        """Nothing to do."""

    def read(self, pipe: int) -> bytes:
        """What is in the pipe."""
        return os.read(pipe, _READ_BYTES)

    def let_go(self) -> None:
        """Nothing to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What to start: everything a process gets to see."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    working_dir: Path
    scratch: Path
    """Its home and temporary directory, removed when it ends."""
    storage_mb: int
    memory_mb: int = 128
    mounts: tuple[Mount, ...] = ()
    """Where the code is in a root of its own; without any, paths lead to the machine's own files."""
    root: Path | None = None
    """The whole root, where it is not to be the machine's programs."""
    listeners: tuple[Listener, ...] = ()
    guard: OutputGuard = field(default_factory=Unguarded)


class RunnerUnavailableError(Exception):
    """A runner does not work on this machine; the message says why and what to do."""


class Sandbox(Protocol):
    """A running environment."""

    pid: int
    """Its first process; 0 while there is none."""

    @property
    def out_of_memory(self) -> bool:
        """Whether the kernel ended it for the memory it took."""

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

    def close(self) -> None:
        """Let go of what the runner itself keeps, once no environment is left."""


class ProcessRunner:
    """Runs an environment as a session of its own under the emulator's account."""

    def start(self, launch: Launch, on_output: Callable[[bytes], None], on_exit: Callable[[int], None]) -> Sandbox:
        """Start the process; it dies with the emulator, even when that is killed."""
        child = Child(
            command=launch.command,
            environment=launch.environment,
            working_dir=launch.working_dir,
            prepare=_confine(os.getpid(), launch.storage_mb),
        )
        try:
            process, read_end = spawn(child)
        except OSError as error:
            shutil.rmtree(launch.scratch, ignore_errors=True)
            raise FileNotFoundError(f"{launch.command[0]}: {error.strerror}") from error
        output = Output(pipe=read_end, taken=on_output, guard=launch.guard)
        return ProcessSandbox(process, output, marker(launch), then_remove(launch.scratch, on_exit))

    def close(self) -> None:
        """Nothing: there is no more to it than its environments."""


def marker(launch: Launch) -> bytes:
    """The variable by which processes of an environment are known that have left its group."""
    return f"AWS_LAMBDA_LOG_STREAM_NAME={launch.environment['AWS_LAMBDA_LOG_STREAM_NAME']}".encode()


def then_remove(scratch: Path, on_exit: Callable[[int], None]) -> Callable[[int], None]:
    """What to do at the exit: remove an environment's directory first."""

    def ended(code: int) -> None:
        shutil.rmtree(scratch, ignore_errors=True)
        on_exit(code)

    return ended


def _confine(parent: int, storage_mb: int) -> Callable[[], None]:
    def confine() -> None:
        die_with(parent)
        respect_permissions()
        limit_resources(storage_mb)

    return confine


class Process(Protocol):
    """The leader of a process group."""

    @property
    def pid(self) -> int:
        """Its id."""

    def wait(self) -> int:
        """How it ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """Where a process's output comes from, and where it goes."""

    pipe: int
    taken: Callable[[bytes], None]
    guard: OutputGuard


class OutputReader:
    """Hands over what comes through a pipe, as it comes."""

    def __init__(self, output: Output) -> None:
        self._pipe = output.pipe
        self._output = output
        self._loop = asyncio.get_running_loop()
        output.guard.hold(output.pipe)
        self._loop.add_reader(output.pipe, self.drain)

    def drain(self) -> None:
        """Hand over what is in the pipe."""
        while self._pipe >= 0:
            try:
                data = self._output.guard.read(self._pipe)
            except BlockingIOError:
                return
            if not data:
                self._close()
                return
            self._output.taken(data)
            if len(data) < _READ_BYTES:  # the pipe is empty; asking once more would only raise
                return

    def finish(self) -> None:
        """Hand over what is in the pipe, and close it."""
        self.drain()
        self._close()

    def _close(self) -> None:
        if self._pipe >= 0:
            self._loop.remove_reader(self._pipe)
            os.close(self._pipe)
            self._pipe = -1
            self._output.guard.let_go()


class ProcessSandbox:
    """One process group."""

    out_of_memory = False

    def __init__(self, process: Process, output: Output, marker: bytes, on_exit: Callable[[int], None]) -> None:
        self.pid = process.pid
        self._process = process
        self._reader = OutputReader(output)
        self._marker = marker
        self._on_exit = on_exit
        self._strays: set[int] = set()
        self._loop = asyncio.get_running_loop()
        self._watch()

    def drain(self) -> None:
        """Hand over what is in the pipe."""
        self._reader.drain()

    def freeze(self) -> None:
        """SIGSTOP the group, and its descendants that have left it."""
        self._signal(signal.SIGSTOP)
        while fresh := processes.outside_group(processes.descendants(self.pid), self.pid) - self._strays:
            self._strays |= fresh
            for pid in fresh:
                processes.send(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT what was stopped."""
        self._signal(signal.SIGCONT)
        for pid in self._strays:
            processes.send(pid, signal.SIGCONT)
        self._strays.clear()

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
        self._reader.finish()
        self._collect()

    def _collect(self) -> None:
        self._on_exit(self._code(self._process.wait()))

    def _code(self, code: int) -> int:
        """The function's exit as subprocess would count it."""
        return code


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
