"""What the service models demand of parameters beyond their types, worded as AWS words it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_localstack.protocols.model import OperationModel, ServiceModel, Shape
    from mlfn_localstack.service import Params

_CODES = {
    "apigatewayv2": "BadRequestException",
    "cloudwatch": "ValidationError",
    "ecr": "InvalidParameterException",
    "logs": "InvalidParameterException",
    "s3": "InvalidRequest",
    "sns": "InvalidParameter",
    "sqs": "InvalidParameterValue",
}
_MAX_REPORTED = 10
_OPEN = {
    "dynamodb": frozenset({"AttributeName", "AttributeValue"}),
    "sqs": frozenset({"MessageSystemAttributeName", "QueueAttributeName"}),
}
"""Shapes that a service checks itself, in words of its own; looking at every attribute twice would also take a tenth
of a put."""


class Constraints:
    """The checks of one service's inputs, compiled when first needed."""

    def __init__(self, model: ServiceModel) -> None:
        self._shapes = model.shapes
        default = "ValidationError" if model.protocol == "query" else "ValidationException"
        self._code = _CODES.get(model.name, default)
        self._open = _OPEN.get(model.name, frozenset())
        self._cache: dict[str, Callable[[Any, str, list[str]], None] | None] = {}

    def check(self, operation: OperationModel, params: Params) -> None:
        """Refuse parameters that the model does not allow, naming all mistakes.

        Raises:
            ServiceError: the service's validation error.
        """
        check = self._checker(operation.input) if operation.input else None
        if check is None:
            return
        found: list[str] = []
        check(params, "", found)
        if found:
            plural = "error" if len(found) == 1 else "errors"
            details = "; ".join(found[:_MAX_REPORTED])
            raise ServiceError(self._code, f"{len(found)} validation {plural} detected: {details}")

    def _checker(self, name: str) -> Callable[[Any, str, list[str]], None] | None:
        if name not in self._cache:
            self._cache[name] = None
            if self._is_constrained(name, set()):
                self._cache[name] = self._stand_in(name)
                self._cache[name] = self._compile(self._shapes[name])
        return self._cache[name]

    def _stand_in(self, name: str) -> Callable[[Any, str, list[str]], None]:
        """What a recursive shape finds while it is compiled: it looks the check up once it is there."""

        def check(value: Any, path: str, found: list[str]) -> None:
            compiled = self._cache[name]
            if compiled is not None:
                compiled(value, path, found)

        return check

    def _is_constrained(self, name: str, seen: set[str]) -> bool:
        if name in seen or name in self._open:
            return False
        seen.add(name)
        shape = self._shapes[name]
        if any(key in shape for key in ("min", "max", "pattern", "enum", "required")):
            return True
        children = [member["shape"] for member in shape.get("members", {}).values()]
        children += [shape[key]["shape"] for key in ("member", "key", "value") if key in shape]
        return any(self._is_constrained(child, seen) for child in children)

    def _compile(self, shape: Shape) -> Callable[[Any, str, list[str]], None]:
        match shape["type"]:
            case "structure":
                return self._structure(shape)
            case "list":
                return _list_check(shape, self._checker(shape["member"]["shape"]))
            case "map":
                return _map_check(shape, self._checker(shape["key"]["shape"]), self._checker(shape["value"]["shape"]))
            case "string":
                return _string_check(shape)
            case "integer" | "long" | "double" | "float":
                return lambda value, path, found: _check_range(shape, value, value, path, found)
            case _:
                return lambda value, path, found: None

    def _structure(self, shape: Shape) -> Callable[[Any, str, list[str]], None]:
        required = [(name, _lower_first(name)) for name in shape.get("required", ())]
        members = {}
        for name, member in shape["members"].items():
            checker = self._checker(member["shape"])
            if checker is not None:
                members[name] = (checker, _lower_first(name))

        def check(value: Any, path: str, found: list[str]) -> None:
            for name, shown in required:
                if name not in value:
                    found.append(_failure("null", path + shown, "Member must not be null", quote=False))
            for name, (checker, shown) in members.items():
                if name in value:
                    checker(value[name], path + shown, found)

        return lambda value, path, found: check(value, f"{path}." if path else "", found)


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


def _failure(value: Any, path: str, constraint: str, *, quote: bool = True) -> str:
    shown = f"'{value}'" if quote else value
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def _list_check(
    shape: Shape, item: Callable[[Any, str, list[str]], None] | None
) -> Callable[[Any, str, list[str]], None]:
    def check(value: Any, path: str, found: list[str]) -> None:
        _check_length(shape, value, path, found)
        if item is not None:
            for index, element in enumerate(value, 1):
                item(element, f"{path}.{index}.member", found)

    return check


def _map_check(
    shape: Shape,
    key_check: Callable[[Any, str, list[str]], None] | None,
    value_check: Callable[[Any, str, list[str]], None] | None,
) -> Callable[[Any, str, list[str]], None]:
    def check(value: Any, path: str, found: list[str]) -> None:
        _check_length(shape, value, path, found)
        for key, element in value.items():
            if key_check is not None:
                key_check(key, path, found)
            if value_check is not None:
                value_check(element, f"{path}.{key}.member", found)

    return check


def _string_check(shape: Shape) -> Callable[[Any, str, list[str]], None]:
    allowed = frozenset(shape.get("enum", ()))
    shown = ", ".join(shape.get("enum", ()))
    pattern = _compile_pattern(shape.get("pattern"))

    def check(value: Any, path: str, found: list[str]) -> None:
        if allowed and value not in allowed:
            found.append(_failure(value, path, f"Member must satisfy enum value set: [{shown}]"))
        if pattern is not None and not pattern.fullmatch(value):
            found.append(_failure(value, path, f"Member must satisfy regular expression pattern: {shape['pattern']}"))
        _check_length(shape, value, path, found)

    return check


def _compile_pattern(pattern: str | None) -> re.Pattern[str] | None:
    """Java's pattern in Python's syntax; None where Python does not have it (`\\p{…}`)."""
    if pattern is None or pattern in (".*", "^.*$"):
        return None
    try:
        return re.compile(pattern, re.ASCII)
    except re.error:
        return None


def _check_length(shape: Shape, value: Any, path: str, found: list[str]) -> None:
    length = len(value)
    if "min" in shape and length < shape["min"]:
        constraint = f"Member must have length greater than or equal to {shape['min']}"
        found.append(_failure(value, path, constraint))
    if "max" in shape and length > shape["max"]:
        constraint = f"Member must have length less than or equal to {shape['max']}"
        found.append(_failure(value, path, constraint))


def _check_range(shape: Shape, value: Any, shown: Any, path: str, found: list[str]) -> None:
    if "min" in shape and value < shape["min"]:
        constraint = f"Member must have value greater than or equal to {shape['min']}"
        found.append(_failure(shown, path, constraint))
    if "max" in shape and value > shape["max"]:
        constraint = f"Member must have value less than or equal to {shape['max']}"
        found.append(_failure(shown, path, constraint))
