"""How EventBridge refuses, in its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.service import Params

_FILTERS = ("NamePrefix", "EventSourceArn", "State")


def validation(message: str) -> ServiceError:
    """A parameter does not fit."""
    return ServiceError("ValidationException", message)


def wrong_parameter(name: str, reason: str) -> ServiceError:
    """A parameter does not fit, for a reason."""
    return validation(f"Parameter {name} is not valid. Reason: {reason}")


def untrusting_role(role: str, principal: str) -> ServiceError:
    """A role that EventBridge may not take, or that is not there."""
    return validation(f"Provided role '{role}' cannot be assumed by principal '{principal}'.")


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


def managed_rule(name: str, manager: str) -> ServiceError:
    """A service keeps the rule for itself."""
    return ServiceError("ManagedRuleException", f"Rule {name} is managed by {manager} and cannot be changed.")


def no_archive(name: str) -> ServiceError:
    """There is no such archive."""
    return ServiceError("ResourceNotFoundException", f"Archive {name} does not exist.")


def archive_exists(name: str) -> ServiceError:
    """The name is taken."""
    return ServiceError("ResourceAlreadyExistsException", f"Archive {name} already exists.")


def no_replay(name: str) -> ServiceError:
    """There is no such replay."""
    return ServiceError("ResourceNotFoundException", f"Replay {name} does not exist.")


def replay_exists(name: str) -> ServiceError:
    """The name is taken."""
    return ServiceError("ResourceAlreadyExistsException", f"Replay {name} already exists.")


def replay_state(name: str) -> ServiceError:
    """The replay is over, or about to be."""
    return ServiceError("IllegalStatusException", f"Replay {name} is not in a valid state for this operation.")


def invalid_pattern(reason: str) -> ServiceError:
    """An event pattern is none."""
    return ServiceError("InvalidEventPatternException", f"Event pattern is not valid. Reason: {reason}")


def limit_exceeded() -> ServiceError:
    """A quota is used up."""
    return ServiceError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")


def one_filter(params: Params, operation: str) -> dict[str, Any]:
    """What a list is filtered by, which may be one thing.

    Raises:
        ServiceError: ValidationException.
    """
    given = {name: params[name] for name in _FILTERS if params.get(name)}
    if len(given) > 1:
        names = "State, EventSourceArn, or NamePrefix"
        raise validation(f"At most one filter is allowed for {operation}. Use either : {names}.")
    return given
