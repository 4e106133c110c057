"""How EventBridge refuses, in its words."""

from __future__ import annotations

from mlfn_localstack.service import ServiceError


def validation(message: str) -> ServiceError:
    """A parameter does not fit."""
    return ServiceError("ValidationException", message)


def unsupported(what: str) -> ServiceError:
    """AWS has it, the emulator does not."""
    return validation(f"The emulator does not support {what}.")


def no_bus(name: str) -> ServiceError:
    """There is no such event bus."""
    return ServiceError("ResourceNotFoundException", f"Event bus {name} does not exist.")


def bus_exists(name: str) -> ServiceError:
    """The name is taken."""
    return ServiceError("ResourceAlreadyExistsException", f"Event bus {name} already exists.")


def no_rule(name: str, bus: str) -> ServiceError:
    """There is no such rule."""
    return ServiceError("ResourceNotFoundException", f"Rule {name} does not exist on EventBus {bus}.")


def invalid_pattern(reason: str) -> ServiceError:
    """An event pattern is none."""
    return ServiceError("InvalidEventPatternException", f"Event pattern is not valid. Reason: {reason}")


def limit_exceeded() -> ServiceError:
    """A quota is used up."""
    return ServiceError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
