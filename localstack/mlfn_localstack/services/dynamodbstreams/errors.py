"""The errors of DynamoDB Streams."""

from __future__ import annotations

from mlfn_localstack.service import ServiceError


def unknown_stream(arn: str) -> ServiceError:
    """No such stream."""
    return ServiceError("ResourceNotFoundException", f"Requested resource not found: Stream: {arn} not found")


def unknown_shard(shard: str, arn: str) -> ServiceError:
    """No such shard in the stream."""
    message = f"Requested resource not found: Shard: {shard} in Stream: {arn} not found"
    return ServiceError("ResourceNotFoundException", message)


def expired_iterator() -> ServiceError:
    """The iterator is older than 15 minutes."""
    message = "The provided iterator exceeds the maximum age allowed."
    return ServiceError("ExpiredIteratorException", message)


def trimmed(sequence: str) -> ServiceError:
    """The record is gone after its 24 hours."""
    message = f"The operation attempted to read past the oldest stream record in a shard: {sequence}"
    return ServiceError("TrimmedDataAccessException", message)


def invalid(message: str) -> ServiceError:
    """A request refused for its content."""
    return ServiceError("ValidationException", message)
