"""The `zygote` runner: environments of Python programs are forked from a process that has imported their packages.

A zygote is made with the first environment of a program and follows its imports (see `zygote_main`). Programs that
are not Python's, and zygotes that cannot be trusted to fork, get the `process` runner. No security boundary either.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_.execution.runner import (
    Launch,
    Output,
    ProcessRunner,
    ProcessSandbox,
    Sandbox,
    marker,
    then_remove,
)
from mlfn_localstack.services.lambda_.execution.zygote_process import VOLATILE, Answer, ZygoteProcess

if TYPE_CHECKING:
    from collections.abc import Callable

KEEP_S = 60.0
"""How long a zygote without environments is kept."""
TRIAL_S = 10.0
"""What ends by itself within this time may do so because it was forked; a process will tell."""
_PYTHON = re.compile(r"python3\.\d+")
_FLAGS = re.compile(r"-[bBEIOPqsSu]+")
_SIGKILLED = -9
logger = logging.getLogger(__name__)

Key = tuple[tuple[str, ...], tuple[tuple[str, str], ...], Path, int]


class ZygoteRunner:
    """Forks environments where it can."""

    def __init__(self, keep_s: float = KEEP_S) -> None:
        self._fallback = ProcessRunner()
        self._keep_s = keep_s
        self._zygotes: dict[Key, ZygoteProcess] = {}
        self._distrusted: set[Key] = set()

    def start(self, launch: Launch, on_output: Callable[[bytes], None], on_exit: Callable[[int], None]) -> Sandbox:
        """Fork an environment, or start a process where that cannot be done."""
        key, parts = _key(launch), split_command(launch.command)
        if parts is None or key in self._distrusted:
            return self._fallback.start(launch, on_output, on_exit)
        zygote = self._zygotes.get(key)
        if zygote is None or zygote.ended:
            try:
                zygote = self._zygotes[key] = ZygoteProcess(launch, *parts)
            except OSError as error:
                shutil.rmtree(launch.scratch, ignore_errors=True)
                raise FileNotFoundError(f"{launch.command[0]}: {error.strerror}") from error
        sandbox = ZygoteSandbox(self._fallback, launch, on_output, self._counted(key, zygote, on_exit))
        sandbox.fork(zygote, lambda reason: self._distrust(key, reason))
        return sandbox

    def close(self) -> None:
        """End every zygote."""
        for zygote in self._zygotes.values():
            zygote.close()
        self._zygotes.clear()

    def _counted(self, key: Key, zygote: ZygoteProcess, on_exit: Callable[[int], None]) -> Callable[[int], None]:
        zygote.children += 1
        begun = time.monotonic()

        def ended(code: int) -> None:
            zygote.children -= 1
            if code not in (0, _SIGKILLED) and time.monotonic() - begun < TRIAL_S:
                self._distrust(key, f"one has ended with {code} soon after it was forked")
            if not zygote.children and not zygote.ended:
                asyncio.get_running_loop().call_later(self._keep_s, self._drop, key, zygote)
            on_exit(code)

        return ended

    def _drop(self, key: Key, zygote: ZygoteProcess) -> None:
        if not zygote.children:
            zygote.close()
            if self._zygotes.get(key) is zygote:
                del self._zygotes[key]

    def _distrust(self, key: Key, reason: str) -> None:
        if key not in self._distrusted:
            logger.warning("Environments of %s get the process runner: %s.", _name(key), reason)
            self._distrusted.add(key)


class ZygoteSandbox:
    """An environment that is being forked, and then the process it has become."""

    def __init__(
        self,
        fallback: ProcessRunner,
        launch: Launch,
        on_output: Callable[[bytes], None],
        on_exit: Callable[[int], None],
    ) -> None:
        self._fallback = fallback
        self._launch = launch
        self._on_output = on_output
        self._on_exit = on_exit
        self._inner: Sandbox | None = None
        self._killed = False

    out_of_memory = False

    @property
    def pid(self) -> int:
        """Its process; 0 while there is none."""
        return 0 if self._inner is None else self._inner.pid

    @pid.setter
    def pid(self, value: int) -> None:
        raise AttributeError(f"the pid is the process's own, not {value}")

    def fork(self, zygote: ZygoteProcess, distrust: Callable[[str], None]) -> None:
        """Have it forked; `distrust` gets the reason why that is not possible."""
        output, written = os.pipe()
        os.set_blocking(output, False)

        def answered(answer: Answer) -> None:
            if answer[0] == "forked":
                self._begin(zygote, int(answer[1]), output)
                return
            os.close(output)
            distrust(answer[1])
            self._start_process()

        zygote.fork(self._launch, written, answered)
        os.close(written)

    def drain(self) -> None:
        """Hand over what is in the pipe."""
        if self._inner is not None:
            self._inner.drain()

    def freeze(self) -> None:
        """SIGSTOP the group."""
        if self._inner is not None:
            self._inner.freeze()

    def thaw(self) -> None:
        """SIGCONT the group."""
        if self._inner is not None:
            self._inner.thaw()

    def kill(self) -> None:
        """SIGKILL what there is, or will be."""
        self._killed = True
        if self._inner is not None:
            self._inner.kill()

    def _begin(self, zygote: ZygoteProcess, pid: int, output: int) -> None:
        ended = then_remove(self._launch.scratch, self._on_exit)
        guarded = Output(pipe=output, taken=self._on_output, guard=self._launch.guard)
        self._inner = ForkedSandbox(zygote, Forked(pid=pid), guarded, marker(self._launch), ended)
        if self._killed:
            self._inner.kill()

    def _start_process(self) -> None:
        if self._killed:
            shutil.rmtree(self._launch.scratch, ignore_errors=True)
            self._on_exit(_SIGKILLED)
            return
        try:
            self._inner = self._fallback.start(self._launch, self._on_output, self._on_exit)
        except FileNotFoundError:
            self._on_exit(127)


class ForkedSandbox(ProcessSandbox):
    """A process group whose leader is the zygote's child, not ours."""

    def __init__(
        self,
        zygote: ZygoteProcess,
        process: Forked,
        output: Output,
        marker: bytes,
        on_exit: Callable[[int], None],
    ) -> None:
        self._zygote = zygote
        super().__init__(process, output, marker, on_exit)

    def _collect(self) -> None:
        """Have the zygote say how it ended."""
        self._zygote.reap(self.pid, self._reaped)

    def _reaped(self, answer: Answer) -> None:
        kind, value = answer
        self._on_exit(int(value) if kind == "reaped" else _SIGKILLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forked:
    """A process that somebody else waits for."""

    pid: int

    def wait(self) -> int:
        """Never asked: its sandbox collects the exit code from the zygote."""
        raise ChildProcessError(f"{self.pid} is no child of this process")


def split_command(command: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The interpreter's options and what it is to run (`-c CODE`, `-m MODULE` or a path), if that is Python."""
    if not _PYTHON.fullmatch(Path(command[0]).name):
        return None
    position = 1
    while position < len(command):
        argument = command[position]
        if argument in ("-X", "-W"):
            position += 2
        elif _FLAGS.fullmatch(argument):
            position += 1
        else:
            break
    options, entry = command[1:position], command[position:]
    if not entry or (entry[0] in ("-c", "-m") and len(entry) < 2):
        return None
    return (options, entry) if entry[0] in ("-c", "-m") or not entry[0].startswith("-") else None


def _key(launch: Launch) -> Key:
    stable = tuple(sorted((name, value) for name, value in launch.environment.items() if name not in VOLATILE))
    return launch.command, stable, launch.working_dir, launch.storage_mb


def _name(key: Key) -> str:
    return dict(key[1]).get("AWS_LAMBDA_FUNCTION_NAME", key[0][0])
