"""Plain handlers on our loop: they get event and context, and leave no record."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mlfn.jsontext import decode
from mlfn.runtime.log import Log
from mlfn.runtime.plain import HANDLER, Plain, load_plain


def echo(event: Any, context: Any) -> Any:
    left = context.get_remaining_time_in_millis()
    return {"event": event, "request": context.aws_request_id, "function": context.function_name, "late": left == 0}


def fails(event: Any, context: Any) -> None:
    raise LookupError(f"no {event['name']}")


def answer(plain: Plain, payload: bytes) -> tuple[Any, str | None]:
    """What the handler answers to a payload."""
    invocation: Any = SimpleNamespace(payload=payload, invocation_id="r1", arn="arn:1", deadline_ms=1)
    answers: list[tuple[Any, str | None]] = []

    def respond(body: bytes, error_type: str | None) -> int:
        answers.append((decode(body.decode()), error_type))
        return 202

    plain.handle(invocation, respond)
    (only,) = answers
    return only


def plain(name: str) -> Plain:
    environ = {HANDLER: f"{__name__}:{name}", "AWS_LAMBDA_FUNCTION_NAME": "mlfn-writer-dev"}
    return load_plain(environ, Log())


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys  # noqa: PLC0415 - pytest imports test modules by path; a handler is found by name

    monkeypatch.setitem(sys.modules, __name__, SimpleNamespace(echo=echo, fails=fails))


def test_a_handler_gets_the_event_and_what_lambda_says_of_the_call() -> None:
    assert answer(plain("echo"), b'{"a": 1}') == (
        {"event": {"a": 1}, "request": "r1", "function": "mlfn-writer-dev", "late": True},
        None,
    )


def test_what_a_handler_raises_is_a_function_error() -> None:
    body, error_type = answer(plain("fails"), b'{"name": "x"}')

    assert (error_type, body["errorType"], body["errorMessage"]) == ("LookupError", "LookupError", "no x")


def test_an_event_that_is_no_json_is_a_function_error() -> None:
    assert answer(plain("echo"), b"{")[1] is not None
