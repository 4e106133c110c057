"""A compiled pipeline ends on the emulator as its function ends in process."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.pipelines.machines import Interpreter, ended, in_process, program_of

from mlfn_engine.discover import discover
from mlfn_engine.resolve import resolve_app

if TYPE_CHECKING:
    from mlfn_engine.values import ResolvedApp

ACCEPTED = Path(__file__).parents[2] / "golden" / "pipelines" / "accepted"
CASES = sorted(path for path in ACCEPTED.glob("*.py") if path.stem not in ("reviews", "batch_in_time", "batch_mode"))
SCANS = [{"png": ""}, {"png": "x"}, {"png": '{% $x %} "é😀', "language": "de"}]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pauses before retries take no time in process either."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)


async def run(app: ResolvedApp, body: Any, directory: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A standard execution's description once it has ended, and the events its models got."""
    interpreter = Interpreter(directory=directory)
    try:
        return await interpreter.run(program_of(app), body), list(interpreter.models.events)
    finally:
        await interpreter.close()


@pytest.mark.parametrize("scan", SCANS, ids=["empty", "word", "hostile"])
@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_the_machine_on_the_emulator_ends_as_the_function_does(
    case: Path, scan: dict[str, str], tmp_path: Path
) -> None:
    app = resolve_app(discover(case.parent, case.name))
    value = scan if len(app.pipelines[-1].parameters) == 1 else {"scan": scan}
    expected = in_process(app.pipelines[-1].handler, value)

    execution, _ = asyncio.run(run(app, {"input": value}, tmp_path))

    assert ended(execution) == expected


def test_a_step_after_a_caught_error_has_the_failed_step_for_its_parent(tmp_path: Path) -> None:
    app = resolve_app(discover(ACCEPTED, "try_except.py"))

    execution, events = asyncio.run(run(app, {"input": {"png": ""}, "mlfn": {"record": "r0"}}, tmp_path))

    assert [(each["state"], each["parents"]) for each in events] == [("redact", ["r0"]), ("fallback", ["r1"])]
    assert {each["execution"] for each in events} == {execution["executionArn"]}


def test_every_attempt_of_a_step_tells_its_number(tmp_path: Path) -> None:
    app = resolve_app(discover(ACCEPTED, "retry.py"))

    _, events = asyncio.run(
        run(app, {"input": {"png": "more than ten characters"}, "mlfn": {"record": "r0"}}, tmp_path)
    )

    assert [(each["state"], each["retry"], each["parents"]) for each in events] == [
        ("redact", 0, ["r0"]),
        ("redact", 1, ["r0"]),
        ("redact", 2, ["r0"]),
        ("redact", 3, ["r0"]),
    ]
