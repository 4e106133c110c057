"""How long the front door may wait for others."""

from __future__ import annotations

from time import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlfn.runtime.api import Invocation

_RESERVE_S = 1.0
"""Left of the function's time for the answer and the record."""


def time_left(invocation: Invocation) -> float:
    """Seconds that what an answer needs may take."""
    return max(invocation.deadline_ms / 1000 - time() - _RESERVE_S, 0.5)
