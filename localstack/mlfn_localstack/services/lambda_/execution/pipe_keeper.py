"""A process that holds the functions' pipes as well, and saves what is in them when the emulator is killed."""

from __future__ import annotations

import fcntl
import json
import logging
import socket
import subprocess
import sys
from pathlib import Path

_MAIN = Path(__file__).with_name("pipe_keeper_main.py")
LOCK = "lock"
_LOG = logging.getLogger(__name__)


class PipeKeeper:
    """Starts the process with the first pipe; it ends with the emulator, however that ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def hold(self, name: str, pipe: int) -> None:
        """Have the reading end of a pipe held; what is left in it goes to the folder's file of this name."""
        self._send(name, [pipe])

    def let_go(self, name: str) -> None:
        """Hold it no more."""
        self._send(name, [])

    def close(self) -> None:
        """Let the process end."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.wait()
            self._process = None

    def _send(self, name: str, descriptors: list[int]) -> None:
        try:
            if self._control is None:
                self._control = self._start()
            socket.send_fds(self._control, [json.dumps(name).encode()], descriptors)
        except OSError as error:  # it was killed: what it would have saved is at risk until the next start
            _LOG.warning("Functions' output is not kept over a kill of the emulator: %s", error)

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-S", "-E", str(_MAIN), str(theirs.fileno()), str(self._folder)]
        ours.setblocking(False)
        with theirs, (self._folder / LOCK).open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)  # of the open file: the process has it from its first moment to its last
            self._process = subprocess.Popen(
                command,
                env={},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=(theirs.fileno(), lock.fileno()),
            )
        return ours
