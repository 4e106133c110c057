"""The errors of the Step Functions API, worded as AWS words them."""

from __future__ import annotations

from mlfn_localstack.service import ServiceError


def invalid_arn(reason: str) -> ServiceError:
    """An ARN is malformed or of another kind."""
    return ServiceError("InvalidArn", f"Invalid Arn: '{reason}'")


def machine_missing(arn: str) -> ServiceError:
    """No such state machine."""
    return ServiceError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")


def machine_exists(arn: str) -> ServiceError:
    """A state machine of that name has another content."""
    return ServiceError("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")


def execution_missing(arn: str) -> ServiceError:
    """No such execution."""
    return ServiceError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")


def execution_exists(arn: str) -> ServiceError:
    """The name is taken."""
    return ServiceError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")


def invalid_name(name: str) -> ServiceError:
    """A name has characters that names may not have."""
    return ServiceError("InvalidName", f"Invalid Name: '{name}'")


def invalid_input(reason: str) -> ServiceError:
    """An execution's input is not JSON."""
    return ServiceError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{reason}'")


def invalid_definition(problems: str) -> ServiceError:
    """A definition does not hold."""
    return ServiceError("InvalidDefinition", f"Invalid State Machine Definition: '{problems}'")


def validation(message: str) -> ServiceError:
    """A parameter breaks a rule of the API."""
    return ServiceError("ValidationException", message)


def constraint(value: object, member: str, rule: str) -> ServiceError:
    """A parameter breaks a constraint of the API's model."""
    return validation(
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {rule}"
    )


def wrong_type() -> ServiceError:
    """The operation is for the other type of state machine."""
    return ServiceError("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")


def invalid_token() -> ServiceError:
    """A task token that was never given out."""
    return ServiceError("InvalidToken", "Invalid Token: 'Invalid token'")


def task_timed_out() -> ServiceError:
    """A task token whose task is over."""
    return ServiceError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")


def activity_missing(arn: str) -> ServiceError:
    """No such activity."""
    return ServiceError("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")


def resource_missing(arn: str) -> ServiceError:
    """No such resource."""
    return ServiceError("ResourceNotFound", f"Resource not found: '{arn}'")


def reference_missing() -> ServiceError:
    """No such alias, or no such version behind one."""
    return ServiceError("ResourceNotFound", "Request references a resource that does not exist.")


def invalid_logging(reason: str) -> ServiceError:
    """A state machine's log cannot be written as asked."""
    return ServiceError("InvalidLoggingConfiguration", f"Invalid Logging Configuration: {reason}")


def conflict(message: str) -> ServiceError:
    """What is asked for contradicts what is there."""
    return ServiceError("ConflictException", message)


def untrusting_role() -> ServiceError:
    """A role that Step Functions may not take, or that is not there."""
    message = (
        "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the"
        " provided role."
    )
    return ServiceError("AccessDeniedException", message)
