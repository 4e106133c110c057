"""What came of a call: its result, or the error that says so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn.errors import CallFailedError, CallRefusedError, CallUncertainError, TargetError

if TYPE_CHECKING:
    from mlfn.client.transport import Received

_ERROR = 400
_SERVER_ERROR = 500
_HINTS = {
    "AccessDenied": "Ask for access=, or see who has it: mlfn access",
    "AccessDeniedException": "Your policies do not allow lambda:InvokeFunction on the alias live: mlfn access",
    "ContractError": "Send what the model's type hints say.",
    "InvalidProof": "Check the clock, the account and the region; call Client with prove=False to go without a proof.",
    "MlfnAuditUnavailable": "The audit trail could not be written; try again later.",
    "ResourceNotFoundException": "See what is deployed with: mlfn status",
    "TooManyRequestsException": "Call less often, or raise reserved= of the model.",
}
_AUDIT = "Look it up: mlfn audit"


def direct_result(name: str, answer: Received) -> bytes:
    """The result in Lambda's answer to an Invoke.

    Raises:
        CallError: there is none.
    """
    request_id = answer.headers.get("x-amzn-requestid")
    told = _object(answer.body)
    if answer.headers.get("x-amz-function-error"):
        error_type, message = str(told.get("errorType", "Unknown")), str(told.get("errorMessage", ""))
        raise CallFailedError(
            f"{name} answered {error_type}: {message}",
            hint=_HINTS.get(error_type, _AUDIT),
            error_type=error_type,
            record=told.get("record"),
            request_id=request_id,
        )
    if answer.status >= _ERROR:
        code = answer.headers.get("x-amzn-errortype", f"HTTP {answer.status}").partition(":")[0]
        raise _unserved(name, answer, code, str(told.get("Message") or told.get("message") or ""), request_id)
    return answer.body


def api_result(name: str, answer: Received) -> Any:
    """The JSON value in the API's answer.

    Raises:
        CallError: it is an error.
    """
    if answer.status < _ERROR:
        return json.loads(answer.body)
    problem, record = _object(answer.body), answer.headers.get("mlfn-record")
    code = str(problem.get("title") or problem.get("message") or f"HTTP {answer.status}")
    if record is None:
        request_id = answer.headers.get("apigw-requestid")
        raise _unserved(name, answer, code, str(problem.get("detail") or ""), request_id)
    raise CallFailedError(
        f"{name} answered {code}: {problem.get('detail', '')}",
        hint=_HINTS.get(code, _AUDIT),
        error_type=code,
        record=record,
    )


def started_instead(pipeline: str, execution: str) -> TargetError:
    """That a pipeline was called for its result, and is one that gives a run."""
    return TargetError(
        f"{pipeline} is asynchronous: its run {execution} has begun, and goes on.",
        hint=f"Its result: client.find({pipeline!r}, {execution!r}).result(); another run: client.start.",
    )


def answered_instead(pipeline: str) -> TargetError:
    """That a pipeline was to be started, and is one that has answered."""
    return TargetError(
        f"{pipeline} is synchronous: it has run to its end, and there is nothing to wait for.",
        hint="Call it for its result: client.run, or client.pipeline.",
    )


def _unserved(name: str, answer: Received, code: str, text: str, request_id: str | None) -> Exception:
    """The error for what AWS says itself: a refusal, or trouble of its own that tells nothing of the call."""
    kind = CallUncertainError if answer.status >= _SERVER_ERROR else CallRefusedError
    message = f"{name} was not called: {code}" if kind is CallRefusedError else f"{name} gave no result: {code}"
    return kind(
        f"{message}: {text}" if text else f"{message}.",
        hint=_HINTS.get(code, "See what is deployed with: mlfn status"),
        error_type=code,
        request_id=request_id,
    )


def unreachable(name: str, error: OSError) -> Exception:
    """The error for a request that never left."""
    return CallRefusedError(
        f"{name} was not called: {error}.", hint="Check AWS_ENDPOINT_URL, AWS_REGION and the network."
    )


def unanswered(name: str, error: OSError) -> Exception:
    """The error for a request of which nobody knows what came."""
    return CallUncertainError(
        f"{name} may or may not have run: {error}.", hint=f"{_AUDIT}; call again if twice is safe."
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
