"""Times are cut out of digits; they are the calendar's all the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mlfn.runtime.clock import RETENTION_S, Clock

MOMENTS = ("2026-11-27T02:30:00.000001", "2028-02-29T23:59:59.999999", "2001-09-09T01:46:40.000000")


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_time_is_the_calendars(moment: str) -> None:
    since = datetime.fromisoformat(moment).replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    microseconds = since // timedelta(microseconds=1)
    clock = Clock(lambda: microseconds * 1000 + 999)

    assert clock.now() == f"{moment}Z"
    assert clock.expiry_s == microseconds // 1_000_000 + RETENTION_S


def test_a_second_is_told_again_once_it_is_over() -> None:
    moments = iter([1_800_000_000_999_999_999, 1_800_000_001_000_000_000, 1_800_000_000_000_000_000])
    clock = Clock(lambda: next(moments))

    times = [clock.now() for _ in range(3)]

    assert [time[-10:] for time in times] == ["00.999999Z", "01.000000Z", "00.000000Z"]
