"""What a run's history tells of it, state by state."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.pipelines.machines import Interpreter, program_of

from mlfn_cli.calling.run_events import event_of_history
from mlfn_engine.discover import discover
from mlfn_engine.pipelines.history import Stay, stays
from mlfn_engine.resolve import resolve_app

ACCEPTED = Path(__file__).parents[2] / "golden" / "pipelines" / "accepted"


async def history(case: str, scan: dict[str, str], directory: Path) -> list[dict[str, Any]]:
    interpreter = Interpreter(directory=directory)
    try:
        app = resolve_app(discover(ACCEPTED, f"{case}.py"))
        execution = await interpreter.run(program_of(app), {"input": scan})
        answer = await interpreter.client("GetExecutionHistory", executionArn=execution["executionArn"])
        return list(answer["events"])
    finally:
        await interpreter.close()


def told(found: tuple[Stay, ...]) -> list[Any]:
    """Names, attempts and errors, with what is inside."""
    return [
        (each.name or each.kind, each.attempts, each.error, *([told(each.inside)] if each.inside else []))
        for each in found
        if each.kind != "Pass"
    ]


def a_map(name: str, *inside: Any) -> Any:
    return (name, 1, None, [("Iteration", 0, None, [*inside])])


CASES: dict[str, tuple[str, list[Any]]] = {
    "try_except": ("", [("redact", 1, "Unreadable"), ("fallback", 1, None)]),
    "retry": ("more than ten characters", [("redact", 4, "VeryBusy")]),
    "limit": ("x", [("read", 1, None), a_map("for each in text.paragraphs", ("rate", 1, None))]),
    "parallel": (
        "x",
        [
            ("read", 1, None),
            (
                "parallel opinions, own, german",
                1,
                None,
                [
                    a_map("for p in text.paragraphs", ("rate", 1, None)),
                    ("rate (2)", 1, None),
                    ("translate", 1, None),
                    ("rate (3)", 1, None),
                ],
            ),
        ],
    ),
    "inner_retry": (
        "more than ten characters",
        [("careful", 2, "VeryBusy", [("translate", 1, None), ("redact", 1, "VeryBusy")] * 2)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_run_is_told_from_its_history(case: str, tmp_path: Path) -> None:
    png, expected = CASES[case]
    events = asyncio.run(history(case, {"png": png}, tmp_path))

    found = stays(map(event_of_history, events))

    assert told(found) == expected
    assert all(each.ended_ms is None or each.ended_ms >= each.began_ms for each in found)
