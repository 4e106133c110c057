"""What `mlfn logs` shows of a function's log."""

from __future__ import annotations

import json
from datetime import date

import pytest

from mlfn_cli.commands.logs import shown
from mlfn_cli.views.log import readable

METRICS = {"durationMs": 40.332, "billedDurationMs": 1456, "memorySizeMB": 512, "maxMemoryUsedMB": 106}


def platform(kind: str, **record: object) -> str:
    return json.dumps({"time": "2026-11-27T08:46:48.331Z", "type": f"platform.{kind}", "record": record})


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("hello from the model\n", id="a text"),
        pytest.param('{"level":"INFO","message":"hello"}', id="JSON"),
        pytest.param("{not JSON", id="half of JSON"),
        pytest.param('{"type":"platform.report"}', id="what only looks like Lambda's"),
        pytest.param("[ERROR] FileNotFoundError: no such file", id="an error"),
        pytest.param(platform("fault", requestId="5"), id="what Lambda rarely says"),
    ],
)
def test_what_models_print_is_shown_as_it_is(line: str) -> None:
    assert readable(line) == line.rstrip()


@pytest.mark.parametrize(
    "line",
    [
        pytest.param('{"mlfn_audit":{"ph":"started"}}', id="a record"),
        pytest.param('{"mlfn_writer":{"fv":"1"}}', id="a writer"),
        pytest.param(platform("start", requestId="5"), id="a start"),
        pytest.param(platform("runtimeDone", requestId="5", status="success"), id="an end"),
    ],
)
def test_what_the_trail_and_the_report_say_is_left_to_them(line: str) -> None:
    assert readable(line) is None


def test_a_report_is_a_line() -> None:
    line = platform("report", requestId="37703e27-9208", status="success", metrics=METRICS | {"initDurationMs": 1415.4})

    assert readable(line) == "── call 37703e27: 40.3 ms, 106 of 512 MB, started in 1,415 ms"


def test_a_report_of_a_failure_names_it() -> None:
    line = platform("report", requestId="0dbb9ee5-70ba", status="error", errorType="FileNotFoundError", metrics=METRICS)

    assert readable(line) == "── call 0dbb9ee5 error (FileNotFoundError): 40.3 ms, 106 of 512 MB"


@pytest.mark.parametrize(
    ("today", "line"),
    [
        pytest.param(date(2026, 11, 27), "08:46:48.331 hello", id="today's"),
        pytest.param(date(2026, 11, 28), "2026-11-27 08:46:48.331 hello", id="an older one"),
    ],
)
def test_a_line_of_another_day_has_its_date(today: date, line: str) -> None:
    assert shown({"message": "hello\n", "timestamp": 1_795_769_208_331}, today, everything=False) == line
