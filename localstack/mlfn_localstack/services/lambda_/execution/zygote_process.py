"""The emulator's side of a zygote: its process, and what it is asked to do."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import shutil
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_.execution.child import (
    Child,
    die_with,
    limit_resources,
    respect_permissions,
    spawn,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_localstack.services.lambda_.execution.runner import Launch

MAIN = Path(__file__).with_name("zygote_main.py")
ANSWER_LIMIT_S = 8.0
FREEZE_AFTER_S = 1.0
_MAX_ANSWER = 4096
_READ_BYTES = 65_536
VOLATILE = frozenset(
    {
        "AWS_ACCESS_KEY_ID",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "HOME",
        "TMPDIR",
    }
)
"""What differs between two environments of one version."""

Answer = tuple[str, str]
"""`forked` and a pid, `reaped` and an exit code, `failed` and why."""
logger = logging.getLogger(__name__)


class ZygoteProcess:
    """A zygote for one program with one set of variables."""

    def __init__(self, launch: Launch, options: tuple[str, ...], entry: tuple[str, ...]) -> None:
        self.children = 0
        self.ended = False
        self._loop = asyncio.get_running_loop()
        self._scratch = launch.scratch.with_name(f"zygote-{secrets.token_hex(4)}")
        self._scratch.mkdir(mode=0o700)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process, self._output = spawn(self._child(launch, options, entry, theirs.fileno()))
        self._control.setblocking(False)
        self._waiting: dict[str, Callable[[Answer], None]] = {}
        self._asked = 0
        self._stopped = False
        self._timer: asyncio.TimerHandle | None = None
        self._loop.add_reader(self._control, self._answered)
        self._loop.add_reader(self._output, self._said)

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def fork(self, launch: Launch, output: int, then: Callable[[Answer], None]) -> None:
        """Fork an environment whose output goes to the descriptor `output`."""
        variables = [f"{name}={value}".encode() for name, value in launch.environment.items()]
        self._ask([b"fork", os.fsencode(launch.working_dir), *variables], [output], then)

    def reap(self, pid: int, then: Callable[[Answer], None]) -> None:
        """Learn how an environment that has ended did so."""
        self._ask([b"reap", b"%d" % pid], [], then)

    def close(self) -> None:
        """End it; environments that are left end with it."""
        if self.ended:
            return
        self.ended = True
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self._control)
        self._loop.remove_reader(self._output)
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._control.close()
        os.close(self._output)
        shutil.rmtree(self._scratch, ignore_errors=True)
        waiting, self._waiting = self._waiting, {}
        for then in waiting.values():
            then(("failed", "the zygote has ended"))

    def _child(self, launch: Launch, options: tuple[str, ...], entry: tuple[str, ...], descriptor: int) -> Child:
        parent = os.getpid()

        def prepare() -> None:
            die_with(parent)
            respect_permissions()
            limit_resources(launch.storage_mb)

        stable = {name: value for name, value in launch.environment.items() if name not in VOLATILE}
        return Child(
            command=(launch.command[0], *options, str(MAIN), str(descriptor), *entry),
            environment={**stable, "HOME": str(self._scratch), "TMPDIR": str(self._scratch)},
            working_dir=launch.working_dir,
            prepare=prepare,
            descriptors=(descriptor,),
        )

    def _ask(self, fields: list[bytes], descriptors: list[int], then: Callable[[Answer], None]) -> None:
        if self.ended:
            then(("failed", "the zygote has ended"))
            return
        self._asked += 1
        identity = str(self._asked)
        self._thaw()
        try:
            socket.send_fds(self._control, [b"\0".join([identity.encode(), *fields])], descriptors)
        except OSError as error:
            then(("failed", str(error)))
            return
        self._waiting[identity] = then
        self._loop.call_later(ANSWER_LIMIT_S, self._give_up, identity)

    def _give_up(self, identity: str) -> None:
        """Stop waiting for an answer; what runs goes on."""
        then = self._waiting.pop(identity, None)
        if then is not None:
            then(("failed", "the zygote does not answer"))

    def _answered(self) -> None:
        try:
            data = self._control.recv(_MAX_ANSWER)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        identity, kind, value = data.decode().split("\0", 2)
        self._rest()
        then = self._waiting.pop(identity, None)
        if then is not None:
            then((kind, value))
        elif kind == "forked":  # nobody waits for it any more
            os.killpg(int(value), signal.SIGKILL)

    def _said(self) -> None:
        try:
            data = os.read(self._output, _READ_BYTES)
        except BlockingIOError:
            return
        if data:
            logger.debug("zygote %d: %s", self.pid, data.decode(errors="replace").rstrip())
        else:
            self._loop.remove_reader(self._output)

    def _thaw(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._stopped:
            self._stopped = False
            self._process.send_signal(signal.SIGCONT)

    def _rest(self) -> None:
        """Stop it once it has had time to import what the first environment still imports."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(FREEZE_AFTER_S, self._freeze)

    def _freeze(self) -> None:
        self._timer = None
        if not self._waiting and not self.ended:
            self._stopped = True
            self._process.send_signal(signal.SIGSTOP)
