"""AWS's own runtime client inside functions: what callers see when a handler returns, raises, hangs or ends.

https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
"""

from __future__ import annotations

import base64
import json
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.clients.conftest import ECHO
from tests.fixtures.target import PYTHON_RUNTIME

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixtures.target import Target

pytest.importorskip("awslambdaric")
REQUEST = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def call(target: Target, function: str, event: Any) -> tuple[Any, str, str]:
    """The payload, the kind of function error if any, and the log of a call."""
    answer = target.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode(), LogType="Tail")
    log = base64.b64decode(answer["LogResult"]).decode()
    return json.load(answer["Payload"]), answer.get("FunctionError", ""), log


def test_a_handler_knows_its_function_and_its_surroundings(target: Target, echo: str) -> None:
    context, error, log = call(target, echo, {"return": "context"})

    environment = context["environment"]
    assert error == ""
    assert context["function"] == [echo, "$LATEST", "256"]
    assert context["arn"].endswith(f":function:{echo}")
    assert 0 < context["left"] <= 5000
    assert f"REPORT RequestId: {context['id']}\t" in log
    assert context["log"][0] == f"/aws/lambda/{echo}"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", context["log"][1])
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert environment["AWS_LAMBDA_INITIALIZATION_TYPE"] == "on-demand"
    assert environment["AWS_EXECUTION_ENV"] == f"AWS_Lambda_{PYTHON_RUNTIME}"
    assert (environment["_HANDLER"], environment["TZ"]) == ("app.handler", ":UTC")
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert environment["AWS_SESSION_TOKEN"]


def test_what_a_handler_prints_is_in_its_log(target: Target, echo: str) -> None:
    _, _, log = call(target, echo, {"print": "two\nlines"})

    assert re.search(
        rf"START RequestId: {REQUEST} Version: \$LATEST\ntwo\nlines\nEND RequestId: {REQUEST}\nREPORT", log
    )


def test_an_exception_has_its_type_message_and_trace(target: Target, echo: str) -> None:
    error, kind, log = call(target, echo, {"raise": "nö"})

    assert (kind, error["errorType"], error["errorMessage"]) == ("Unhandled", "ValueError", "nö")
    assert re.fullmatch(
        r'  File "/.*app.py", line \d+, in handler\n    raise ValueError\(message\)\n', error["stackTrace"][0]
    )
    assert re.fullmatch(REQUEST, error["requestId"])
    assert re.search(r"\[ERROR\] ValueError: nö[\r\n]Traceback \(most recent call last\):", log)


def test_a_result_that_is_no_json_is_a_marshal_error(target: Target, echo: str) -> None:
    error, kind, _ = call(target, echo, {"return": "a set"})

    assert (kind, error["errorType"]) == ("Unhandled", "Runtime.MarshalError")
    assert error["errorMessage"] == "Unable to marshal response: Object of type set is not JSON serializable"


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"exit": 3}, "Runtime exited with error: exit status 3"),
        ({"die": 4}, "Runtime exited with error: exit status 4"),
        ({"die": 0}, "Runtime exited without providing a reason"),
    ],
    ids=["sys.exit", "os._exit", "os._exit without an error"],
)
def test_a_handler_that_ends_its_process(target: Target, echo: str, event: Any, reason: str) -> None:
    error, kind, log = call(target, echo, event)
    after, _, _ = call(target, echo, "still here")

    assert (kind, error["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert re.fullmatch(rf"RequestId: {REQUEST} Error: {reason}", error["errorMessage"])
    assert re.search(rf"RequestId: {REQUEST} Error: {reason}\nRuntime.ExitError", log)
    assert after == "still here"


def test_a_handler_that_takes_too_long(target: Target, make_function: Callable[..., str]) -> None:
    function = make_function({"app.py": ECHO}, Timeout=1)

    error, kind, log = call(target, function, {"sleep": 9})
    after, _, _ = call(target, function, "still here")

    assert (kind, error["errorType"]) == ("Unhandled", "Sandbox.Timedout")
    assert re.fullmatch(rf"RequestId: {REQUEST} Error: Task timed out after 1.00 seconds", error["errorMessage"])
    assert re.search(r"REPORT .*\tStatus: timeout", log)
    assert after == "still here"


@pytest.mark.parametrize(
    ("code", "handler", "kind", "message"),
    [
        ("import nope", "app.handler", "ImportModuleError", "Unable to import module 'app': No module named 'nope'"),
        ("x =", "app.handler", "UserCodeSyntaxError", "Syntax error in module 'app': invalid syntax (app.py, line 1)"),
        ("x = 1", "app.handler", "HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("x = 1", "app", "MalformedHandlerName", "Bad handler 'app': not enough values to unpack (expected 2, got 1)"),
    ],
    ids=["import", "syntax", "no handler", "malformed"],
)
def test_code_that_does_not_start_says_why(
    target: Target, make_function: Callable[..., str], code: str, handler: str, kind: str, message: str
) -> None:
    function = make_function({"app.py": code}, Handler=handler)

    error, unhandled, _ = call(target, function, 1)

    assert (unhandled, error["errorType"], error["errorMessage"]) == ("Unhandled", f"Runtime.{kind}", message)


def test_code_that_ends_while_it_starts(target: Target, make_function: Callable[..., str]) -> None:
    function = make_function({"app.py": "import sys; sys.exit(2)"})

    error, _, _ = call(target, function, 1)

    assert error["errorType"] == "Runtime.ExitError"
    assert error["errorMessage"].endswith("Error: Runtime exited with error: exit status 2")


def test_a_bootstrap_runs_the_client_itself(target: Target, make_function: Callable[..., str]) -> None:
    target.only_emulator("the bootstrap needs this machine's Python")
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    bootstrap = (
        f'#!/bin/sh\nPYTHONPATH="$LAMBDA_TASK_ROOT:{packages}" exec {sys.executable} -m awslambdaric "$_HANDLER"\n'
    )
    function = make_function({"bootstrap": bootstrap, "app.py": ECHO}, Runtime="provided.al2023")

    assert call(target, function, {"a": 1})[:2] == ({"a": 1}, "")
    assert call(target, function, {"raise": "no"})[0]["errorType"] == "ValueError"
