"""The clock of a running emulator."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime


def instant(seconds: float) -> str:
    """A moment as Java writes it: in UTC, with three digits of a second or, on the second, none."""
    moment = datetime.fromtimestamp(round(seconds, 3), UTC)
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")


class SystemClock:
    """The machine's clock; sleeping costs nothing until the time has come."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def seconds_until(self, moment: float) -> float:
        """What there is left until `moment`; negative once it has passed."""
        return moment - time.time()

    async def sleep_until(self, moment: float) -> None:
        """Return once `moment` has come."""
        while (remaining := moment - time.time()) > 0:
            await asyncio.sleep(min(remaining, 86_400))
