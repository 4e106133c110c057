"""The process behind `pipe_keeper`: `python -S -E pipe_keeper_main.py CONTROL FOLDER`; standard library only.

Holds descriptors until it is told to let go. When the other end of CONTROL is gone, what is left in their pipes goes
to the ends of their streams' files. It inherits a lock that is let go when it has ended.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import time
from pathlib import Path

LONGEST_S = 2.0
"""Functions die with the emulator; something they have started may hold a pipe open for ever."""
_READ_BYTES = 65_536
_MESSAGE_BYTES = 8_192


def main(control: int, folder: Path) -> None:
    """Hold pipes until the emulator is gone, then save what is in them."""
    with socket.socket(fileno=control) as emulator:
        held = _hold(emulator)
    deadline = time.monotonic() + LONGEST_S
    for name, pipe in held.items():
        _save(folder / name, pipe, deadline)


def _hold(emulator: socket.socket) -> dict[str, int]:
    """The pipes by the names of their streams' files."""
    held: dict[str, int] = {}
    while True:
        data, descriptors, _, _ = socket.recv_fds(emulator, _MESSAGE_BYTES, 1)
        if not data:
            return held
        name = json.loads(data)
        if name in held:
            os.close(held.pop(name))
        held.update((name, each) for each in descriptors)


def _save(path: Path, pipe: int, deadline: float) -> None:
    """Move what is in a pipe to a file, until nobody can write to it any more."""
    with path.open("r+b") as file:
        file.seek(0, os.SEEK_END)
        while select.select([pipe], [], [], max(deadline - time.monotonic(), 0.0))[0]:
            data = os.read(pipe, _READ_BYTES)
            if not data:
                return
            file.write(data)
            file.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
