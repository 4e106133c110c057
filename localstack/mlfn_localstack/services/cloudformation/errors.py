"""The errors CloudFormation answers with, in its words."""

from __future__ import annotations

from mlfn_localstack.service import ServiceError


class ToldFailureError(Exception):
    """A failure that events tell in its own words."""


def validation_error(message: str) -> ServiceError:
    """A request or template that CloudFormation refuses."""
    return ServiceError("ValidationError", message)


def stack_missing(name: str) -> ServiceError:
    """No such stack, as most operations say it."""
    return ServiceError("ValidationError", f"Stack with id {name} does not exist")


def stack_absent(name: str) -> ServiceError:
    """No such stack, as operations that change one say it."""
    return ServiceError("ValidationError", f"Stack [{name}] does not exist")


def stack_exists(name: str) -> ServiceError:
    """The stack is there already."""
    return ServiceError("AlreadyExistsException", f"Stack [{name}] already exists")


def wrong_status(stack_id: str, status: str, action: str) -> ServiceError:
    """The stack's status does not allow the action."""
    return ServiceError("ValidationError", f"Stack:{stack_id} is in {status} state and can not be {action}.")


def change_set_missing(name: str) -> ServiceError:
    """No such change set."""
    return ServiceError("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", status=404)


def change_set_status(change_set_id: str, status: str, action: str) -> ServiceError:
    """The change set's status does not allow the action."""
    message = f"ChangeSet [{change_set_id}] cannot be {action} in its current status of [{status}]"
    return ServiceError("InvalidChangeSetStatus", message)


def no_updates() -> ServiceError:
    """An update that changes nothing."""
    return ServiceError("ValidationError", NO_UPDATES)


NO_UPDATES = "No updates are to be performed."
NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
