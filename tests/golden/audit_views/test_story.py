"""The whole story of a call as it is told: facts, attempts, and the run of its pipeline as a tree."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tests.fixtures.audit_calls import ACCOUNT, RUN, Calls, row

from mlfn.audit import codec
from mlfn_audit.query import CallRow
from mlfn_audit.record_proofs import Seal
from mlfn_audit.runs import tree_of
from mlfn_cli.output import ENDLESS
from mlfn_cli.views.story import Story, story_as_text

Golden = Callable[[str, Path], None]
HERE = Path(__file__).parent
DIGEST = codec.base64url(bytes(range(32)))


@pytest.fixture
def calls() -> Calls:
    return Calls()


def printed(story: Story) -> str:
    out = StringIO()
    console = Console(file=out, width=ENDLESS, highlight=False, soft_wrap=True, color_system=None)
    console.print(story_as_text(story))
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def run_of(calls: Calls) -> list[CallRow]:
    """Two pages are read side by side, one of them at the second try; a sum takes both, a last step fails."""
    steps: dict[str, Any] = {"ex": RUN, "ct": "aws_service", "cl": 1, "pt": "sfn"}
    own = calls.add(0, m="shop.judge", ex=RUN, took_ms=9000)
    one = calls.add(1, m="shop.ocr", sn="ocr", **steps)
    failed = calls.add(2, m="shop.ocr", sn="ocr", phase="error", st="error", er="OSError", oh=None, **steps)
    again = calls.add(4, m="shop.ocr", sn="ocr", rc=1, **steps)
    both = calls.add(5, m="shop.total", sn="total", pa=[one["id"], again["id"]], fv="3", **steps)
    last = calls.add(
        6, m="shop.verdict", sn="verdict", pa=[both["id"]], phase="abandoned", st="timeout", oh=None, du=None, **steps
    )
    return [row(each) for each in (own, one, failed, again, both, last)]


def test_a_call_with_everything_there_is_to_know(calls: Calls, matches_golden: Golden) -> None:
    earlier = row(calls.add(0, iv="same", phase="error", st="error", er="KeyError", oh=None, qa="live", pt="direct"))
    started = calls.add(60, iv="same", phase="started", qa="live", pt="direct")
    wire = calls.add(
        60,
        iv="same",
        qa="live",
        pt="direct",
        ma=DIGEST,
        im=DIGEST,
        ip="203.0.113.7",
        ua="curl/8",
        hk="0123456789abcdef",
        ib=1500,
        ob=28,
        os="3 pages",
        ds=["bucket/a.csv@v1#etag", "b.csv#00ff"],
        pc="full",
        pp="s3://mlfn-data/payloads/x.json",
        cs=True,
        dl=1795415520000,
        tp="1-5759e988-bd862e3fe1be46a994272793",
    )
    attempt = row(wire, started)
    seal = Seal(checkpoint=7, sealed_at="2026-11-23T06:35:00.000000Z")

    text = printed(Story(record=attempt.record, seal=seal, attempts=(earlier, attempt), run=()))

    matches_golden(text, HERE / "story.txt")


def test_a_run_is_a_tree(calls: Calls, matches_golden: Golden) -> None:
    rows = run_of(calls)

    text = printed(Story(record=rows[4].record, seal=Seal(), attempts=(rows[4],), run=tree_of(rows)))

    matches_golden(text, HERE / "story-run.txt")


def test_a_large_map_shows_its_failures(calls: Calls, matches_golden: Golden) -> None:
    own = calls.add(0, m="shop.judge", ex=RUN)
    steps = [calls.add(1 + number, m="shop.ocr", sn="ocr", pt="sfn", ex=RUN) for number in range(60)]
    steps.append(calls.add(70, m="shop.ocr", sn="ocr", pt="sfn", ex=RUN, phase="error", st="error", er="OSError"))
    rows = [row(each) for each in (own, *steps)]

    text = printed(Story(record=rows[0].record, seal=Seal(), attempts=(rows[0],), run=tree_of(rows)))

    assert "… 20 more, all ok" in text
    assert "OSError" in text


def test_altered_records_and_strange_names_are_told_plainly(calls: Calls) -> None:
    call = row(calls.add(0, ca=f"{ACCOUNT}:user/[/bold]\u202e", ua="[link=http://evil]click[/link]"))

    text = printed(Story(record=call.record, seal=Seal(problem="it is [red]"), attempts=(call,), run=()))

    assert "altered: it is [red]" in text
    assert "user/[/bold]?" in text
    assert "[link=http://evil]" in text


def test_lines_are_as_long_as_they_are(calls: Calls) -> None:
    long = f"arn:aws:states:eu-central-1:123456789012:execution:{'m' * 80}:{'r' * 80}"
    call = row(calls.add(0, m="shop.judge", ex=long, os="s" * 200))

    text = printed(Story(record=call.record, seal=Seal(), attempts=(call,), run=tree_of([call])))

    assert f"run {long}\n" in text
    assert f"summary     {'s' * 200}\n" in text


def test_a_long_chain_of_steps_goes_on_beside_its_last_level(calls: Calls) -> None:
    previous: list[str] = []
    rows = []
    for number in range(500):
        wire = calls.add(number, sn="step", pt="sfn", ex=RUN, pa=previous or None)
        previous = [wire["id"]]
        rows.append(row(wire))

    (step,) = tree_of(rows)

    depth = 1
    while step.children:
        step, depth = step.children[0], depth + 1
    assert depth == 101


def test_a_step_whose_clock_is_behind_is_still_below_its_pipeline(calls: Calls) -> None:
    step = row(calls.add(0, sn="ocr", pt="sfn", ex=RUN))
    own = row(calls.add(1, m="shop.judge", ex=RUN))

    (top,) = tree_of([step, own])

    assert (top.row, [each.row for each in top.children]) == (own, [step])


def test_every_call_of_a_run_is_in_its_tree_once(calls: Calls) -> None:
    rows = run_of(calls)
    rows.append(row(calls.add(7, sn="late", pt="sfn", ex=RUN, pa=["+3#0123456789abcdef", "nowhere"])))

    waiting, found = list(tree_of(rows)), []
    while waiting:
        step = waiting.pop()
        found.append(step.row.record.id)
        waiting += step.children

    assert sorted(found) == sorted(each.record.id for each in rows)
