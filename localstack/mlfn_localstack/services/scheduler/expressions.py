"""Schedule expressions in a time zone: `at(2030-01-01T09:00:00)`, and what EventBridge's rules have, too.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, assert_never

from mlfn_localstack.services.events.cron import Cron
from mlfn_localstack.services.events.schedules import Rate, Schedule, ScheduleError, next_tick, parse_schedule

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """One moment."""

    moment: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """When a schedule is due, in its time zone."""

    kind: Once | Schedule
    zone: ZoneInfo

    def first(self, begin: datetime) -> datetime | None:
        """The first time that it is due: a rate at its beginning, a cron expression when it says so next."""
        match self.kind:
            case Once(moment=moment):
                return moment
            case Rate():
                return begin
            case Cron():
                return self._next_by_clock(self.kind, begin - timedelta(microseconds=1))
            case _:
                assert_never(self.kind)

    def following(self, due: datetime, now: datetime) -> datetime | None:
        """The first time after now, once `due` has been fired; None: never again."""
        match self.kind:
            case Once():
                return None
            case Rate():
                return next_tick(self.kind, due, now)
            case Cron():
                return self._next_by_clock(self.kind, max(due, now))
            case _:
                assert_never(self.kind)

    def _next_by_clock(self, cron: Cron, moment: datetime) -> datetime | None:
        """The next minute by the zone's clock; one that it shows twice counts once, one that it skips not at all."""
        shown = moment.astimezone(self.zone).replace(tzinfo=UTC)
        while (found := cron.next_after(shown)) is not None:
            due = found.replace(tzinfo=self.zone).astimezone(UTC)
            if due > moment and due.astimezone(self.zone).replace(tzinfo=UTC) == found:
                return due
            shown = found
        return None


def parse_expression(text: str, zone: str) -> Expression:
    """What an expression means in a time zone.

    Raises:
        ScheduleError: it means nothing, or there is no such zone.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - few emulators keep a schedule

    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ScheduleError(f"{zone} is no time zone") from error
    match = _AT.fullmatch(text)
    if match is None:
        return Expression(kind=parse_schedule(_numbered(text)), zone=place)
    try:
        moment = datetime.fromisoformat(match[1]).replace(tzinfo=place).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ScheduleError(f"{text} names no moment") from error
    return Expression(kind=Once(moment=moment), zone=place)


def _numbered(text: str) -> str:
    """A rate with its unit in the number that rules insist on; schedules take `rate(2 minute)`, too."""
    rate = _RATE.fullmatch(text)
    if rate is None:
        return text
    return f"rate({rate[1]} {rate[2]}{'' if rate[1] == '1' else 's'})"
