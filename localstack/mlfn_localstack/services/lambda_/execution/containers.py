"""The `podman` and `docker` runners: environments in containers.

A function on a base image sees that image and nothing else; host images and zip archives see the machine's programs,
as under `bwrap`. Everything is mounted from where the emulator has it unpacked, read-only, on an empty image.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_.execution import memory_events, processes
from mlfn_localstack.services.lambda_.execution.child import give_way
from mlfn_localstack.services.lambda_.execution.container_arguments import (
    Container,
    engine_environment,
    run_arguments,
    variables_file,
)
from mlfn_localstack.services.lambda_.execution.container_engine import LABEL, Engine, EngineError
from mlfn_localstack.services.lambda_.execution.container_images import EmptyImages
from mlfn_localstack.services.lambda_.execution.leftover_containers import note_engine, state_id
from mlfn_localstack.services.lambda_.execution.root_view import check_command, view_of
from mlfn_localstack.services.lambda_.execution.runner import Launch, Output, OutputReader, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from mlfn_localstack.services.lambda_.execution.bare_root import BareRoot

_SIGNALLED = 128
"""An init ends with this and the signal's number where a signal ended the function, as shells do."""
_KILLED = -signal.SIGKILL
logger = logging.getLogger(__name__)


class ContainerRunner:
    """Starts environments in containers."""

    def __init__(self, engine: Engine, init: str, root: BareRoot, state_dir: Path) -> None:
        self._engine = engine
        self._init = init
        self._root = root
        self._state_dir = state_dir
        self._images = EmptyImages(engine)
        self._noted = False

    def start(self, launch: Launch, on_output: Callable[[bytes], None], on_exit: Callable[[int], None]) -> Sandbox:
        """Start a container; what an emulator that is killed leaves behind, the next one removes."""
        view = view_of(launch, self._root)
        try:
            check_command(launch, view)
            if not self._noted:
                note_engine(self._state_dir, self._engine)
                self._noted = True
        except BaseException:
            shutil.rmtree(launch.scratch, ignore_errors=True)
            raise
        container = Container(
            name=f"mlfn-localstack-{launch.scratch.name}",
            image=self._images.name(view),
            label=f"{LABEL}={state_id(self._state_dir)}",
            launch=launch,
            view=view,
        )
        sandbox = ContainerSandbox(self._engine, container, on_output, on_exit)
        sandbox.begin(lambda: self._images.have(view), tuple(run_arguments(container, self._engine, self._init)))
        return sandbox

    def close(self) -> None:
        """Nothing: an empty image is kept for the next time."""


class ContainerSandbox:
    """One container, from before it is there until it is removed."""

    def __init__(
        self,
        engine: Engine,
        container: Container,
        on_output: Callable[[bytes], None],
        on_exit: Callable[[int], None],
    ) -> None:
        self.pid = 0
        self.out_of_memory = False
        self._engine = engine
        self._container = container
        self._on_exit = on_exit
        self._killed = False
        self._stopped: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        read_end, self._written = os.pipe()
        os.set_blocking(read_end, False)
        self._reader = OutputReader(Output(pipe=read_end, taken=on_output, guard=container.launch.guard))

    def begin(self, prepare: Callable[[], str], arguments: tuple[str, ...]) -> None:
        """Have it started with these arguments, once `prepare` (blocking) is done."""
        self._spawn(self._live(prepare, arguments))

    def drain(self) -> None:
        """Hand over what is in the pipe."""
        self._reader.drain()

    def freeze(self) -> None:
        """SIGSTOP everything in it but its init, until no process is new."""
        while fresh := set(processes.descendants(self.pid)[1:] if self.pid else ()) - self._stopped:
            self._stopped |= fresh
            for pid in fresh:
                processes.send(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT what was stopped."""
        for pid in self._stopped:
            processes.send(pid, signal.SIGCONT)
        self._stopped.clear()

    def kill(self) -> None:
        """SIGKILL its init, with which the kernel ends all others; as soon as there is one."""
        self._killed = True
        if self.pid:
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                return
            except PermissionError:  # docker's, started by somebody who is not root
                self._spawn(self._have_killed())

    async def _have_killed(self) -> None:
        with contextlib.suppress(EngineError):
            await self._engine.call("kill", self._container.name)

    async def _live(self, prepare: Callable[[], str], arguments: tuple[str, ...]) -> None:
        code = 1
        try:
            await asyncio.to_thread(prepare)
            code = await self._run(arguments)
        except (EngineError, OSError) as error:
            logger.warning("A container could not be run: %s", error)
            os.write(self._written, f"{error}\n".encode())
        finally:
            os.close(self._written)
            self._reader.finish()
            await self._remove()
            self._on_exit(code)

    async def _run(self, arguments: tuple[str, ...]) -> int:
        """Start it, wait for its end, and give its exit as subprocess would count it."""
        launch = self._container.launch
        self._container.variables_file.write_text(variables_file(launch))
        starting = await self._engine.start(arguments, self._written, engine_environment(launch))
        code = await starting.wait()
        if code:
            return code
        follower = await self._follow()
        pid = await self._first_process()
        if pid:
            events = memory_events.events_file(pid)
            self.pid = pid
            self._begin_life()
            await _ended(pid)
            self.out_of_memory = events is not None and memory_events.kills(events) > 0
        code = await self._exit_code()
        if follower is not None:
            await follower.wait()
        return code

    def _begin_life(self) -> None:
        if self._killed:
            self.kill()
        for pid in processes.descendants(self.pid):
            give_way(pid)

    async def _follow(self) -> asyncio.subprocess.Process | None:
        """docker keeps the output; podman has the container write to the pipe."""
        if self._engine.name != "docker":
            return None
        return await self._engine.start(("logs", "--follow", self._container.name), self._written, os.environ)

    async def _first_process(self) -> int:
        """The id of its first process; 0 if it has ended."""
        if self._engine.name == "podman":
            return int(self._container.pid_file.read_text())
        return int(await self._engine.call("inspect", "--format={{.State.Pid}}", self._container.name))

    async def _exit_code(self) -> int:
        if self._killed:
            return _KILLED
        code = int(await self._engine.call("wait", self._container.name))
        said = await self._engine.call("inspect", "--format={{.State.OOMKilled}}", self._container.name)
        self.out_of_memory |= said == "true"
        return _SIGNALLED - code if code > _SIGNALLED and code - _SIGNALLED in set(signal.Signals) else code

    async def _remove(self) -> None:
        try:
            await self._engine.call("rm", "--force", self._container.name)
        except (EngineError, OSError) as error:
            logger.warning("The container %s could not be removed: %s", self._container.name, error)
        shutil.rmtree(self._container.launch.scratch, ignore_errors=True)

    def _spawn(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _ended(pid: int) -> None:
    """Return once a process, anybody's, has ended."""
    loop = asyncio.get_running_loop()
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
