"""How STS refuses."""

from __future__ import annotations

from mlfn_localstack.service import ServiceError


def not_authorised(caller_arn: str, action: str, resource: str) -> ServiceError:
    """The caller may not have these credentials."""
    message = f"User: {caller_arn} is not authorized to perform: {action} on resource: {resource}"
    return ServiceError("AccessDenied", message, status=403)


def too_long(*, chained: bool) -> ServiceError:
    """The session would outlive what the role, or role chaining, allows."""
    message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    if chained:
        message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
    return ServiceError("ValidationError", message)


def sessions_get_no_session() -> ServiceError:
    """GetSessionToken is for long-lived credentials."""
    return ServiceError("AccessDenied", "Cannot call GetSessionToken with session credentials", status=403)
