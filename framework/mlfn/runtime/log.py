"""The function's log: standard output, where each of our lines is one write and starts a line of its own."""

from __future__ import annotations

import sys
from io import BufferedWriter, FileIO, TextIOWrapper
from os import dup, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _LastByte(FileIO):
    """Standard output that remembers whether a line is open."""

    open_line = False

    def write(self, data: Any, /) -> int:
        """Write, and note the last byte."""
        written = super().write(data) or 0
        if written:
            self.open_line = memoryview(data).cast("B")[written - 1] != 10
        return written


class Log:
    """Writes our lines beside the user's; keeps a descriptor of its own, since user code may close the other."""

    def __init__(self, descriptor: int = 1) -> None:
        self._raw = _LastByte(descriptor, "w", closefd=False)
        self._descriptor = dup(descriptor)

    def take_stdout(self) -> None:
        """Let prints go line by line, so that a killed call's last words are in the log."""
        sys.stdout = TextIOWrapper(
            BufferedWriter(self._raw), encoding="utf-8", errors="backslashreplace", line_buffering=True
        )

    def flush(self) -> None:
        """Write what user code has printed so far."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (AttributeError, ValueError, OSError):
                continue  # closed or replaced by user code: nothing of it is ours to save

    def line(self, text: bytes) -> bool:
        """Write a line at once; False if it could not be written."""
        if self._raw.open_line:
            text = b"\n" + text
            self._raw.open_line = False
        try:
            return write(self._descriptor, text) == len(text)
        except OSError:
            return False
