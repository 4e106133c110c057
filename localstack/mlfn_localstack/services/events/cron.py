"""Cron expressions as EventBridge has them: minutes, hours, day of month, month, day of week (1 is Sunday), year.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html#eb-cron-expressions
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_ITEM = re.compile(r"(?P<low>\*|\w+)(?:-(?P<high>\w+))?(?:/(?P<step>\d+))?")
_NEAREST = re.compile(r"(\d{1,2})W")
_NTH = re.compile(r"(\w+)#([1-5])")
_LAST = re.compile(r"(\w+)L")

_MAX_DIGITS = 9

DayTest = Callable[[date], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """The minutes at which something is due."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: tuple[int, ...]
    years: tuple[int, ...]
    is_day: DayTest

    def next_after(self, moment: datetime) -> datetime | None:
        """The first due minute after a moment, or None if there is none any more."""
        times = [(hour, minute) for hour in self.hours for minute in self.minutes]
        for day in self._days(moment.date()):
            for hour, minute in times:
                due = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
                if due > moment:
                    return due
        return None

    def _days(self, first: date) -> Iterator[date]:
        for year in self.years:
            for month in self.months:
                if (year, month) < (first.year, first.month):
                    continue
                for number in range(1, calendar.monthrange(year, month)[1] + 1):
                    day = date(year, month, number)
                    if day >= first and self.is_day(day):
                        yield day


def parse_cron(text: str) -> Cron | None:
    """The expression's meaning, or None if it has none."""
    fields = text.upper().split(" ")
    if len(fields) != 6:
        return None
    minutes, hours, months = _numbers(fields[0], 0, 59), _numbers(fields[1], 0, 23), _numbers(fields[3], 1, 12, _MONTHS)
    years = _numbers(fields[5], 1970, 2199)
    is_day = _day_test(fields[2], fields[4])
    if not minutes or not hours or not months or not years or is_day is None:
        return None
    return Cron(minutes=minutes, hours=hours, months=months, years=years, is_day=is_day)


def _numbers(field: str, low: int, high: int, names: dict[str, int] | None = None) -> tuple[int, ...]:
    """The values of a field in order; none if it is malformed."""
    found: set[int] = set()
    for item in field.split(","):
        values = _range(item, low, high, names or {})
        if not values:
            return ()
        found |= set(values)
    return tuple(sorted(found))


def _range(item: str, low: int, high: int, names: dict[str, int]) -> range:
    match = _ITEM.fullmatch(item)
    if match is None or (match["low"] == "*" and match["high"]):
        return range(0)
    step = int(match["step"] or 1)
    first = low if match["low"] == "*" else _number(match["low"], names)
    open_ended = match["low"] == "*" or match["step"]
    last = _number(match["high"], names) if match["high"] else high if open_ended else first
    if first is None or last is None or not low <= first <= last <= high or step < 1:
        return range(0)
    return range(first, last + 1, step)


def _number(text: str, names: dict[str, int]) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
    return names[text] if text in names else int(text) if is_number else None


def _day_test(of_month: str, of_week: str) -> DayTest | None:
    """One of the two fields must be `?`."""
    if (of_month == "?") == (of_week == "?"):
        return None
    return _by_month(of_month) if of_week == "?" else _by_week(of_week)


def _by_month(field: str) -> DayTest | None:
    if field == "L":
        return lambda day: day.day == _length(day)
    if field == "LW":
        return lambda day: day.day == _nearest_weekday(day.replace(day=_length(day)))
    nearest = _NEAREST.fullmatch(field)
    if nearest is not None:
        number = int(nearest[1])
        if not 1 <= number <= 31:
            return None
        return lambda day: number <= _length(day) and day.day == _nearest_weekday(day.replace(day=number))
    numbers = _numbers(field, 1, 31)
    return (lambda day: day.day in numbers) if numbers else None


def _by_week(field: str) -> DayTest | None:
    if field == "L":
        return lambda day: _weekday(day) == 7
    nth, last = _NTH.fullmatch(field), _LAST.fullmatch(field)
    if nth is not None or last is not None:
        weekday = _number((nth or last or [""])[1], _DAYS)
        if weekday is None or not 1 <= weekday <= 7:
            return None
        if nth is not None:
            which = int(nth[2])
            return lambda day: _weekday(day) == weekday and (day.day - 1) // 7 + 1 == which
        return lambda day: _weekday(day) == weekday and day.day + 7 > _length(day)
    numbers = _numbers(field, 1, 7, _DAYS)
    return (lambda day: _weekday(day) in numbers) if numbers else None


def _weekday(day: date) -> int:
    return day.isoweekday() % 7 + 1


def _length(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _nearest_weekday(day: date) -> int:
    """The weekday closest to a day, in the same month."""
    if day.weekday() == 5:
        return day.day - 1 if day.day > 1 else day.day + 2
    if day.weekday() == 6:
        return day.day + 1 if day.day < _length(day) else day.day - 2
    return day.day
