"""Times as records hold them."""

from __future__ import annotations

from time import gmtime, time_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

RETENTION_S = 365 * 86_400


class Clock:
    """A clock that keeps the text of its last second, and cuts digits instead of dividing numbers."""

    __slots__ = ("_digits", "_text", "_time_ns", "expiry_s")

    def __init__(self, time_ns: Callable[[], int] = time_ns) -> None:
        self._time_ns = time_ns
        self._digits = self._text = ""
        self.expiry_s = 0
        """When a record of the last time told expires."""

    def now(self) -> str:
        """`2026-11-23T06:18:00.123456Z`."""
        digits = str(self._time_ns())
        if digits[:-9] != self._digits:
            self._turn(digits[:-9])
        return f"{self._text}{digits[-9:-3]}Z"

    def _turn(self, digits: str) -> None:
        self._digits, second = digits, int(digits)
        self.expiry_s = second + RETENTION_S
        now = gmtime(second)
        self._text = f"{now[0]:04}-{now[1]:02}-{now[2]:02}T{now[3]:02}:{now[4]:02}:{now[5]:02}."
