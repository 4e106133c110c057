"""Whether a mocked result is what the operation behind a task could answer, by the service's model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.errors import validation
from mlfn_localstack.services.stepfunctions.integrations.known import SERVICE, sdk_service
from mlfn_localstack.services.stepfunctions.integrations.models import operation_model

if TYPE_CHECKING:
    from botocore.model import Shape

_OPTIMISED = {"dynamodb": "dynamodb", "events": "events", "lambda": "lambda", "sns": "sns", "sqs": "sqs"}
_KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "structure": (dict, "an object"),
    "map": (dict, "an object"),
    "list": (list, "an array"),
    "boolean": (bool, "a boolean"),
    "integer": (int, "a number"),
    "long": (int, "a number"),
    "float": ((int, float), "a number"),
    "double": ((int, float), "a number"),
    "string": (str, "a string"),
    "blob": (str, "a string"),
    "timestamp": (str, "a string"),
    "document": (object, "JSON"),
}
_ANY_JSON = {"Payload"}
"""Lambda's answer is parsed, so it may be anything."""


def check_result(resource: str, result: Any, *, mode: str) -> None:
    """Hold a mocked result to its operation's model; fields that the model does not know pass.

    Raises:
        ServiceError: a field is missing (in mode STRICT) or of another type.
    """
    shape = None if mode == "NONE" else _answer_shape(resource)
    if shape is not None:
        _check(shape, result, "", strict=mode == "STRICT")


def _answer_shape(resource: str) -> Shape | None:
    match = SERVICE.fullmatch(resource)
    if match is None or match["mode"] == ".waitForTaskToken":
        return None
    kind, action = match["type"], match["action"]
    if kind == "states":
        return _output("stepfunctions", "DescribeExecution" if match["mode"] else "StartExecution")
    service = sdk_service(kind) if kind.startswith("aws-sdk:") else _OPTIMISED.get(kind)
    return None if service is None else _output(service, action[0].upper() + action[1:])


def _output(service: str, operation: str) -> Shape | None:
    model = operation_model(service, operation)
    return None if model is None else model.output_shape


def _check(shape: Shape, value: Any, name: str, *, strict: bool) -> None:
    kinds, wanted = _KINDS[shape.type_name]
    if not isinstance(value, kinds) or (isinstance(value, bool) and shape.type_name != "boolean"):
        raise _mismatch(f"Field '{name}' must be {wanted}")
    if isinstance(value, str):
        _check_text(shape, value, name)
    elif isinstance(value, dict):
        _check_members(shape, value, name, strict=strict)
    elif isinstance(value, list):
        for item in value:
            _check(shape.member, item, name, strict=strict)  # type: ignore[attr-defined]  # a ListShape
    elif isinstance(value, int | float):
        _check_range(shape, value, name)


def _check_members(shape: Shape, value: dict[str, Any], name: str, *, strict: bool) -> None:
    if shape.type_name == "map":
        for item in value.values():
            _check(shape.value, item, name, strict=strict)  # type: ignore[attr-defined]  # a MapShape
        return
    members = {member[:1].upper() + member[1:]: inner for member, inner in getattr(shape, "members", {}).items()}
    required = [member[:1].upper() + member[1:] for member in getattr(shape, "required_members", [])]
    for member in required:
        if strict and member not in value:
            raise _mismatch(f"Required field '{member}' is missing")
    for member, item in value.items():
        if member in members and item is not None and not (members[member].type_name == "blob" and member in _ANY_JSON):
            _check(members[member], item, member, strict=strict)


def _check_text(shape: Shape, value: str, name: str) -> None:
    if (allowed := getattr(shape, "enum", [])) and value not in allowed:
        raise _mismatch(f"Field '{name}' is not an expected value")
    if len(value) < shape.metadata.get("min", 0):
        raise _mismatch(f"Field '{name}' is smaller than the minimum length")
    if len(value) > shape.metadata.get("max", len(value)):
        raise _mismatch(f"Field '{name}' exceeds the maximum length")


def _check_range(shape: Shape, value: float, name: str) -> None:
    if value < shape.metadata.get("min", value):
        raise _mismatch(f"Field '{name}' is less than the minimum value")
    if value > shape.metadata.get("max", value):
        raise _mismatch(f"Field '{name}' exceeds the maximum value")


def _mismatch(reason: str) -> Exception:
    return validation(f"Mock result schema validation error: {reason}")
