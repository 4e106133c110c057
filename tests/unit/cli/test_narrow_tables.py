"""Tables on a terminal that has no room for them."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console
from rich.text import Text
from tests.fixtures.graphs import LOCAL, deployment_of, graph_of

from mlfn_audit.access.report import Entry, Way
from mlfn_cli import output
from mlfn_cli.commands.access import access_table
from mlfn_cli.commands.approvals import questions_table
from mlfn_cli.commands.versions import versions_table
from mlfn_cli.views.deployment import endpoints
from mlfn_cli.views.plan import Shown, plan_tree
from mlfn_engine.planning.actions import Plan
from mlfn_engine.planning.differences import Change, Differences
from mlfn_engine.releases.history import FunctionVersions, Move, Shift, ShiftKind, Version

ROLE = "arn:aws:iam::123456789012:role/shop-dev-BasketSyncRole-7C1F2126C171"


def test_who_may_call_is_shown_whole_on_a_narrow_terminal() -> None:
    out = StringIO()
    entry = Entry(principal=ROLE, way=Way.PIPELINE, granted_by="pipeline", note="")

    Console(file=out, width=60).print(access_table([entry]))

    first_column = [line[: line.index("  ")] if "  " in line else line for line in out.getvalue().splitlines()[1:]]
    assert "…" not in out.getvalue()
    assert "".join(each.strip() for each in first_column).removeprefix("who") == ROLE


@pytest.mark.parametrize("is_terminal", [True, False], ids=["terminal", "pipe"])
def test_a_plan_cuts_no_permission_short(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_terminal: bool
) -> None:
    told = f"may s3:GetObject on arn:aws:s3:::{'prices-' * 40}2026/*"
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR" if is_terminal else "NO_COLOR", "1")
    changes = Differences(permissions=(Change(subject="MoodRole", told=told, added=True),))

    output.print_tree(plan_tree(Plan(app="shop", stage="dev", target=LOCAL, actions=()), changes, Shown()))

    shown = Text.from_ansi(capsys.readouterr().out).plain
    assert told.replace(" ", "") in "".join(line.lstrip("│├└─ ").replace(" ", "") for line in shown.splitlines())
    assert max(map(len, shown.splitlines())) <= 80 or not is_terminal


def test_whoever_must_agree_to_a_plan_is_shown_all_of_it() -> None:
    changes = Differences(permissions=tuple(Change(subject="R", told=f"may {n}", added=True) for n in range(30)))
    plan, out = Plan(app="shop", stage="dev", target=LOCAL, actions=()), StringIO()

    Console(file=out, width=80).print(plan_tree(plan, changes, Shown(most=None)))

    assert out.getvalue().count("+ may") == 30


def test_versions_take_a_line_each_on_a_narrow_terminal() -> None:
    at, by, moves = "2026-11-27T17:19:06.123456", "arn:aws:iam::1:root", (Move(function="mood", source="1", to="2"),)
    version = Version(number=2, image="c6271ebd995c", digest="", published_at=at)
    found = FunctionVersions(function="mood", versions=(version,), answering="2", held_below=None)
    history, out = (Shift(at=at, kind=ShiftKind.ROLLBACK, by=by, revision="1234567+", moves=moves),), StringIO()

    Console(file=out, width=80).print(versions_table(found, history, 80))

    assert out.getvalue().splitlines()[-1].split() == [
        *("→", "2", "c6271eb", "11-27", "17:19", "root", "11-27", "17:19", "rollback", "1234567+")
    ]


@pytest.mark.parametrize("width", [240, 60])
def test_what_can_be_called_is_told_with_urls_in_one_piece(width: int) -> None:
    url, out = "http://127.0.0.1:4566/_aws/execute-api/eyttx1pq9x", StringIO()

    deployment = replace(deployment_of({"mood": "95cec2f3030b"}, release=""), outputs=(("ApiUrl", url),))

    Console(file=out, width=width).print(endpoints(graph_of("mood"), deployment, width))

    assert url in out.getvalue()
    assert "/models/mood" in out.getvalue()


def test_questions_are_told_with_ids_that_can_be_answered() -> None:
    asked = {"id": "503d201f7e1f50b0", "pipeline": "ask", "state": "approval of s", "until": "2026-11-27T17:29:33Z"}
    about = {"execution": "dd8e0501-f648-4de9-a3eb-048905fe1162", "about": {"label": "positive", "score": 1.3}}
    out = StringIO()

    Console(file=out, width=80).print(questions_table([asked | about]))

    assert "503d201f7e1f50b0" in out.getvalue()
    assert "dd8e0501" in out.getvalue()
    assert "…" not in out.getvalue()
