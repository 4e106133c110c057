"""How EventBridge Scheduler refuses, in its words."""

from __future__ import annotations

from mlfn_localstack.service import ServiceError


def validation(message: str) -> ServiceError:
    """A parameter does not fit."""
    return ServiceError("ValidationException", message)


def unsupported(what: str) -> ServiceError:
    """AWS has it, the emulator does not."""
    return validation(f"The emulator does not support {what}.")


def no_schedule(name: str) -> ServiceError:
    """There is no such schedule."""
    return ServiceError("ResourceNotFoundException", f"Schedule {name} does not exist.", status=404)


def no_group(name: str) -> ServiceError:
    """There is no such group."""
    return ServiceError("ResourceNotFoundException", f"Schedule group {name} does not exist.", status=404)


def conflict(message: str) -> ServiceError:
    """The name is taken."""
    return ServiceError("ConflictException", message, status=409)
