"""Counting calls: percentiles close to the exact ones, rates that blame nobody wrongly, charts that fit."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.fixtures.audit_calls import START, Calls, row

from mlfn_audit.question import Period
from mlfn_audit.tallies import ORPHANED_S, PRECISION, SLICES, Durations, Summary
from mlfn_cli.views.stats import BAR, bar, sparkline

HOUR = Period(since=START, until=START + timedelta(hours=1))


@example([164], 0.01)
@given(st.lists(st.integers(1, 900_000_000), min_size=1, max_size=200), st.sampled_from([0.01, 0.5, 0.95, 0.99, 1.0]))
def test_percentiles_are_as_precise_as_promised(values: list[int], share: float) -> None:
    durations = Durations()
    for value in values:
        durations.add(value)

    told = durations.percentile(share)

    exact = sorted(values)[math.ceil(share * len(values)) - 1]
    assert told is not None
    assert abs(told - exact) <= exact * PRECISION + 0.5  # told in whole microseconds


def test_nothing_has_no_percentile() -> None:
    assert Durations().percentile(0.5) is None


def test_a_refusal_is_no_failure_and_a_running_call_no_success() -> None:
    calls = Calls()
    for number, (phase, status) in enumerate(
        [("completed", "ok"), ("error", "error"), ("abandoned", "oom"), ("rejected", "rejected"), ("started", None)]
    ):
        calls.add(number, phase=phase, st=status)
    summary = Summary(period=HOUR, now=START)

    summary.add(map(row, calls.records))

    assert (summary.all.calls, summary.all.failed, summary.abandoned) == (5, 2, 1)
    assert summary.all.failure_rate == pytest.approx(2 / 3)


def test_a_call_without_an_end_is_an_orphan_once_it_cannot_have_one() -> None:
    calls = Calls()
    calls.add(0, phase="started", dl=int(START.timestamp() * 1000))
    deadline = START + timedelta(seconds=ORPHANED_S)

    for now, orphans in ((deadline, 0), (deadline + timedelta(seconds=1), 1)):
        summary = Summary(period=HOUR, now=now)
        summary.add(map(row, calls.records))

        assert summary.orphans == orphans


def test_calls_fall_into_slices_of_the_period() -> None:
    calls = Calls()
    for second in (0, 1, 3599, 3600):
        calls.add(second)
    summary = Summary(period=HOUR, now=START)

    summary.add(map(row, calls.records))

    assert [each.calls for each in summary.slices] == [2, *[0] * (SLICES - 2), 2]


@given(st.lists(st.integers(0, 10**9), max_size=60))
def test_a_sparkline_shows_whatever_there_is(values: list[int]) -> None:
    line = sparkline(values)

    assert len(line) == len(values)
    assert [char == " " for char in line] == [value == 0 for value in values]
    assert not values or max(values) == 0 or line[values.index(max(values))] == "█"


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_bar_fits_and_shows_whatever_there_is(value: int, more: int) -> None:
    line = bar(value, value + more)

    assert len(line) <= BAR
    assert (line == "") == (value == 0)
