"""A run's end as an HTTP answer: a failed run is never a 200."""

from __future__ import annotations

from mlfn.jsontext import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlfn.ingress.executions import Outcome

_STATUS = {
    "AccessDenied": 403,
    "ContractError": 422,
    "Lambda.TooManyRequestsException": 429,
    "MlfnAuditUnavailable": 503,
    "Sandbox.Timedout": 504,
    "States.Timeout": 504,
}
"""HTTP status by error name; any other failure is 500."""


class Failure:
    """A failed run: the error's type, what it says, and the HTTP status that tells it."""

    __slots__ = ("detail", "error_type", "status")

    def __init__(self, outcome: Outcome) -> None:
        timed_out = outcome.status == "TIMED_OUT"
        self.error_type = outcome.error or ("States.Timeout" if timed_out else "ExecutionFailed")
        self.detail = _message(outcome.cause) or ("The run took too long." if timed_out else self._unexplained)
        self.status = _STATUS.get(self.error_type, 504 if timed_out else 500)

    @property
    def _unexplained(self) -> str:
        return "The step took too long." if self.error_type == "States.Timeout" else "The run failed."


def _message(cause: str | None) -> str:
    """What a cause says: a Lambda function's is its error envelope."""
    try:
        body = decode(cause or "")
    except (ValueError, RecursionError):
        return cause or ""
    message = body.get("errorMessage") if isinstance(body, dict) else None
    return message if isinstance(message, str) and message else cause or ""
