"""A call that is turned away before the model runs, or whose answer cannot go out."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CONTRACT = "ContractError"
ACCESS = "AccessDenied"
WRONG_INGRESS = "WrongIngress"
PROOF = "InvalidProof"
NO_KEYS = "ProofUnavailable"
AUDIT = "MlfnAuditUnavailable"
VALUE = "MlfnValueUnavailable"
"""A value too large to travel cannot be written or read."""
TOO_LARGE = "Function.ResponseSizeTooLarge"
"""Lambda's own name for it."""


class Refusal(Exception):  # noqa: N818 - not an error of ours: an answer
    """What the caller is told: an error type, a sentence, the HTTP status, and where the input is wrong."""

    def __init__(
        self, error_type: str, message: str, *, status: int = 400, errors: list[dict[str, Any]] | None = None
    ) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.message = message
        self.status = status
        self.errors = errors or []


def at_step(refusal: Refusal, state: object) -> Refusal:
    """The same with the pipeline's step in it, where values between steps did not fit."""
    if refusal.error_type != CONTRACT or not isinstance(state, str) or not state:
        return refusal
    return Refusal(CONTRACT, f"Step {state[:80]!r}: {refusal.message}", status=refusal.status, errors=refusal.errors)
