"""Tables on a terminal that has no room for them."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from mlfn_audit.access.report import Entry, Way
from mlfn_cli.commands.access import access_table

ROLE = "arn:aws:iam::123456789012:role/shop-dev-BasketSyncRole-7C1F2126C171"


def test_who_may_call_is_shown_whole_on_a_narrow_terminal() -> None:
    out = StringIO()
    entry = Entry(principal=ROLE, way=Way.PIPELINE, granted_by="pipeline", note="")

    Console(file=out, width=60).print(access_table([entry]))

    first_column = [line[: line.index("  ")] if "  " in line else line for line in out.getvalue().splitlines()[1:]]
    assert "…" not in out.getvalue()
    assert "".join(each.strip() for each in first_column).removeprefix("who") == ROLE
