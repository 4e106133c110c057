"""`mlfn audit stats`, with what was counted in CloudWatch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.fixtures.audit_calls import ACCOUNT, Calls
from tests.functional.audit_command.conftest import Stage


@pytest.fixture(scope="module")
def stage(stages: Callable[[str], Stage]) -> Stage:
    made = stages("counted")
    calls = Calls(start=datetime.now(UTC) - timedelta(minutes=30))
    calls.add(0, took_ms=10)
    calls.add(1, took_ms=1000, fv="2", mv="aaaaaaaaaaaa", ca=f"{ACCOUNT}:user/john")
    calls.add(2, phase="error", st="error", er="ValueError", oh=None, fv="2", mv="aaaaaaaaaaaa")
    calls.add(3, m="shop.price")
    made.put(calls)
    counts = [("AuditDeferred", "Model", "shop.mood", 2), ("AuditDeferred", "Model", "other.model", 7)]
    counts += [("AuditLost", "service", f"mlfn-audit-{made.name}", 1)]
    made.emulator.client("cloudwatch").put_metric_data(
        Namespace="mlfn",
        MetricData=[
            {"MetricName": name, "Dimensions": [{"Name": dimension, "Value": value}], "Value": count, "Unit": "Count"}
            for name, dimension, value, count in counts
        ],
    )
    return made


def test_calls_are_counted_by_version_caller_and_time(stage: Stage) -> None:
    told = stage.mlfn("audit", "stats", "--since", "1h", "--json", "--explain").json

    assert (told["calls"], told["failed"], told["failure_rate"]) == (4, 1, 0.25)
    by_version = {(each["model"], each["function_version"]): each for each in told["versions"]}
    assert by_version["shop.mood", "2"]["failure_rate"] == 0.5
    assert by_version["shop.mood", "2"]["p99_us"] == pytest.approx(1_000_000, rel=0.011)
    assert [each["calls"] for each in told["callers"]] == [3, 1]
    assert sum(each["calls"] for each in told["over_time"]) == 4
    assert told["read"]["pages"] == 5  # two directories, three versions' hours


def test_late_and_lost_records_are_told(stage: Stage) -> None:
    told = stage.mlfn("audit", "stats", "--since", "1h", "--json").json

    assert (told["counted"]["deferred"], told["counted"]["lost"], told["counted"]["tampered"]) == (2, 1, 0)


@pytest.mark.parametrize(
    ("arguments", "count"),
    [(("shop.price",), 1), (("mood", "--version", "2"), 2), (("--caller", "user/john"), 1), (("--since", "1m"), 0)],
)
def test_selectors_narrow_what_is_counted(stage: Stage, arguments: tuple[str, ...], count: int) -> None:
    assert stage.mlfn("audit", "stats", *arguments, "--json").json["calls"] == count


def test_people_see_charts(stage: Stage) -> None:
    out = stage.mlfn("audit", "stats", "--since", "1h").out

    assert "4: 3 ok, 1 error" in out
    assert "█" in out
    assert "2 deferred" in out


@pytest.mark.parametrize(
    ("source", "is_told"),
    [
        pytest.param("@model\ndef stats(text: str) -> str: ...", True, id="by its function"),
        pytest.param("@mlfn.model(name='stats')\ndef other(text: str) -> str: ...", True, id="by name="),
        pytest.param("@app.pipeline(mode='async')\ndef stats(text: str) -> str: ...", True, id="a pipeline"),
        pytest.param("@model(name='other')\ndef stats(text: str) -> str: ...", False, id="another name"),
        pytest.param("def stats(): ...", False, id="no model"),
        pytest.param("def stats(", False, id="no Python"),
    ],
)
def test_who_has_a_model_named_like_a_command_is_told_how_to_ask_for_it(
    stage: Stage, tmp_path: Path, source: str, is_told: bool
) -> None:
    (tmp_path / "app.py").write_text(source)

    outcome = replace(stage, folder=tmp_path).mlfn("audit", "stats", "shop.mood", "--since", "1h")

    assert outcome.code == 0
    assert ("mlfn audit calls stats" in outcome.err) is is_told
