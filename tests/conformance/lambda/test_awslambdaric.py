"""AWS's own runtime client works against the Runtime API."""

from __future__ import annotations

import base64
import io
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.lambda_lab import run

if TYPE_CHECKING:
    from tests.fixtures.lambda_lab import Lab, Run

__all__ = ["run"]
pytest.importorskip("awslambdaric")
CODE = """
import os, sys
def handler(event, context):
    if event == "fail":
        raise KeyError("missing")
    print("from the handler")
    return {
        "event": event,
        "id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "left": context.get_remaining_time_in_millis(),
        "client": context.client_context and context.client_context.custom,
        "root": os.environ["LAMBDA_TASK_ROOT"] in sys.path,
    }
"""


async def _create(lab: Lab) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", CODE)
    runtime = f"python3.{sys.version_info.minor}"
    code = {"ZipFile": buffer.getvalue()}
    await lab.create("", PackageType="Zip", Runtime=runtime, Handler="app.handler", Code=code)


def test_a_handler_sees_its_context(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await _create(lab)
        context = base64.b64encode(b'{"custom": {"k": 1}}').decode()
        return await lab.invoke([1], LogType="Tail", ClientContext=context)

    result, answer = run(scenario)

    assert (result["event"], result["client"], result["root"]) == ([1], {"k": 1}, True)
    assert result["arn"] == "arn:aws:lambda:us-east-1:000000000000:function:f"
    assert 0 < result["left"] <= 3000
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert f"START RequestId: {result['id']} Version: $LATEST\nfrom the handler\nEND" in tail


def test_a_handlers_exception_is_the_function_error(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await _create(lab)
        failed = await lab.invoke("fail")
        return failed, (await lab.invoke(2))[0]["event"]

    (error, answer), after = run(scenario)

    assert (answer["FunctionError"], error["errorType"], error["errorMessage"]) == (
        "Unhandled",
        "KeyError",
        "'missing'",
    )
    assert error["stackTrace"]
    assert after == 2


def test_an_error_is_one_event_of_several_lines(run: Run) -> None:
    """As AWS was recorded, which has a descriptor of its own for what a runtime client logs."""

    async def scenario(lab: Lab) -> Any:
        await _create(lab)
        _, answer = await lab.invoke("fail", LogType="Tail")
        await lab.log_has("REPORT")
        tail = base64.b64decode(answer["LogResult"]).decode()
        return tail, [event for events in lab.logs.values() for event in events]

    tail, events = run(scenario)

    start, error, end, *_ = events
    first, second, *frames = error.splitlines()
    assert (start[:5], end[:3]) == ("START", "END")
    assert (first, second) == ("[ERROR] KeyError: 'missing'", "Traceback (most recent call last):")
    assert frames[0].startswith('\u00a0\u00a0File "')
    assert frames[-1] == '\u00a0\u00a0\u00a0\u00a0raise KeyError("missing")'
    assert not error.endswith("\n")
    assert f"{error}END RequestId: " in tail
