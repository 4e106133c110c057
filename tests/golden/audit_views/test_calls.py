"""The table of calls, as terminals of several widths show it."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table
from tests.fixtures.audit_calls import ACCOUNT, RUN, Calls, row

from mlfn_audit.query import CallRow
from mlfn_cli.views.calls import as_csv, as_line, as_table, csv_header

Golden = Callable[[str, Path], None]
HERE = Path(__file__).parent


@pytest.fixture
def rows() -> list[CallRow]:
    """A plain call, a failure, one that is running, a step of a pipeline, and one by somebody with a strange name."""
    calls = Calls()
    return [
        row(calls.add(0)),
        row(calls.add(1, phase="error", st="error", er="ValueError", took_ms=1203.4, fv="12", oh=None)),
        row(calls.add(2, phase="started", ca=None, cl=0)),
        row(calls.add(3, m="shop.price", ex=RUN, sn="price", cl=1, ct="aws_service")),
        row(
            calls.add(
                4, ca=f"{ACCOUNT}:user/[/red]\u202eevil", cl=0, phase="rejected", st="rejected", er="ContractError"
            )
        ),
    ]


def printed(table: Table, width: int) -> str:
    out = StringIO()
    Console(file=out, width=width, highlight=False, soft_wrap=True, color_system=None).print(table)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


@pytest.mark.parametrize("width", [160, 110, 80, 50])
def test_a_table_of_calls_leaves_out_what_does_not_fit(rows: list[CallRow], matches_golden: Golden, width: int) -> None:
    text = printed(as_table(rows, width), width)

    matches_golden(text, HERE / f"calls-{width}.txt")
    assert max(map(len, text.splitlines())) <= width


def test_calls_that_come_one_by_one_stand_below_each_other(rows: list[CallRow], matches_golden: Golden) -> None:
    lines = [printed(as_line(each, 160, header=number == 0), 160) for number, each in enumerate(rows)]

    matches_golden("".join(lines), HERE / "calls-following.txt")


def test_csv_has_every_field_and_no_formulas(rows: list[CallRow], matches_golden: Golden) -> None:
    evil = Calls()
    evil.add(9, ua='=HYPERLINK("http://evil","x")', os="a,b")

    text = csv_header() + "".join(map(as_csv, [*rows, row(evil.records[0])]))

    matches_golden(text.replace("\r\n", "\n"), HERE / "calls.csv")
    assert text.count("\r\n") == len(rows) + 2
