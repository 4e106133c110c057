"""Retry, Catch and Fail: what a state machine does with errors.

https://states-language.net/#errors
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn.steps import TOOK_TOO_LONG, Timeout
from mlfn_engine.pipelines.error_names import ALL, TIMEOUTS
from mlfn_engine.pipelines.states.jsonata import literal, wrapped

if TYPE_CHECKING:
    from mlfn_engine.pipelines.graph import Again, Handler, Raise

State = dict[str, Any]

RETRIED = (
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "MlfnAuditUnavailable",
)
"""The service's own errors (https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html),
and a call that was not run because it could not be recorded."""
RETRY_ATTEMPTS = 5
_SERVICE: State = {
    "ErrorEquals": list(RETRIED),
    "IntervalSeconds": 1,
    "BackoffRate": 2.0,
    "MaxAttempts": RETRY_ATTEMPTS,
    "MaxDelaySeconds": 20,
    "JitterStrategy": "FULL",
}
_BODY = (
    "$cause := $states.errorOutput.Cause;"
    ' $json := $substring($cause, 0, 1) = "\\u007b" and $substring($cause, -1) = "\\u007d" ? $parse($cause) : null'
)
"""A function's cause is its error's body, unless it was too long to be kept whole; anything else's is a text."""


def retriers(again: Again | None) -> list[State]:
    """What a task is tried again after; every task, after the service's own errors."""
    if again is None:
        return [_SERVICE]
    own = retrier(again)
    return [_SERVICE, own] if again.errors == ALL else [own, _SERVICE]


def retrier(again: Again) -> State:
    """What is tried again as a user wants it."""
    own: State = {
        "ErrorEquals": list(again.errors),
        "IntervalSeconds": again.delay_s,
        "BackoffRate": again.backoff,
        "MaxAttempts": again.more,
        "JitterStrategy": "FULL" if again.jitter else "NONE",
    }
    if again.max_delay_s is not None:
        own["MaxDelaySeconds"] = again.max_delay_s
    return own


def catcher(handler: Handler, start: str | None) -> State:
    """The way of these errors to their handler; what it needs to know of the error goes along."""
    assigned: State = {}
    if handler.error is not None:
        name = handler.error.name
        assigned[name] = wrapped(f"({_BODY}; {_described()})")
        assigned[f"{name}_record"] = wrapped(f"({_BODY}; [$json.record])")
    if handler.raised is not None:
        assigned[handler.raised.name] = wrapped(
            '($cause := $states.errorOutput.Cause; {"error": $states.errorOutput.Error,'
            ' "cause": $exists($cause) ? $cause : ""})'
        )
    return {
        "ErrorEquals": list(handler.errors),
        **({"Assign": assigned} if assigned else {}),
        "Output": {},
        "Next": start,
    }


def fail(node: Raise) -> State:
    """The end by an error that was caught."""
    name = node.error.name
    return {"Type": "Fail", "Error": wrapped(f"${name}.error"), "Cause": wrapped(f"${name}.cause")}


def _described() -> str:
    """An expression for an error's type and message, as Python would tell them."""
    names = ", ".join(literal(name) for name in TIMEOUTS)
    message = '$exists($json.errorMessage) ? $json.errorMessage : $exists($cause) ? $cause : ""'
    timeout = f'{{"type": {literal(Timeout.__name__)}, "message": {literal(TOOK_TOO_LONG)}}}'
    other = f'{{"type": $states.errorOutput.Error, "message": {message}}}'
    return f"$states.errorOutput.Error in [{names}] ? {timeout} : {other}"
