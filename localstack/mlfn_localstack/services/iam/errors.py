"""How IAM refuses, in its words."""

from __future__ import annotations

from mlfn_localstack.service import ServiceError


def not_found(kind: str, name: str) -> ServiceError:
    """There is no such role, user or inline policy."""
    return ServiceError("NoSuchEntity", f"The {kind} with name {name} cannot be found.", status=404)


def no_policy(arn: str) -> ServiceError:
    """There is no such managed policy."""
    return ServiceError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", status=404)


def no_such_policy(arn: str) -> ServiceError:
    """There is no such managed policy, where nothing is to be attached."""
    return ServiceError("NoSuchEntity", f"Policy {arn} was not found.", status=404)


def too_many_versions(limit: int) -> ServiceError:
    """A policy has all the versions it may have."""
    message = (
        f"A managed policy can have up to {limit} versions. "
        "Before you create a new version, you must delete an existing version."
    )
    return ServiceError("LimitExceeded", message, status=409)


def duplicate_tags(*, any_case: bool) -> ServiceError:
    """A tag is given twice."""
    more = " Please note that Tag keys are case insensitive." if any_case else ""
    return ServiceError("InvalidInput", f"Duplicate tag keys found.{more}")


def no_arn(text: str, code: str) -> ServiceError:
    """It is not the ARN of a policy."""
    return ServiceError(code, f"ARN {text} is not valid.")


def no_boundary(arn: str) -> ServiceError:
    """There is no such managed policy to be a boundary."""
    return ServiceError("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", status=404)


def missing(message: str) -> ServiceError:
    """Something else is not there."""
    return ServiceError("NoSuchEntity", message, status=404)


def exists(message: str) -> ServiceError:
    """The name is taken."""
    return ServiceError("EntityAlreadyExists", message, status=409)


def in_use(message: str) -> ServiceError:
    """Something still hangs on it."""
    return ServiceError("DeleteConflict", message, status=409)


def invalid_input(message: str) -> ServiceError:
    """What was given is not of the form that it should have."""
    return ServiceError("InvalidInput", message)


def malformed(message: str) -> ServiceError:
    """The policy document is none."""
    return ServiceError("MalformedPolicyDocument", message)


def over_quota(name: str, limit: int) -> ServiceError:
    """A quota is used up."""
    return ServiceError("LimitExceeded", f"Cannot exceed quota for {name}: {limit}", status=409)


def feature_enabled() -> ServiceError:
    """It is on already."""
    return ServiceError("FeatureEnabled", "Outbound web identity federation is already enabled.", status=409)


def feature_disabled() -> ServiceError:
    """It is off."""
    return ServiceError("FeatureDisabled", "Outbound web identity federation is not enabled.", status=404)
