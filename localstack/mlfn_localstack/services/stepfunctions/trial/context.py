"""A mocked context object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.json_text import parse
from mlfn_localstack.services.stepfunctions.errors import validation

if TYPE_CHECKING:
    from mlfn_localstack.service import ServiceError

_FIELDS: dict[str, dict[str, tuple[type | tuple[type, ...], str]]] = {
    "Execution": {
        "Id": (str, "a string"),
        "Input": (object, "JSON"),
        "Name": (str, "a string"),
        "RedriveCount": (int, "a number"),
        "RedriveTime": (str, "a string"),
        "RoleArn": (str, "a string"),
        "StartTime": (str, "a string"),
    },
    "State": {"EnteredTime": (str, "a string"), "Name": (str, "a string"), "RetryCount": (int, "a number")},
    "StateMachine": {"Id": (str, "a string"), "Name": (str, "a string")},
    "Task": {"Token": (str, "a string")},
}


def context_from(text: str, *, takes_token: bool) -> dict[str, Any]:
    """The context object that a request mocks.

    Raises:
        ServiceError: it has fields that context objects have not, or values of another type.
    """
    try:
        context = parse(text)
    except (ValueError, RecursionError) as error:
        raise _invalid("must be valid JSON") from error
    if not isinstance(context, dict):
        raise _invalid("must be a JSON object")
    for name, part in context.items():
        if name == "Map":
            raise _invalid("'Map' field is not supported when mocking a Context object")
        if name not in _FIELDS:
            raise _invalid(f"Field '{name}' is not allowed")
        if name == "Task" and not takes_token:
            pattern = "a Task state with a '.sync' or '.waitForTaskToken' service integration pattern"
            raise _invalid(f"Context object contains 'Task' when state is not {pattern}")
        _check_part(name, part)
    return context


def _check_part(name: str, part: Any) -> None:
    if not isinstance(part, dict):
        raise _invalid(f"{name} must be an object")
    for member, value in part.items():
        if member not in _FIELDS[name]:
            raise _invalid(f"Field '{member}' is not allowed")
        kinds, wanted = _FIELDS[name][member]
        if not isinstance(value, kinds):
            raise _invalid(f"{name}.{member} must be {wanted}")


def _invalid(reason: str) -> ServiceError:
    return validation(f"Invalid Context object provided: {reason}")
