"""The `bwrap` runner: environments in namespaces of their own, by bubblewrap (https://github.com/containers/bubblewrap).

A function sees the machine's programs and libraries read-only, its own code where its image has it, a /tmp of its own,
and on loopback its Runtime API and the emulator; no other file, process or address.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_.execution import processes
from mlfn_localstack.services.lambda_.execution.bare_root import BareRoot, bare_root
from mlfn_localstack.services.lambda_.execution.bwrap_arguments import arguments
from mlfn_localstack.services.lambda_.execution.child import Child, die_with, limit_resources, spawn
from mlfn_localstack.services.lambda_.execution.private_network import PrivateNetwork
from mlfn_localstack.services.lambda_.execution.root_view import RootView, check_command, view_of
from mlfn_localstack.services.lambda_.execution.runner import (
    Launch,
    Output,
    ProcessSandbox,
    RunnerUnavailableError,
    Sandbox,
    then_remove,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_PROBE_S = 5.0
_SIGNALLED = 128
"""bwrap ends with this and the signal's number where a signal ended the function, as shells do."""


class BwrapRunner:
    """Starts environments under `bwrap`."""

    def __init__(self, bwrap: str, root: BareRoot, *, nested_users: bool) -> None:
        self._bwrap = bwrap
        self._root = root
        self._nested_users = nested_users

    def start(self, launch: Launch, on_output: Callable[[bytes], None], on_exit: Callable[[int], None]) -> Sandbox:
        """Start the namespaces and the process in them; both die with the emulator, even when that is killed."""
        network = PrivateNetwork(launch.listeners)
        ended = _then_close(network, then_remove(launch.scratch, on_exit))
        try:
            view = view_of(launch, self._root)
            check_command(launch, view)
            process, output = self._spawn(launch, view, network)
        except BaseException:
            network.close()
            shutil.rmtree(launch.scratch, ignore_errors=True)
            raise
        network.serve()
        return BwrapSandbox(process, Output(pipe=output, taken=on_output, guard=launch.guard), b"", ended)

    def close(self) -> None:
        """Nothing: there is no more to it than its environments."""

    def problem(self, scratch: Path) -> str:
        """Why it does not work on this machine; empty if it does."""
        root = Path("/")
        launch = Launch(command=("true",), environment={}, working_dir=root, scratch=scratch, storage_mb=1)
        network = PrivateNetwork(())
        try:
            process, output = self._spawn(launch, view_of(launch, self._root), network)
        except (OSError, subprocess.SubprocessError) as error:
            return f"a network namespace cannot be made ({error})."
        finally:
            network.close()
        with os.fdopen(output, "rb") as said:
            try:
                code = process.wait(_PROBE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                return "a trial start did not end."
            return "" if code == 0 else (said.read() or b"").decode(errors="replace").strip() or f"exit status {code}"

    def _spawn(self, launch: Launch, view: RootView, network: PrivateNetwork) -> tuple[subprocess.Popen[bytes], int]:
        """bwrap with its arguments in a file without a name: the variables are no one else's to read."""
        descriptor = os.memfd_create("bwrap")
        try:
            told = arguments(launch, view, nested_users=self._nested_users)
            os.write(descriptor, b"".join(os.fsencode(each) + b"\0" for each in told))
            os.lseek(descriptor, 0, os.SEEK_SET)
            child = Child(
                command=(self._bwrap, "--args", str(descriptor), "--", *launch.command),
                environment={},  # a function's LD_PRELOAD must not reach bwrap, which is outside
                working_dir=launch.scratch,
                prepare=_prepare(os.getpid(), launch.storage_mb, network),
                descriptors=(descriptor,),
            )
            return spawn(child)
        finally:
            os.close(descriptor)


class BwrapSandbox(ProcessSandbox):
    """A process tree in a pid namespace: it ends with its first process."""

    def kill(self) -> None:
        """SIGKILL bwrap and the first process of the namespace, with which the kernel ends all others."""
        for pid in reversed(processes.descendants(self.pid)[:2]):
            processes.send(pid, signal.SIGKILL)

    def _code(self, code: int) -> int:
        return _SIGNALLED - code if code > _SIGNALLED and code - _SIGNALLED in set(signal.Signals) else code


def find_bwrap(state_dir: Path) -> BwrapRunner:
    """A runner for this machine, tried out.

    Raises:
        RunnerUnavailableError: bubblewrap is not installed, or the kernel does not let this user use it.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise RunnerUnavailableError("bubblewrap is not installed (Debian: apt-get install bubblewrap).")
    settings, interpreters = state_dir / "sandbox", state_dir / "interpreters"
    problem = ""
    root = bare_root(settings, interpreters)
    for nested_users in (False, True):  # bubblewrap before 0.8 cannot keep functions from making user namespaces
        runner = BwrapRunner(program, root, nested_users=nested_users)
        problem = runner.problem(state_dir)
        if not problem:
            return runner
    raise RunnerUnavailableError(f"bubblewrap does not work here: {problem}")


def _prepare(parent: int, storage_mb: int, network: PrivateNetwork) -> Callable[[], None]:
    def prepare() -> None:
        network.enter()
        die_with(parent)  # last: a change of credentials would clear it
        limit_resources(storage_mb)

    return prepare


def _then_close(network: PrivateNetwork, on_exit: Callable[[int], None]) -> Callable[[int], None]:
    def ended(code: int) -> None:
        network.close()
        on_exit(code)

    return ended
