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


def invalid_arn(text: str) -> ServiceError:
    """It is no ARN at all."""
    return ServiceError("ValidationError", f"{text} is invalid")


def duplicate_tags() -> ServiceError:
    """A tag is given twice."""
    message = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    return ServiceError("InvalidParameterValue", message)


def transitive_unknown() -> ServiceError:
    """What is to go on is no tag of the session."""
    message = "The specified transitive tag key must be included in the requested tags."
    return ServiceError("InvalidParameterValue", message)


def transitive_conflict() -> ServiceError:
    """What came from the calling session stays as it is."""
    message = (
        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
        "from the calling session."
    )
    return ServiceError("InvalidParameterValue", message)


def malformed_policy(message: str) -> ServiceError:
    """The session policy is none."""
    return ServiceError("MalformedPolicyDocument", message)


def no_policy(arn: str) -> ServiceError:
    """There is no such managed policy here."""
    return ServiceError("ValidationError", f"Policy {arn} does not exist or is not attachable.")


def policy_too_long(text: str, limit: int) -> ServiceError:
    """The session policy has too many characters."""
    message = (
        f"1 validation error detected: Value '{text}' at 'policy' failed to satisfy constraint: "
        f"Member must have length less than or equal to {limit}"
    )
    return ServiceError("ValidationError", message)


def packed_too_large(percent: int, *, tags: bool) -> ServiceError:
    """Policies and tags do not fit into a token."""
    message = f"Packed policy consumes {percent}% of allotted space, please use smaller policy."
    if tags:
        message = f"Packed size of session tags consumes {percent}% of allotted space."
    return ServiceError("PackedPolicyTooLarge", message)
