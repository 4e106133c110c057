"""What the service models demand of parameters beyond their types, worded as AWS words it."""

from __future__ import annotations

import re
from dataclasses import dataclass
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
    "sqs": "InvalidParameterValue",
}
_MISSING = {
    "sns": ("InvalidParameter", "Invalid parameter: {} Reason: no value for required parameter"),
    "sqs": ("MissingParameter", "The request must contain the parameter {}."),
}
"""What services say of a parameter that is not there, where that is something else."""
_MAX_REPORTED = 10
_DISCREET = frozenset({"iam"})
"""Services that do not repeat what they refuse."""
_TITLED = frozenset({"events", "logs", "stepfunctions"})
"""Services that put the name of a structure in front of its members: `Tag(key=a, value=b)`."""
_COMPLETE = {
    "MetricTransformation": ("metricName", "metricNamespace", "metricValue", "defaultValue", "unit", "dimensions"),
    "PutEventsRequestEntry": (
        *("time", "source", "resources", "detailType", "detail", "eventBusName", "traceHeader"),
        *("kmsKeyIdentifier", "internalMetadata"),
    ),
}
"""Structures that are shown with every member, in this order, as `null` where there is none."""
_SPARSE = frozenset({"CompatibleArchitectures", "SecurityGroupIds", "SubnetIds"})
"""Lists of which AWS does not say that their parts must not be null."""
_ENUMS = {
    "ComparisonOperator": (
        *("IN", "NULL", "BETWEEN", "LT", "NOT_CONTAINS", "EQ", "GT"),
        *("NOT_NULL", "NE", "LE", "BEGINS_WITH", "GE", "CONTAINS"),
    ),
    "ConditionalOperator": ("OR", "AND"),
    "EventSourcePosition": ("LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"),
    "InvokeMode": ("RESPONSE_STREAM", "BUFFERED"),
    "RecursiveLoop": ("Terminate", "Allow"),
    "ReturnValue": ("ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"),
    "ScalarAttributeType": ("B", "N", "S"),
    "Select": ("SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"),
    "StateValue": ("INSUFFICIENT_DATA", "ALARM", "OK"),
}
"""Values in the order in which AWS names them, where that is not the model's."""
_NOT_NULL = ", Member must not be null"
_VALUE = re.compile(r"\AValue .* at(?= '[^']*' failed to satisfy constraint: )", re.DOTALL)
_UNICODE = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"}
"""Java's classes of characters, as near as Python comes to them; `\\w` has digits and `_`, too."""
_SIMPLE = frozenset({"double", "float", "integer", "long", "string"})
_DECIMAL = frozenset({"double", "float"})
_OPEN = {
    "dynamodb": frozenset({"AttributeName", "AttributeValue", "Tag", "TagKeyString"}),
    "lambda": frozenset({"Runtime"}),
    "logs": frozenset({"LogGroupName", "LogStreamName"}),
    "sqs": frozenset({"MessageSystemAttributeName", "QueueAttributeName"}),
    "stepfunctions": frozenset({"Definition", "ExecutionStatus"}),
}
"""Shapes that a service checks itself, in words of its own; looking at every attribute twice would also take a tenth
of a put."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simple:
    """What is demanded of the strings or numbers in a list or map."""

    check: Callable[[Any, str, list[str]], None]
    constraints: str
    """In words."""


class Constraints:
    """The checks of one service's inputs, compiled when first needed."""

    def __init__(self, model: ServiceModel) -> None:
        self._shapes = model.shapes
        default = "ValidationError" if model.protocol == "query" else "ValidationException"
        self._code = _CODES.get(model.name, default)
        self._discreet = model.name in _DISCREET
        self._titled = model.name in _TITLED
        self._missing = _MISSING.get(model.name)
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
        if self._missing is not None:
            self._check_present(operation.input or "", params, *self._missing)
        found: list[str] = []
        check(params, "", found)
        if found:
            plural = "error" if len(found) == 1 else "errors"
            shown = [_VALUE.sub("Value at", each, count=1) for each in found] if self._discreet else found
            details = "; ".join(shown[:_MAX_REPORTED])
            raise ServiceError(self._code, f"{len(found)} validation {plural} detected: {details}")

    def _check_present(self, name: str, params: Params, code: str, message: str) -> None:
        shape = self._shapes[name]
        for member in shape.get("required", ()):
            if member not in params:
                raise ServiceError(code, message.format(shape["members"][member].get("locationName", member)))

    def _checker(self, name: str) -> Callable[[Any, str, list[str]], None] | None:
        if name not in self._cache:
            self._cache[name] = None
            if self._is_constrained(name, set()):
                self._cache[name] = self._stand_in(name)
                self._cache[name] = self._compile(self._ordered(name))
        return self._cache[name]

    def _ordered(self, name: str) -> Shape:
        """A shape with its values in the order of AWS's messages; another service may have other values by the name."""
        shape, order = self._shapes[name] | {"sparse": name in _SPARSE}, _ENUMS.get(name, ())
        return shape | {"enum": list(order)} if set(order) == set(shape.get("enum", ())) else shape

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
                return self._list(shape)
            case "map":
                return self._map(shape)
            case "string":
                return _string_check(shape)
            case "blob":
                return lambda value, path, found: _check_size(shape, value, path, found)
            case "integer" | "long" | "double" | "float":
                return lambda value, path, found: _check_range(shape, value, value, path, found)
            case _:
                return lambda value, path, found: None

    def _list(self, shape: Shape) -> Callable[[Any, str, list[str]], None]:
        item, simple = self._checker(shape["member"]["shape"]), self._simple(shape["member"]["shape"])
        if simple is not None:
            words = simple.constraints.removesuffix(_NOT_NULL) if shape["sparse"] else simple.constraints
            whole = Simple(check=simple.check, constraints=words)
            return _whole_check(shape, ((whole, list, "Member must satisfy constraint"),))
        name = shape["member"]["shape"]
        titled = self._titled and self._shapes[name]["type"] == "structure"
        return _list_check(shape, item, name if titled else "")

    def _map(self, shape: Shape) -> Callable[[Any, str, list[str]], None]:
        key, value = self._simple(shape["key"]["shape"]), self._simple(shape["value"]["shape"])
        checks: list[tuple[Simple, Callable[[Any], list[Any]], str]] = []
        if key is not None:
            named = Simple(check=key.check, constraints=key.constraints.removesuffix(_NOT_NULL))
            checks.append((named, list, "Map keys must satisfy constraint"))
        if value is not None:
            checks.append((value, _values, "Map value must satisfy constraint"))
        whole = _whole_check(shape, tuple(checks))
        if self._shapes[shape["value"]["shape"]]["type"] in _DECIMAL:
            return lambda given, path, found: whole(_decimal(given), path, found)
        inner = None if value is not None else self._checker(shape["value"]["shape"])
        return whole if inner is None else _map_check(whole, inner)

    def _simple(self, name: str) -> Simple | None:
        """The check of a string or number inside a list or map, which AWS shows whole; None if there is none."""
        shape, check = self._shapes[name], self._checker(name)
        if check is None or shape["type"] not in _SIMPLE:
            return None
        return Simple(check=check, constraints=_constraints(shape))

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


def _lowered(structure: dict[str, Any]) -> dict[str, Any]:
    return {_lower_first(name): value for name, value in structure.items()}


def _java(value: Any) -> str:
    """A value as AWS's messages print it: `[a, b]`, `{key=value}`, `true`."""
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            return f"[{', '.join(_java(item) for item in value)}]"
        case dict():
            return f"{{{', '.join(f'{key}={_java(item)}' for key, item in value.items())}}}"
        case _:
            return str(value)


def _failure(value: Any, path: str, constraint: str, *, quote: bool = True) -> str:
    shown = f"'{_java(value)}'" if quote else value
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def _list_check(
    shape: Shape, item: Callable[[Any, str, list[str]], None] | None, title: str
) -> Callable[[Any, str, list[str]], None]:
    nothing = dict.fromkeys(_COMPLETE.get(title, ()), "null")

    def check(value: Any, path: str, found: list[str]) -> None:
        shown = [f"{title}({_java(nothing | _lowered(each))[1:-1]})" for each in value] if title else value
        _check_length(shape, shown, path, found)
        if item is not None:
            for index, element in enumerate(value, 1):
                item(element, f"{path}.{index}.member", found)

    return check


def _map_check(
    whole: Callable[[Any, str, list[str]], None], inner: Callable[[Any, str, list[str]], None]
) -> Callable[[Any, str, list[str]], None]:
    def check(value: Any, path: str, found: list[str]) -> None:
        whole(value, path, found)
        for key, element in value.items():
            inner(element, f"{path}.{key}.member", found)

    return check


def _whole_check(
    shape: Shape, checks: tuple[tuple[Simple, Callable[[Any], list[Any]], str], ...]
) -> Callable[[Any, str, list[str]], None]:
    """The check of a list or map whose parts are simple: a bad one makes AWS show everything, and every constraint."""

    def check(value: Any, path: str, found: list[str]) -> None:
        _check_length(shape, value, path, found)
        for simple, parts, words in checks:
            mistakes: list[str] = []
            for part in parts(value):
                simple.check(part, path, mistakes)
            if mistakes:
                found.append(_failure(value, path, f"{words}: [{simple.constraints}]"))

    return check


def _decimal(value: dict[str, Any]) -> dict[str, Any]:
    """Numbers as Java prints those with a fraction, whether the request had one or not."""
    return {key: float(number) for key, number in value.items()}


def _values(value: dict[str, Any]) -> list[Any]:
    return list(value.values())


def _constraints(shape: Shape) -> str:
    """Everything that is demanded of a string or number, in AWS's words and order."""
    kind = "length" if shape["type"] == "string" else "value"
    known = []
    if "enum" in shape:
        known.append(f"Member must satisfy enum value set: [{', '.join(shape['enum'])}]")
    if "max" in shape:
        known.append(f"Member must have {kind} less than or equal to {shape['max']}")
    if "min" in shape:
        known.append(f"Member must have {kind} greater than or equal to {shape['min']}")
    if "pattern" in shape:
        known.append(f"Member must satisfy regular expression pattern: {shape['pattern']}")
    return ", ".join(known) + _NOT_NULL


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
    ours = pattern
    for java, python in _UNICODE.items():
        ours = ours.replace(java, python)
    try:
        return re.compile(ours, re.ASCII if ours == pattern else 0)
    except re.error:
        return None


def _check_length(shape: Shape, value: Any, path: str, found: list[str]) -> None:
    constraint = _wrong_length(shape, len(value))
    if constraint is not None:
        found.append(_failure(value, path, constraint))


def _check_size(shape: Shape, value: Any, path: str, found: list[str]) -> None:
    """The length of bytes, which are not shown."""
    constraint = _wrong_length(shape, len(value))
    if constraint is not None:
        found.append(f"Value at '{path}' failed to satisfy constraint: {constraint}")


def _wrong_length(shape: Shape, length: int) -> str | None:
    if "min" in shape and length < shape["min"]:
        return f"Member must have length greater than or equal to {shape['min']}"
    if "max" in shape and length > shape["max"]:
        return f"Member must have length less than or equal to {shape['max']}"
    return None


def _check_range(shape: Shape, value: Any, shown: Any, path: str, found: list[str]) -> None:
    if "min" in shape and value < shape["min"]:
        constraint = f"Member must have value greater than or equal to {shape['min']}"
        found.append(_failure(shown, path, constraint))
    if "max" in shape and value > shape["max"]:
        constraint = f"Member must have value less than or equal to {shape['max']}"
        found.append(_failure(shown, path, constraint))
