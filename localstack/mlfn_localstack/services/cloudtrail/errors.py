"""How CloudTrail refuses, in its words."""

from __future__ import annotations

from mlfn_localstack.service import ServiceError


def not_found(name: str, account_id: str) -> ServiceError:
    """There is no such trail."""
    return ServiceError("TrailNotFoundException", f"Unknown trail: {name} for the user: {account_id}")


def exists(name: str, account_id: str) -> ServiceError:
    """The name is taken."""
    return ServiceError("TrailAlreadyExistsException", f"Trail {name} already exists for customer: {account_id}")


def no_bucket(name: str) -> ServiceError:
    """There is no bucket to deliver to."""
    return ServiceError("S3BucketDoesNotExistException", f"S3 bucket {name} does not exist!")


def bucket_policy(name: str) -> ServiceError:
    """The bucket does not let CloudTrail in."""
    message = f"Incorrect S3 bucket policy is detected for bucket: {name}"
    return ServiceError("InsufficientS3BucketPolicyException", message)


def bad_name(message: str) -> ServiceError:
    """The trail's name is none."""
    return ServiceError("InvalidTrailNameException", message)


def bad_selectors(message: str) -> ServiceError:
    """The event selectors do not fit."""
    return ServiceError("InvalidEventSelectorsException", message)


def unsupported(message: str) -> ServiceError:
    """What the emulator does not do."""
    return ServiceError("UnsupportedOperationException", message)
