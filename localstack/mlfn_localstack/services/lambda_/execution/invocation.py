"""One call of a function and how it ended, in the words of the Runtime API."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_SYNC_BYTES = 6_291_456
"""Request payload of a synchronous call (AWS Lambda quotas)."""
MAX_ASYNC_BYTES = 1_048_576
MAX_RESPONSE_BYTES = 6_291_556


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """A call on its way to an environment."""

    request_id: str
    payload: bytes
    invoked_arn: str
    client_context: str | None = None
    """JSON text, already decoded from base64."""
    trace_id: str = ""
    wait_for_report: bool = False
    """Whether the answer waits until the environment is done with it, so that the log tail is complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an invocation gave: `error` is None, or Lambda's FunctionError."""

    payload: bytes
    error: str | None = None
    error_type: str = ""
    status: str = "success"
    """As the report says it: success, failure, error or timeout."""
    log_tail: bytes = b""


class InitFailedError(Exception):
    """An environment never became ready; `outcome` is what the caller gets."""

    def __init__(self, outcome: Outcome, *, timed_out: bool = False) -> None:
        super().__init__(outcome.error_type)
        self.outcome = outcome
        self.timed_out = timed_out
        self.report: Callable[[str], None] = lambda request_id: None
        """Writes into the environment's log how a call ended that waited for it."""


def platform_failure(error_type: str, message: str, *, status: str = "error") -> Outcome:
    """An outcome that Lambda itself makes up, for a function that could not say anything."""
    payload = json.dumps({"errorType": error_type, "errorMessage": message}, separators=(",", ":")).encode()
    return Outcome(payload=payload, error="Unhandled", error_type=error_type, status=status)


def timed_out(request_id: str, timeout_s: float) -> Outcome:
    """The outcome of a call that ran over its time."""
    message = f"RequestId: {request_id} Error: Task timed out after {timeout_s:.2f} seconds"
    return platform_failure("Sandbox.Timedout", message, status="timeout")


def exited(request_id: str, reason: str, *, out_of_memory: bool = False) -> Outcome:
    """The outcome of a call whose process ended; `reason` is such as `exit status 1` or `signal: killed`."""
    error_type = "Runtime.OutOfMemory" if out_of_memory else "Runtime.ExitError"
    return platform_failure(error_type, exit_message(request_id, reason))


def not_started(wrapper: str, error: OSError) -> Outcome:
    """The outcome of an init without a program to start; a `wrapper` is started by a shell, which ends over it."""
    if wrapper:
        return exited("", "exit status 127")
    return platform_failure("Runtime.InvalidEntrypoint", f"RequestId:  Error: {error}")


def exit_message(request_id: str, reason: str) -> str:
    """How Lambda reports the end of a process, to the caller and in the log."""
    text = f"Runtime exited with error: {reason}" if reason else "Runtime exited without providing a reason"
    return f"RequestId: {request_id} Error: {text}"


def told_to(request_id: str, outcome: Outcome) -> Outcome:
    """The outcome of an init as a call that waited for it hears it."""
    payload = outcome.payload.replace(b'"RequestId:  Error', f'"RequestId: {request_id} Error'.encode(), 1)
    return replace(outcome, payload=payload)


def response_too_large() -> Outcome:
    """The outcome of a call whose answer is over the limit."""
    message = f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
    return platform_failure("Function.ResponseSizeTooLarge", message)
