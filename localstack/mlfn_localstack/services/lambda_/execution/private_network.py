"""A network namespace with nothing in it but loopback, on which the emulator itself listens.

A socket belongs to the namespace it was made in, whoever holds it: the child makes listening sockets in its new
namespace and hands them to the emulator, so that calls cost what they cost without one, and nothing is forwarded.
https://man7.org/linux/man-pages/man7/network_namespaces.7.html
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_.execution.accepting import Acceptor

if TYPE_CHECKING:
    from mlfn_localstack.services.lambda_.execution.runner import Listener

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 0x1
_BACKLOG = 64
_HOSTS = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class PrivateNetwork:
    """Loopback for one child, with these listeners on it."""

    def __init__(self, listeners: tuple[Listener, ...]) -> None:
        self._listeners = listeners
        self._ours, self._childs = socket.socketpair()
        self._doors: list[Acceptor] = []

    def enter(self) -> None:
        """Move the calling process, which has one thread, into a new network (between fork and exec)."""
        _unshare()
        with socket.socket() as anyone:
            fcntl.ioctl(anyone, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP))
        sockets = [_listen(listener) for listener in self._listeners]
        socket.send_fds(self._childs, [b"\0"], [each.fileno() for each in sockets])

    def serve(self) -> None:
        """Answer what comes in there, once the child has entered it."""
        _, descriptors, _, _ = socket.recv_fds(self._ours, 1, len(self._listeners), socket.MSG_DONTWAIT)
        for listener, descriptor in zip(self._listeners, descriptors, strict=True):
            self._doors.append(Acceptor(socket.socket(fileno=descriptor), listener.connected))
        self._forget_pair()

    def close(self) -> None:
        """Stop listening."""
        self._forget_pair()
        while self._doors:
            self._doors.pop().close()

    def _forget_pair(self) -> None:
        self._ours.close()
        self._childs.close()


def _listen(listener: Listener) -> socket.socket:
    sock = socket.socket(listener.family)
    sock.bind((_HOSTS[listener.family], listener.port))
    sock.listen(_BACKLOG)
    return sock


def _unshare() -> None:
    """A network of its own; who may not have one gets it in a user namespace of his own, as himself."""
    if _LIBC is None:
        raise OSError("network namespaces are Linux's")
    if _LIBC.unshare(_CLONE_NEWNET) == 0:
        return
    uid, gid = os.geteuid(), os.getegid()
    if _LIBC.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    process = Path("/proc/self")
    (process / "setgroups").write_text("deny")
    (process / "uid_map").write_text(f"{uid} {uid} 1")
    (process / "gid_map").write_text(f"{gid} {gid} 1")
