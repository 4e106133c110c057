"""A stream's output in a file, on its way from the pipe to CloudWatch Logs: a kill -9 of the emulator loses none.

The file begins with a JSON line: the stream, the number of its first line in the stream, and a mark. Then come the
function's bytes as they were, and the platform's lines: the mark and a JSON string, since they may hold line ends.
"""

from __future__ import annotations

import json
import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LIMIT_BYTES = 4_000_000
"""From here on a file is begun anew, with what is not yet in CloudWatch Logs."""
_AT_ONCE = 65_536


class OutputFile:
    """Made when it is first needed, and again after it was removed."""

    def __init__(self, path: Path, group: str, stream: str) -> None:
        self.path = path
        self.size = 0
        self._stream = {"group": group, "stream": stream}
        self._mark = secrets.token_hex(8)
        self._descriptor = -1
        self._splices = hasattr(os, "splice")

    def begin(self, first: int, texts: Iterable[str] = (), rest: bytes = b"") -> None:
        """Write to a new file: of `texts`, or whatever else comes next, the first is the stream's `first`-th line.

        `rest` is the beginning of a line whose end is to come.
        """
        self._close()
        head = json.dumps({**self._stream, "first": first, "mark": self._mark}).encode() + b"\n"
        draft = self.path.with_suffix(".draft")
        self._descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self.size = 0
        self._append(head + self._marked(texts) + rest)
        draft.replace(self.path)

    @property
    def is_there(self) -> bool:
        """Whether it can be written to."""
        return self._descriptor >= 0

    def take(self, pipe: int) -> bytes:
        """What is in a pipe, once it is in the file; empty at its end.

        Raises:
            BlockingIOError: nothing is in it.
        """
        if self._splices:
            try:
                # In one step: whoever is killed has either moved the bytes or left them in the pipe.
                count = os.splice(pipe, self._descriptor, _AT_ONCE, offset_dst=self.size)
            except BlockingIOError:
                raise
            except OSError:  # a file system that cannot
                self._splices = False
            else:
                data = os.pread(self._descriptor, count, self.size)
                self.size += count
                return data
        data = os.read(pipe, _AT_ONCE)
        self._append(data)
        return data

    def add(self, *texts: str) -> None:
        """Lines of the platform's."""
        self._append(self._marked(texts))

    def end_line(self) -> None:
        """What the function has not ended is a line by itself."""
        self._append(b"\n")

    def remove(self) -> None:
        """Everything in it is in CloudWatch Logs."""
        if self._descriptor >= 0:
            self._close()
            self.path.unlink(missing_ok=True)

    def _marked(self, texts: Iterable[str]) -> bytes:
        return "".join([f"{self._mark}{json.dumps(text)}\n" for text in texts]).encode()

    def _append(self, data: bytes) -> None:
        self.size += os.pwrite(self._descriptor, data, self.size)

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
