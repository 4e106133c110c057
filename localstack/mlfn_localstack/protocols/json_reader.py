"""JSON bodies to parameters: one compiled function per shape, which checks types and converts blobs and times."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

import orjson

from mlfn_localstack.protocols.timestamps import parse_timestamp
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlfn_localstack.protocols.model import ServiceModel, Shape

_JAVA = {
    "string": "String",
    "integer": "Integer",
    "long": "Long",
    "double": "Double",
    "float": "Float",
    "boolean": "Boolean",
    "blob": "Blob",
    "timestamp": "Date",
}


def serialization_error(message: str) -> ServiceError:
    """What AWS answers to a body it cannot read."""
    return ServiceError("SerializationException", message)


def load_json(body: bytes) -> Any:
    """A JSON document, as strictly as AWS reads one: UTF-8, finite numbers, whole characters, bounded depth.

    Raises:
        ServiceError: SerializationException.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise serialization_error("Unable to parse the request body as JSON.") from error


class JsonReaders:
    """The readers of one service's shapes, compiled when first needed."""

    def __init__(self, model: ServiceModel, scalars: Mapping[str, Callable[[Any], Any]] | None = None) -> None:
        self._shapes = model.shapes
        self._scalars = SCALARS if scalars is None else scalars
        self._cache: dict[str, Callable[[Any], Any]] = {}

    def reader(self, name: str) -> Callable[[Any], Any]:
        """The function that reads a value of the named shape."""
        if name not in self._cache:
            self._cache[name] = self._stand_in(name)
            self._cache[name] = self._compile(self._shapes[name])
        return self._cache[name]

    def _stand_in(self, name: str) -> Callable[[Any], Any]:
        """What a recursive shape finds while it is compiled: it looks the reader up once it is there."""

        def read(value: Any) -> Any:
            return self._cache[name](value)

        return read

    def _compile(self, shape: Shape) -> Callable[[Any], Any]:
        match shape["type"]:
            case "structure":
                return self._structure(shape)
            case "list":
                return _list_reader(self.reader(shape["member"]["shape"]))
            case "map":
                value = shape["value"]["shape"]
                return _map_reader(self.reader(value), self._as_they_came(self._shapes[value]))
            case kind:
                return self._scalars[kind]

    def _structure(self, shape: Shape) -> Callable[[Any], Any]:
        if shape.get("document"):
            return lambda value: value
        members = {
            member.get("locationName", name): (name, self.reader(member["shape"]))
            for name, member in shape["members"].items()
            if "location" not in member
        }
        return _structure_reader(members, self._as_they_came(shape))

    def _as_they_came(self, shape: Shape) -> dict[str, type]:
        """The members of a structure that need no reading if they are of this type: key → type."""
        if shape["type"] != "structure" or shape.get("document"):
            return {}
        kinds = {
            name: _PLAIN.get(self._scalars.get(self._shapes[member["shape"]]["type"]))
            for name, member in shape["members"].items()
            if "location" not in member and member.get("locationName", name) == name
        }
        return {name: kind for name, kind in kinds.items() if kind is not None}


def _structure_reader(
    members: dict[str, tuple[str, Callable[[Any], Any]]], as_it_is: dict[str, type]
) -> Callable[[Any], Any]:
    known = {key: (name, _PLAIN.get(reader), reader) for key, (name, reader) in members.items()}
    find = known.get

    def read(value: Any) -> Any:
        if type(value) is not dict:
            raise _not_a_container(value)
        if len(value) == 1:  # a union, as DynamoDB's attribute values are: mostly it is taken as it came
            ((key, item),) = value.items()
            if as_it_is.get(key) is type(item):
                return value
        result = {}
        for key, item in value.items():
            member = find(key)
            if member is not None and item is not None:
                name, plain, reader = member
                result[name] = item if type(item) is plain else reader(item)
        return result

    return read


def _list_reader(item: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if type(value) is not list:
            raise _not_a_container(value)
        return [item(element) for element in value if element is not None]

    return read


def _map_reader(item: Callable[[Any], Any], as_it_is: dict[str, type]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if type(value) is not dict:
            raise _not_a_container(value)
        result = {}
        for key, element in value.items():
            if type(element) is dict and len(element) == 1:  # as below a structure of one member, without the call
                ((kind, inner),) = element.items()
                if as_it_is.get(kind) is type(inner):
                    result[key] = element
                    continue
            if element is not None:
                result[key] = item(element)
        return result

    return read


def _not_a_container(value: Any) -> ServiceError:
    if isinstance(value, dict):
        return serialization_error("Start of structure or map found where not expected.")
    if isinstance(value, list):
        return serialization_error("Start of list found where not expected")
    return serialization_error("Unexpected field type")


def _wrong_scalar(value: Any, kind: str) -> ServiceError:
    match value:
        case bool():
            found = "TRUE_VALUE" if value else "FALSE_VALUE"
        case int() | float():
            found = "NUMBER_VALUE"
        case str():
            found = "STRING_VALUE"
        case list():
            return serialization_error(f"Unrecognized collection type class java.lang.{_JAVA[kind]}")
        case _:
            return serialization_error("Start of structure or map found where not expected.")
    return serialization_error(f"{found} cannot be converted to {_JAVA[kind]}")


def _read_string(value: Any) -> Any:
    if type(value) is not str:
        raise _wrong_scalar(value, "string")
    return value


def _read_boolean(value: Any) -> Any:
    if type(value) is not bool:
        raise _wrong_scalar(value, "boolean")
    return value


def _read_integer(value: Any) -> Any:
    if type(value) is float and value.is_integer():  # among them what does not fit into 64 bits
        value = int(value)
    if type(value) is not int:
        raise _wrong_scalar(value, "integer")
    if not -(2**63) <= value < 2**63:
        raise serialization_error("Numeric value out of range")
    return value


def _read_double(value: Any) -> Any:
    if type(value) not in (int, float):
        raise _wrong_scalar(value, "double")
    return value


def read_any_double(value: Any) -> Any:
    """A number, or what Smithy writes where JSON has none; for services that refuse those in words of their own."""
    return float(value) if value in ("NaN", "Infinity", "-Infinity") else _read_double(value)


def _read_blob(value: Any) -> Any:
    if type(value) is not str:
        raise _wrong_scalar(value, "blob")
    try:
        return base64.b64decode(value.encode(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise serialization_error("The value is not base64 encoded.") from error


def _read_timestamp(value: Any) -> Any:
    if type(value) not in (int, float, str):
        raise _wrong_scalar(value, "timestamp")
    try:
        return parse_timestamp(value)
    except ValueError as error:
        raise serialization_error(f"Could not read {value!r} as a time") from error


_PLAIN: dict[Callable[[Any], Any] | None, type] = {_read_string: str, _read_boolean: bool}
"""Readers that give a value of this type as it is: most are, and need no call."""
SCALARS: dict[str, Callable[[Any], Any]] = {
    "string": _read_string,
    "character": _read_string,
    "boolean": _read_boolean,
    "integer": _read_integer,
    "long": _read_integer,
    "double": _read_double,
    "float": _read_double,
    "blob": _read_blob,
    "timestamp": _read_timestamp,
}
