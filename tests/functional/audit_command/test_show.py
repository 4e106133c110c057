"""`mlfn audit show`: one call by any name that it has, with everything around it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.fixtures.audit_calls import RUN, Calls
from tests.functional.audit_command.conftest import Stage

SINCE = ("--since", "2026-11-01")


@pytest.fixture(scope="module")
def calls() -> Calls:
    """A plain call, one that was retried after an hour, and a run of two steps."""
    calls = Calls()
    calls.add(0)
    calls.add(60, iv="retried-0000-0000", at="other:1", phase="error", st="error", er="KeyError", oh=None)
    calls.add(3700, iv="retried-0000-0000", at="other:2")
    own = calls.add(100, m="shop.quote", ex=RUN)
    first = calls.add(101, m="shop.price", ex=RUN, sn="price", pt="sfn")
    calls.add(102, m="shop.price", ex=RUN, sn="sum", pt="sfn", pa=[first["id"]])
    assert own["id"]
    return calls


@pytest.fixture(scope="module")
def stage(stages: Callable[[str], Stage], calls: Calls) -> Stage:
    made = stages("told")
    made.put(calls)
    return made


def shown(stage: Stage, text: str, *options: str) -> dict[str, Any]:
    outcome = stage.mlfn("audit", "show", text, *(options or SINCE), "--json")
    assert outcome.code == 0, outcome.err
    story: dict[str, Any] = outcome.json
    return story


def test_a_call_is_found_by_its_record_and_its_invocation(stage: Stage, calls: Calls) -> None:
    record = calls.records[0]

    for text in (record["id"], record["iv"], record["iv"][:8]):
        story = shown(stage, text)

        assert story["id"] == record["id"]
        assert (story["status"], story["intact"], story["checkpoint"]) == ("ok", True, None)
        assert (len(story["phases"]), len(story["attempts"]), story["run"]) == (1, 1, [])


def test_every_attempt_of_an_invocation_is_told(stage: Stage, calls: Calls) -> None:
    story = shown(stage, calls.records[1]["id"])

    assert [each["status"] for each in story["attempts"]] == ["error", "ok"]
    assert story["status"] == "error"
    assert shown(stage, "retried-0000-0000")["status"] == "ok"


@pytest.mark.parametrize("text", [RUN, RUN.rsplit(":", 1)[1], RUN.rsplit(":", 1)[1][:8]], ids=["ARN", "id", "short"])
def test_a_run_is_found_by_its_execution(stage: Stage, text: str) -> None:
    story = shown(stage, text)

    (top,) = story["run"]
    assert story["model"] == "shop.quote"  # the pipeline's own call, and not its newest step
    assert top["model"] == "shop.quote"
    assert [each["state"] for each in top["children"]] == ["price"]
    assert [each["state"] for each in top["children"][0]["children"]] == ["sum"]


def test_people_read_a_tree(stage: Stage, calls: Calls) -> None:
    out = stage.mlfn("audit", "show", calls.records[5]["id"], *SINCE).out

    assert "└── shop.quote  ok" in out
    assert "    └── price  ok" in out
    assert "        └── sum  ok" in out
    assert out.rstrip().endswith("◀")


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        pytest.param("short", 2, "'short' is too short.", id="short"),
        pytest.param("a" * 26, 1, f"There is no record, invocation or execution {'a' * 26}.", id="record"),
        pytest.param(
            "arn:aws:states:::x", 1, "There is no record, invocation or execution arn:aws:states:::x.", id="ARN"
        ),
    ],
)
def test_what_is_not_there_is_told(stage: Stage, text: str, code: int, told: str) -> None:
    outcome = stage.mlfn("audit", "show", text, *SINCE)

    error, hint = outcome.err.splitlines()
    assert (outcome.code, outcome.out, error) == (code, "", f"Error: {told}")
    assert hint.startswith("Hint: ")


def test_only_the_period_is_looked_through(stage: Stage, calls: Calls) -> None:
    later = (datetime(2026, 11, 23, tzinfo=UTC) + timedelta(days=1)).isoformat()

    assert stage.mlfn("audit", "show", calls.records[0]["id"], "--since", later).code == 1
