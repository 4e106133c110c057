"""How CloudWatch Logs refuses, in its words."""

from __future__ import annotations

from mlfn_localstack.service import ServiceError


def no_group() -> ServiceError:
    """There is no such group."""
    return ServiceError("ResourceNotFoundException", "The specified log group does not exist.")


def no_stream() -> ServiceError:
    """There is no such stream."""
    return ServiceError("ResourceNotFoundException", "The specified log stream does not exist.")


def group_exists() -> ServiceError:
    """The name is taken."""
    return ServiceError("ResourceAlreadyExistsException", "The specified log group already exists")


def stream_exists() -> ServiceError:
    """The name is taken."""
    return ServiceError("ResourceAlreadyExistsException", "The specified log stream already exists")


def key_refused(arn: str) -> ServiceError:
    """The key's policy does not let CloudWatch Logs use it for this group, or there is no such key."""
    message = f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'"
    return ServiceError("AccessDeniedException", message)


def invalid(message: str) -> ServiceError:
    """A parameter does not fit."""
    return ServiceError("InvalidParameterException", message)
