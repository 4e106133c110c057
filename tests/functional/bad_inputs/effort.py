"""What refusing a request costs: processor time of the emulator and of the function, not the time of a loaded machine.

A hang that waits costs none: the function's own timeout of five seconds ends it, with another answer than the one that
is expected.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT_S = 1.0
"""AUDIT's bound for each refusal; most take some milliseconds."""
_TICKS = os.sysconf("SC_CLK_TCK")
_OWN, _CHILDREN = slice(11, 13), slice(11, 15)
"""Of /proc/<pid>/stat behind the name: utime and stime; and those of children that are gone."""


@contextmanager
def bounded(emulator: int, function: str) -> Iterator[None]:
    """Let what is done in it cost at most LIMIT_S of processor time."""
    before = _spent(emulator, function)
    yield
    after = _spent(emulator, function)
    took = sum(max(spent - before.get(process, 0.0), 0.0) for process, spent in after.items())
    assert took <= LIMIT_S, f"it took {took:.2f} s of processor time"


def _spent(emulator: int, function: str) -> dict[int, float]:
    """Seconds by process: the emulator's own, and those of the environments of a function."""
    mark = f"AWS_LAMBDA_FUNCTION_NAME={function}\0".encode()
    found = {emulator: _seconds(emulator, _OWN)}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and mark in _environ(entry):
            found[int(entry.name)] = _seconds(int(entry.name), _CHILDREN)
    return found


def _environ(entry: Path) -> bytes:
    try:
        return (entry / "environ").read_bytes()
    except OSError:  # it has ended, or is somebody else's
        return b""


def _seconds(process: int, which: slice) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended
        return 0.0
    return sum(map(int, fields[which])) / _TICKS
