"""Calls in numbers as people see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from tests.fixtures.audit_calls import ACCOUNT, START, Calls, row

from mlfn_audit.question import Period
from mlfn_audit.tallies import Summary
from mlfn_cli.views.stats import stats_as_text

Golden = Callable[[str, Path], None]
HERE = Path(__file__).parent
PERIOD = Period(since=START, until=START + timedelta(hours=1))


def printed(summary: Summary, counts: dict[str, int] | None, width: int) -> str:
    out = StringIO()
    console = Console(file=out, width=width, highlight=False, soft_wrap=True, color_system=None)
    console.print(stats_as_text(summary, counts, width))
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


@pytest.mark.parametrize("width", [120, 75])
def test_calls_in_numbers(matches_golden: Golden, width: int) -> None:
    calls = Calls()
    for number in range(200):
        fields = {"fv": "2", "mv": "aaaaaaaaaaaa"} if number % 4 == 0 else {}
        if number % 25 == 0:
            fields |= {"phase": "error", "st": "error", "er": "KeyError"}
        calls.add(number * 17, took_ms=1 + number**2 / 10, ca=f"{ACCOUNT}:user/u{number % 13}", **fields)
    calls.add(5, phase="started", m="shop.[red]")
    calls.add(6, phase="rejected", st="rejected", er="ContractError", ca=None, cl=0)
    summary = Summary(period=PERIOD, now=START)
    summary.add(map(row, calls.records))

    text = printed(summary, {"deferred": 3, "lost": 0}, width)

    matches_golden(text, HERE / f"stats-{width}.txt")
    assert max(map(len, text.splitlines())) <= width


def test_no_calls_in_numbers(matches_golden: Golden) -> None:
    text = printed(Summary(period=PERIOD, now=START), None, 120)

    matches_golden(text, HERE / "stats-empty.txt")
