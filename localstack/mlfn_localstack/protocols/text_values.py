"""Values that travel as text: in headers, query strings, paths, forms and XML."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from mlfn_localstack.protocols.timestamps import format_timestamp, parse_timestamp
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_localstack.protocols.model import Shape


def parse_text(text: str, shape: Shape, name: str) -> Any:
    """The value that `text` stands for.

    Raises:
        ServiceError: SerializationException, naming the member.
    """
    parse = _PARSERS.get(shape["type"], _refuse)
    try:
        value = parse(text)
        return base64.b64decode(value).decode() if shape.get("jsonvalue") else value
    except (ValueError, binascii.Error) as error:
        message = f"The value of {name!r} is not a valid {shape['type']}."
        raise ServiceError("SerializationException", message) from error


def _parse_boolean(text: str) -> bool:
    if text not in ("true", "false", "True", "False"):
        raise ValueError(text)
    return text in ("true", "True")


def _parse_integer(text: str) -> int:
    if len(text) > 20 or not text.isascii() or "_" in text:
        raise ValueError(text)
    return int(text)


def _parse_list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def _parse_blob(text: str) -> bytes:
    return base64.b64decode(text.encode(), validate=True)


def _refuse(text: str) -> Any:
    raise ValueError(text)


_PARSERS: dict[str, Callable[[str], Any]] = {
    "blob": _parse_blob,
    "boolean": _parse_boolean,
    "double": float,
    "float": float,
    "integer": _parse_integer,
    "list": _parse_list,
    "long": _parse_integer,
    "string": str,
    "timestamp": parse_timestamp,
}


def write_text(value: Any, shape: Shape, time_form: str) -> str:
    """A value as text; `time_form` is for times whose shape names none."""
    match shape["type"]:
        case "boolean":
            return "true" if value else "false"
        case "timestamp":
            return str(format_timestamp(value, shape.get("timestampFormat", time_form)))
        case "blob":
            return base64.b64encode(value if isinstance(value, bytes) else str(value).encode()).decode()
        case "list":
            return ",".join(str(item) for item in value)
        case _:
            return str(value)
