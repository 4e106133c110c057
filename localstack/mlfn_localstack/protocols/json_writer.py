"""Results to JSON bodies: only shapes that rename members or hold times, blobs are walked."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import orjson

from mlfn_localstack.protocols.timestamps import WHOLE_SECONDS, format_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_localstack.protocols.model import ServiceModel, Shape

_FORMS = {"iso8601": WHOLE_SECONDS, "rfc822": "rfc822"}


def dump_json(value: Any) -> bytes:
    """A JSON document; bytes become base64."""
    return orjson.dumps(value, _base64)


def _base64(value: Any) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} has no place in a JSON answer")


class JsonWriters:
    """The writers of one service's shapes; a shape that goes out as it is has none."""

    def __init__(self, model: ServiceModel) -> None:
        self._shapes = model.shapes
        self._cache: dict[str, Callable[[Any], Any] | None] = {}

    def writer(self, name: str) -> Callable[[Any], Any] | None:
        """The function that makes JSON of a value of the named shape, or None if it is JSON already."""
        if name not in self._cache:
            self._cache[name] = self._compile(name) if self._needs_walk(name, set()) else None
        return self._cache[name]

    def _needs_walk(self, name: str, seen: set[str]) -> bool:
        if name in seen:
            return False
        seen.add(name)
        shape = self._shapes[name]
        match shape["type"]:
            case "timestamp":
                return True
            case "list":
                return self._needs_walk(shape["member"]["shape"], seen)
            case "map":
                return self._needs_walk(shape["value"]["shape"], seen)
            case "structure":
                members = shape["members"].items()
                renamed = any(member.get("locationName", key) != key or "location" in member for key, member in members)
                return renamed or any(self._needs_walk(member["shape"], seen) for _, member in members)
            case _:
                return False

    def _compile(self, name: str) -> Callable[[Any], Any]:
        def write_later(value: Any) -> Any:
            return compiled(value)

        self._cache[name] = write_later
        compiled = self._compile_shape(self._shapes[name])
        return compiled

    def _compile_shape(self, shape: Shape) -> Callable[[Any], Any]:
        match shape["type"]:
            case "structure":
                return self._structure(shape)
            case "list":
                item = self.writer(shape["member"]["shape"]) or _as_is
                return lambda value: [item(element) for element in value]
            case "map":
                entry = self.writer(shape["value"]["shape"]) or _as_is
                return lambda value: {key: entry(element) for key, element in value.items()}
            case "timestamp":
                form = _FORMS.get(shape.get("timestampFormat", ""), "unixTimestamp")
                return lambda value: format_timestamp(value, form)
            case _:
                return _as_is

    def _structure(self, shape: Shape) -> Callable[[Any], Any]:
        members = {
            name: (member.get("locationName", name), self.writer(member["shape"]) or _as_is)
            for name, member in shape["members"].items()
            if "location" not in member
        }

        def write(value: Any) -> Any:
            return {
                members[key][0]: members[key][1](item)
                for key, item in value.items()
                if key in members and item is not None
            }

        return write


def _as_is(value: Any) -> Any:
    return value
