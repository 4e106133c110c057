"""The shape of a resource type's properties: what is allowed, what is required, and of which kind."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from mlfn_localstack.services.cloudformation.intrinsics import Unknown


class Kind(Enum):
    """A value without members."""

    STRING = "String"
    INTEGER = "Integer"
    NUMBER = "Number"
    BOOLEAN = "Boolean"
    JSON = "Object"
    TEXTS = "Any"
    """Whatever it is: all its scalars are text."""


STRING, INTEGER, NUMBER, BOOLEAN, JSON = Kind.STRING, Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN, Kind.JSON
TEXTS = Kind.TEXTS

Shape = Kind | list[Any] | Mapping[str, Any]
"""A kind; `[shape]` for a list; a mapping of names for an object, `Name!` being required and `*` any name."""

TAGS: Shape = [{"Key!": STRING, "Value!": STRING}]


def fit(value: Any, shape: Shape) -> tuple[Any, list[str]]:
    """A value converted to what the shape asks for, as CloudFormation does it, and what does not fit."""
    problems: list[str] = []
    return _fit(value, shape, "#", problems), problems


def _fit(value: Any, shape: Shape, path: str, problems: list[str]) -> Any:
    if isinstance(value, Unknown):
        return value
    if isinstance(shape, Kind):
        return _scalar(value, shape, path, problems)
    if isinstance(shape, list):
        if not isinstance(value, list):
            problems.append(f"{path}: expected type: JSONArray, found: {_named(value)}")
            return value
        return [_fit(item, shape[0], f"{path}/{index}", problems) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        problems.append(f"{path}: expected type: JSONObject, found: {_named(value)}")
        return value
    return _object(value, shape, path, problems)


def _object(value: dict[str, Any], shape: Mapping[str, Any], path: str, problems: list[str]) -> dict[str, Any]:
    members = {name.removesuffix("!"): member for name, member in shape.items()}
    for name in members_required(shape):
        if name not in value:
            problems.append(f"{path}: required key [{name}] not found")
    found = {}
    for name, item in value.items():
        member = members.get(name, members.get("*"))
        if member is None:
            problems.append(f"{path}: extraneous key [{name}] is not permitted")
        else:
            found[name] = _fit(item, member, f"{path}/{name}", problems)
    return found


def members_required(shape: Mapping[str, Any]) -> Iterator[str]:
    """The names that must be given."""
    return (name[:-1] for name in shape if name.endswith("!"))


def _scalar(value: Any, kind: Kind, path: str, problems: list[str]) -> Any:
    converted = _CONVERT[kind](value)
    if converted is None:
        problems.append(f"{path}: expected type: {kind.value}, found: {_named(value)}")
        return value
    return converted


def _string(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return value if isinstance(value, str) else None


def _integer(value: Any) -> Any:
    try:
        return None if isinstance(value, bool) or int(value) != float(value) else int(value)
    except (TypeError, ValueError):
        return None


def _number(value: Any) -> Any:
    try:
        return None if isinstance(value, bool) else int(value) if float(value).is_integer() else float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _boolean(value: Any) -> Any:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def _json(value: Any) -> Any:
    return value if isinstance(value, dict | list | str) else None


def as_texts(value: Any) -> Any:
    """A value whose scalars are all text."""
    if isinstance(value, dict):
        return {key: as_texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_texts(item) for item in value]
    return value if isinstance(value, str | Unknown) else json.dumps(value)


_CONVERT = {
    STRING: _string,
    INTEGER: _integer,
    NUMBER: _number,
    BOOLEAN: _boolean,
    JSON: _json,
    TEXTS: as_texts,
}


def _named(value: Any) -> str:
    match value:
        case bool():
            return "Boolean"
        case int() | float():
            return "Number"
        case str():
            return "String"
        case None:
            return "Null"
        case list():
            return "JSONArray"
        case _:
            return "JSONObject"
