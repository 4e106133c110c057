"""How SNS refuses, in its words."""

from __future__ import annotations

from mlfn_localstack.service import ServiceError


def invalid(message: str) -> ServiceError:
    """A parameter does not fit."""
    return ServiceError("InvalidParameter", f"Invalid parameter: {message}")


def no_topic() -> ServiceError:
    """There is no such topic."""
    return ServiceError("NotFound", "Topic does not exist", status=404)


def no_subscription() -> ServiceError:
    """There is no such subscription."""
    return ServiceError("NotFound", "Subscription does not exist", status=404)


def unsupported(what: str) -> ServiceError:
    """AWS has it, the emulator does not."""
    return invalid(f"The emulator does not support {what}.")


def denied(principal: str, action: str, resource: str) -> ServiceError:
    """The topic's policy does not let a service in."""
    message = (
        f"User: {principal} is not authorized to perform: {action} on resource: {resource} "
        f"because no resource-based policy allows the {action} action"
    )
    return ServiceError("AuthorizationError", message, status=403)
