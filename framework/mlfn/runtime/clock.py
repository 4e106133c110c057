"""Times as records hold them."""

from __future__ import annotations

from time import gmtime, time_ns

RETENTION_S = 365 * 86_400


class Clock:
    """A clock that keeps the text of its last second, and cuts digits instead of dividing numbers."""

    __slots__ = ("_digits", "_text", "expiry_s")

    def __init__(self) -> None:
        self._digits = self._text = ""
        self.expiry_s = 0
        """When a record of the last time told expires."""

    def now(self) -> str:
        """`2026-11-23T06:18:00.123456Z`."""
        return self.text(time_ns())

    def text(self, now_ns: int) -> str:
        """The same for nanoseconds since 1970."""
        digits = str(now_ns)
        if digits[:-9] != self._digits:
            self._digits = digits[:-9]
            second = int(self._digits)
            self.expiry_s = second + RETENTION_S
            now = gmtime(second)
            self._text = f"{now[0]:04}-{now[1]:02}-{now[2]:02}T{now[3]:02}:{now[4]:02}:{now[5]:02}."
        return f"{self._text}{digits[-9:-3]}Z"
