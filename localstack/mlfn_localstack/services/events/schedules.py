"""Schedule expressions: `rate(5 minutes)` and `cron(0 12 * * ? *)`, in UTC.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mlfn_localstack.services.events.cron import Cron, parse_cron

_RATE = re.compile(r"rate\((?P<value>[1-9]\d{0,8}) (?P<unit>minute|hour|day)(?P<plural>s?)\)")
_LONGEST = timedelta(days=36_500)
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A fixed period, counted from when the rule began."""

    period: timedelta

    def next_after(self, moment: datetime) -> datetime:
        """One period later."""
        return moment + self.period


Schedule = Rate | Cron


class ScheduleError(Exception):
    """Something that is no schedule expression."""


def parse_schedule(text: str) -> Schedule:
    """The schedule that an expression stands for.

    Raises:
        ScheduleError: it is none.
    """
    match = _RATE.fullmatch(text)
    if match is not None:
        value = int(match["value"])
        if (value == 1) is bool(match["plural"]):
            raise ScheduleError(f"{text} mixes singular and plural")
        period = value * _UNITS[match["unit"]]
        if period <= _LONGEST:
            return Rate(period=period)
    if text.startswith("cron(") and text.endswith(")"):
        cron = parse_cron(text[5:-1])
        if cron is not None:
            return cron
    raise ScheduleError(f"{text} is neither a rate nor a cron expression")


def next_tick(schedule: Schedule, due: datetime, now: datetime) -> datetime | None:
    """The first tick after now, when `due` has just been fired: missed ones are skipped, rates keep their phase."""
    if isinstance(schedule, Cron):
        return schedule.next_after(now)
    skipped = max(0, (now - due) // schedule.period)
    return due + (skipped + 1) * schedule.period


def moment(epoch: float) -> datetime:
    """A time in UTC."""
    return datetime.fromtimestamp(epoch, UTC)


def seconds_of(given: float | str | datetime) -> float:
    """A time that is given as a number, as text or as such."""
    if isinstance(given, str):
        given = datetime.fromisoformat(given)
    return given.timestamp() if isinstance(given, datetime) else float(given)
