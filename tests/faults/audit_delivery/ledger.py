"""What really happened, written down by who did it: the load generator and the model, never mlfn's code."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a caller got: `response` or `error`, and the bytes."""

    kind: str
    body: bytes


class Ledger:
    """A directory of files that are only ever appended to, one whole line a write: a kill cuts none in two."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self._dispatched = _open(folder / "dispatched")
        self._answered = _open(folder / "answered")

    def dispatch(self, number: int, invocation: str) -> None:
        """Call `number` goes out under this invocation id."""
        os.write(self._dispatched, f"{number} {invocation}\n".encode())

    def answer(self, number: int, kind: str, body: bytes) -> None:
        """Its answer has come."""
        os.write(self._answered, f"{number} {kind} {body.hex()}\n".encode())

    def close(self) -> None:
        """Write no more."""
        os.close(self._dispatched)
        os.close(self._answered)

    def dispatched(self) -> dict[int, str]:
        """Call number to invocation id."""
        return {int(number): invocation for number, invocation in self._lines("dispatched")}

    def answered(self) -> dict[int, Answer]:
        """Call number to answer."""
        lines = self._lines("answered")
        return {int(number): Answer(kind=kind, body=bytes.fromhex(body)) for number, kind, body in lines}

    def ran(self) -> list[tuple[int, str]]:
        """Call number and whatever else the model has noted, once for each time it ran (files `ran-*`)."""
        found = []
        for path in sorted(self.folder.glob("ran-*")):
            for line in path.read_text().splitlines():
                number, _, rest = line.partition(" ")
                found.append((int(number), rest))
        return found

    def _lines(self, name: str) -> list[list[str]]:
        return [line.split() for line in (self.folder / name).read_text().splitlines()]


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
