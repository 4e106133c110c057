"""How SNS refuses, in its words."""

from __future__ import annotations

import json

from mlfn_localstack.json_refusals import REDACTED, syntax
from mlfn_localstack.service import ServiceError

_ARN_PARTS = 6
_INVALID = "Invalid parameter: "


def invalid(message: str) -> ServiceError:
    """A parameter does not fit."""
    return ServiceError("InvalidParameter", _INVALID + message)


def invalid_value(message: str) -> ServiceError:
    """An attribute of a message does not fit."""
    return ServiceError("ParameterValueInvalid", message)


def no_arn(parameter: str, given: str) -> ServiceError:
    """A text is no ARN."""
    count = len(given.split(":"))
    reason = f" Reason: An ARN must have at least 6 elements, not {count}" if count < _ARN_PARTS else ""
    return invalid(parameter + reason)


def no_topic() -> ServiceError:
    """There is no such topic."""
    return ServiceError("NotFound", "Topic does not exist", status=404)


def no_subscription() -> ServiceError:
    """There is no such subscription."""
    return ServiceError("NotFound", "Subscription does not exist", status=404)


def checked_subscription(given: str) -> str:
    """A text that looks like a subscription's ARN.

    Raises:
        ServiceError: InvalidParameter.
    """
    parts = len(given.split(":"))
    if not given.startswith("arn:") or parts < _ARN_PARTS:
        raise no_arn("SubscriptionArn", given)
    if parts != _ARN_PARTS + 1:
        raise invalid("SubscriptionId")
    return given


def in_attributes(error: ServiceError) -> ServiceError:
    """An attribute does not fit, among those of a new subscription."""
    return invalid(f"Attributes Reason: {error.message.removeprefix(_INVALID)}")


def no_json(what: str, error: ValueError) -> ServiceError:
    """A text is no JSON."""
    why = syntax(error, REDACTED) if isinstance(error, json.JSONDecodeError) else None
    return invalid(f"{what}: failed to parse JSON. {why or error}")


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
