"""Schedule expressions, by the examples of EventBridge's guide."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mlfn_localstack.services.events.schedules import ScheduleError, next_tick, parse_schedule


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "now", "due"),
    [
        ("rate(1 minute)", "2026-01-01T00:00:30", "2026-01-01T00:01:30"),
        ("rate(5 minutes)", "2026-01-01T00:00:00", "2026-01-01T00:05:00"),
        ("rate(12 hours)", "2026-01-01T00:00:00", "2026-01-01T12:00:00"),
        ("rate(7 days)", "2026-01-01T00:00:00", "2026-01-08T00:00:00"),
        ("cron(0 10 * * ? *)", "2026-01-01T10:00:00", "2026-01-02T10:00:00"),
        ("cron(15 12 * * ? *)", "2026-01-01T10:00:00", "2026-01-01T12:15:00"),
        ("cron(0 18 ? * MON-FRI *)", "2026-11-20T18:00:00", "2026-11-23T18:00:00"),
        ("cron(0 8 1 * ? *)", "2026-01-01T09:00:00", "2026-02-01T08:00:00"),
        ("cron(0/15 * * * ? *)", "2026-01-01T10:46:00", "2026-01-01T11:00:00"),
        ("cron(0/10 * ? * MON-FRI *)", "2026-11-20T23:55:00", "2026-11-23T00:00:00"),
        ("cron(0/5 8-17 ? * MON-FRI *)", "2026-11-20T17:56:00", "2026-11-23T08:00:00"),
        ("cron(0/30 20-2/6 ? * * *)", "2026-01-01T00:00:00", None),
        ("cron(0 0 L * ? *)", "2026-02-01T00:00:00", "2026-02-28T00:00:00"),
        ("cron(0 0 3W * ? *)", "2026-10-01T00:00:00", "2026-10-02T00:00:00"),
        ("cron(0 0 1W * ? *)", "2026-08-01T00:00:00", "2026-08-03T00:00:00"),
        ("cron(0 0 ? * 3#2 *)", "2026-11-01T00:00:00", "2026-11-10T00:00:00"),
        ("cron(0 0 ? * 6L *)", "2026-11-01T00:00:00", "2026-11-27T00:00:00"),
        ("cron(0 9 ? * L *)", "2026-11-23T00:00:00", "2026-11-28T09:00:00"),
        ("cron(0 0 29 FEB ? *)", "2026-01-01T00:00:00", "2028-02-29T00:00:00"),
        ("cron(5 0 1,15 JAN,jun ? 2027-2028)", "2026-01-01T00:00:00", "2027-01-01T00:05:00"),
    ],
)
def test_the_next_tick(expression: str, now: str, due: str | None) -> None:
    if due is None:
        with pytest.raises(ScheduleError):
            parse_schedule(expression)
        return

    assert parse_schedule(expression).next_after(at(now)) == at(due)


def test_a_schedule_that_is_over_has_no_next_tick() -> None:
    assert parse_schedule("cron(0 0 1 1 ? 2020)").next_after(at("2026-01-01T00:00:00")) is None


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 minutes)",
        "rate(5 minute)",
        "rate(0 minutes)",
        "rate(1.5 hours)",
        "rate(5 seconds)",
        "rate(5  minutes)",
        "rate(999999999 days)",
        "cron(0 10 * * *)",
        "cron(0 10 * * * *)",
        "cron(0 10 ? * ? *)",
        "cron(60 10 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 10 32 * ? *)",
        "cron(0 10 ? * 8 *)",
        "cron(0 10 * * ? 1969)",
        "cron(0/0 10 * * ? *)",
        "at(2026-01-01T00:00:00)",
        "every minute",
    ],
)
def test_what_is_no_schedule_is_refused(expression: str) -> None:
    with pytest.raises(ScheduleError):
        parse_schedule(expression)


@pytest.mark.parametrize(
    ("expression", "due", "now", "following"),
    [
        ("rate(5 minutes)", "2026-01-01T00:05:00", "2026-01-01T00:05:01", "2026-01-01T00:10:00"),
        ("rate(5 minutes)", "2026-01-01T00:05:00", "2026-01-01T03:07:00", "2026-01-01T03:10:00"),
        ("cron(0 * * * ? *)", "2026-01-01T00:00:00", "2026-01-01T03:07:00", "2026-01-01T04:00:00"),
    ],
    ids=["on time", "a rate keeps its phase", "cron"],
)
def test_missed_ticks_are_skipped(expression: str, due: str, now: str, following: str) -> None:
    assert next_tick(parse_schedule(expression), at(due), at(now)) == at(following)
