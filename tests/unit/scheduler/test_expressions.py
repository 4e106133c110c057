"""When schedules are due, in their time zones."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mlfn_localstack.services.events.schedules import ScheduleError
from mlfn_localstack.services.scheduler.expressions import parse_expression


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "zone", "first"),
    [
        ("at(2030-01-01T09:00:00)", "UTC", "2030-01-01T09:00:00"),
        ("at(2030-07-01T09:00:00)", "Europe/Berlin", "2030-07-01T07:00:00"),
        ("rate(5 minutes)", "UTC", "2026-11-26T12:00:30"),
        ("cron(0 9 * * ? *)", "UTC", "2026-11-27T09:00:00"),
        ("cron(0 9 * * ? *)", "America/New_York", "2026-11-26T14:00:00"),
    ],
)
def test_a_schedule_is_first_due(expression: str, zone: str, first: str) -> None:
    parsed = parse_expression(expression, zone)

    assert parsed.first(at("2026-11-26T12:00:30")) == at(first)


def test_a_start_on_the_minute_is_due_itself() -> None:
    parsed = parse_expression("cron(0 12 * * ? *)", "UTC")

    assert parsed.first(at("2026-11-26T12:00:00")) == at("2026-11-26T12:00:00")


def test_a_one_time_schedule_is_due_once_and_a_rate_keeps_its_phase() -> None:
    due, now = at("2026-01-01T00:00:00"), at("2026-01-01T00:12:00")

    assert parse_expression("at(2026-01-01T00:00:00)", "UTC").following(due, now) is None
    assert parse_expression("rate(5 minutes)", "UTC").following(due, now) == at("2026-01-01T00:15:00")


def test_a_minute_the_clock_skips_is_left_out_and_one_it_shows_twice_counts_once() -> None:
    night = parse_expression("cron(30 2 * * ? *)", "Europe/Berlin")

    assert night.following(at("2026-03-28T01:30:00"), at("2026-03-28T01:30:00")) == at("2026-03-30T00:30:00")
    assert night.following(at("2026-10-25T00:30:00"), at("2026-10-25T00:30:00")) == at("2026-10-26T01:30:00")


@pytest.mark.parametrize(
    ("expression", "zone"),
    [("at(2026-02-30T00:00:00)", "UTC"), ("at(now)", "UTC"), ("rate(0 minutes)", "UTC"), ("rate(1 hour)", "Mars/Base")],
)
def test_what_means_nothing_is_refused(expression: str, zone: str) -> None:
    with pytest.raises(ScheduleError):
        parse_expression(expression, zone)
