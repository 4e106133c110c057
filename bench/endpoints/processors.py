"""Which processors measure, and which one is measured.

A function that has put a record was woken by the table's answer, and drawn by that to another processor than its
client's; one that has put nothing stays where its client is, which wakes it without waking a processor. On a virtual
machine a halted processor takes some 0.3 ms to wake, ten times what is measured here. In Lambda client and function
never share one. So the function has a processor of its own, whatever it does; `--shared` leaves it to the scheduler.
"""

from __future__ import annotations

import os


def keep_apart() -> set[int] | None:
    """Leave one processor to what is measured, and stay off it from now on; None where there is just one."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        return None
    os.sched_setaffinity(0, usable[:-1])
    return {usable[-1]}
