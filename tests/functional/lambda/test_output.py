"""What functions write, and what the platform writes about their calls."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fixtures.lambda_lab import Lab, Run

ECHO = "def handler(event, context):\n    return event"


def test_output_is_logged_and_never_taken_for_an_answer(run: Run) -> None:
    code = """
    import sys
    def handler(event, context):
        print('{"status": "ok"}')
        sys.stderr.write("partial")
        return 1
    """

    async def scenario(lab: Lab) -> Any:
        await lab.create(code)
        event, answer = await lab.invoke(LogType="Tail")
        return event, base64.b64decode(answer["LogResult"]).decode(), await lab.log_has("REPORT")

    event, tail, log = run(scenario)

    assert event == 1
    assert log.startswith("START RequestId: ")
    assert '{"status": "ok"}\npartial' in log
    assert "\tMemory Size: 256 MB\tMax Memory Used: " in tail and "Init Duration: " in tail


def test_log_lines_are_safe_from_a_kill_before_the_answer(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("def handler(e, c):\n    print('line')")
        await lab.invoke()
        (file,) = (lab.environment.state_dir / "output").glob("*.output")
        return file.read_text()

    assert "\nline\n" in run(scenario)


def test_whoever_reads_the_log_finds_the_lines_of_calls_that_were_answered(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("def handler(e, c):\n    print('line')")
        for count in range(1, 4):
            await lab.invoke()
            assert (await lab.whole_log()).count("line\n") == count

    run(scenario)


def test_each_line_of_the_platform_is_an_event_of_its_own(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(ECHO)
        await lab.invoke()
        await lab.log_has("REPORT")
        return [event.split()[0] for events in lab.logs.values() for event in events]

    assert run(scenario) == ["START", "END", "REPORT"]


def test_json_logging_writes_platform_events(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(ECHO, LoggingConfig={"LogFormat": "JSON", "LogGroup": "/aws/lambda/f"})
        await lab.invoke()
        return await lab.log_has("platform.report")

    start, report = (json.loads(line) for line in run(scenario).splitlines())

    assert (start["type"], start["record"]["version"]) == ("platform.start", "$LATEST")
    assert (report["record"]["status"], report["record"]["metrics"]["memorySizeMB"]) == ("success", 256)


@pytest.mark.parametrize(
    ("level", "code", "events"),
    [
        ("DEBUG", ECHO, [("start", None), ("runtimeDone", "success"), ("report", "success")]),
        (
            "INFO",
            "def handler(e, c):\n    raise KeyError",
            [("start", None), ("runtimeDone", "error"), ("report", "error")],
        ),
        ("WARN", "def handler(e, c):\n    raise KeyError", [("runtimeDone", "error"), ("report", "error")]),
        (
            "INFO",
            "import time\ndef handler(e, c):\n    time.sleep(9)",
            [("start", None), ("runtimeDone", "timeout"), ("report", "timeout")],
        ),
    ],
    ids=["debug", "failure", "warn", "timeout"],
)
def test_json_system_events_are_those_of_the_functions_level(
    run: Run, level: str, code: str, events: list[Any]
) -> None:
    async def scenario(lab: Lab) -> Any:
        logging = {"LogFormat": "JSON", "LogGroup": "/aws/lambda/f", "SystemLogLevel": level}
        await lab.create(code, LoggingConfig=logging, Timeout=1)
        await lab.invoke()
        return await lab.log_has("platform.report")

    lines = [json.loads(line) for line in run(scenario).splitlines() if line.startswith("{")]

    assert [(line["type"].removeprefix("platform."), line["record"].get("status")) for line in lines] == events
