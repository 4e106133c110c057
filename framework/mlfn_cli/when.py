"""Moments as people type them: `1h`, `30m`, `2d`, or ISO 8601 (UTC, as everything here is shown, unless it says)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from mlfn.errors import UsageError

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str, now: datetime) -> datetime:
    """A moment in UTC: so long before `now`, or as written.

    Raises:
        UsageError: it is neither.
    """
    try:
        if found := re.fullmatch(r"(\d+)([smhdw])", text):
            return now - timedelta(**{UNITS[found[2]]: int(found[1])})
        written = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{text!r} is no moment.", hint="Write 30s, 15m, 1h, 2d, or ISO 8601 such as 2026-11-23T10:00:00Z."
        ) from error
    return written.astimezone(UTC) if written.tzinfo else written.replace(tzinfo=UTC)
