"""Calls in numbers as people see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path

from rich.console import Console
from tests.fixtures.audit_calls import ACCOUNT, START, Calls, row

from mlfn_audit.question import Period
from mlfn_audit.tallies import Summary
from mlfn_cli.stats_view import stats_as_text

Golden = Callable[[str, Path], None]
HERE = Path(__file__).parent
PERIOD = Period(since=START, until=START + timedelta(hours=1))


def printed(summary: Summary, counts: dict[str, int] | None) -> str:
    out = StringIO()
    Console(file=out, width=120, highlight=False, soft_wrap=True, color_system=None).print(
        stats_as_text(summary, counts)
    )
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def test_calls_in_numbers(matches_golden: Golden) -> None:
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

    text = printed(summary, {"deferred": 3, "lost": 0})

    matches_golden(text, HERE / "stats.txt")


def test_no_calls_in_numbers(matches_golden: Golden) -> None:
    text = printed(Summary(period=PERIOD, now=START), None)

    matches_golden(text, HERE / "stats-empty.txt")
