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


def federation_disabled() -> ServiceError:
    """The account hands out no web identity tokens (yet)."""
    message = (
        "The outbound web identity federation feature is not enabled for this account. To use this feature, "
        "you must first enable it through the AWS Management Console or API."
    )
    return ServiceError("OutboundWebIdentityFederationDisabledException", message, status=403)


def no_origin_identity() -> ServiceError:
    """Scopes and foreign subjects need a session with a trusted identity propagation context; there is none here."""
    message = "The calling session has no trusted identity propagation context with an OriginIdentity subject"
    return ServiceError("ValidationError", message)


def unsupported(member: str) -> ServiceError:
    """AWS has it, the emulator does not: better no session than one that may do more than it should."""
    return ServiceError("UnsupportedOperation", f"The emulator does not support {member} of sessions.", status=501)
