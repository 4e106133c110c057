"""The errors API Gateway answers with, worded as AWS words them."""

from __future__ import annotations

from mlfn_localstack.service import ServiceError


def not_found(message: str) -> ServiceError:
    """404: the thing asked for does not exist."""
    return ServiceError("NotFoundException", message, status=404)


def bad_request(message: str) -> ServiceError:
    """400: a parameter has a value that API Gateway does not take."""
    return ServiceError("BadRequestException", message, status=400)


def conflict(message: str) -> ServiceError:
    """409: it exists already, or is used by something else."""
    return ServiceError("ConflictException", message, status=409)


def unsupported(member: str, kind: str) -> ServiceError:
    """400: the emulator has nothing for this member, and does not pretend to."""
    return bad_request(f"The emulator does not support {member} of {kind}.")
