"""Moments as people type them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mlfn.errors import UsageError
from mlfn_cli.when import moment

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("30s", "2026-11-23T11:59:30+00:00", id="seconds"),
        pytest.param("90m", "2026-11-23T10:30:00+00:00", id="minutes"),
        pytest.param("2d", "2026-11-21T12:00:00+00:00", id="days"),
        pytest.param("1w", "2026-11-16T12:00:00+00:00", id="weeks"),
        pytest.param("2026-11-23T10:00:00+02:00", "2026-11-23T08:00:00+00:00", id="another zone"),
        pytest.param("2026-11-23T10:00:00Z", "2026-11-23T10:00:00+00:00", id="Z"),
        pytest.param("2026-11-23T10:00:00", "2026-11-23T10:00:00+00:00", id="as the tables show it, in UTC"),
    ],
)
def test_a_moment_is_so_long_ago_or_as_written(text: str, expected: str) -> None:
    assert moment(text, NOW).isoformat() == expected


@pytest.mark.parametrize("text", ["", "yesterday", "1y", "-1h", "1.5h", "99999999999d", "999999d"])
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(UsageError, match="is no moment"):
        moment(text, NOW)
