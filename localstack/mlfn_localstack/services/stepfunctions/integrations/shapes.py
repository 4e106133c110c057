"""Arguments and results between Step Functions' PascalCase JSON and boto3's shapes, by the service's model."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.protocols.timestamps import parse_timestamp
from mlfn_localstack.services.stepfunctions.asl.json_text import MAX_BYTES, dump
from mlfn_localstack.services.stepfunctions.clock import instant
from mlfn_localstack.services.stepfunctions.integrations.models import operation_model

if TYPE_CHECKING:
    from botocore.model import Shape


def to_params(service: str, operation: str, value: Any) -> dict[str, Any]:
    """A task's arguments as the operation takes them: member names as in boto3, blobs as bytes."""
    model = operation_model(service, operation)
    shape = None if model is None else model.input_shape
    params = _input(shape, value) if shape is not None else value
    return params if isinstance(params, dict) else {}


def _input(shape: Shape, value: Any) -> Any:
    if value is None:
        return None
    if shape.type_name == "structure" and isinstance(value, dict):
        members: dict[str, Shape] = getattr(shape, "members", {})
        named = {_same_name(name, members): member for name, member in value.items()}
        return {name: _input(members[name], item) if name in members else item for name, item in named.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [_input(shape.member, item) for item in value]  # type: ignore[attr-defined]  # a ListShape
    if shape.type_name == "map" and isinstance(value, dict):
        return {name: _input(shape.value, item) for name, item in value.items()}  # type: ignore[attr-defined]  # a MapShape
    if shape.type_name == "blob":
        return _bytes(value, textual=shape.name in {"Body", "Payload", "Blob"})
    if shape.type_name == "string" and isinstance(value, dict | list):
        return dump(value)
    return _moment(value) if shape.type_name == "timestamp" and isinstance(value, str) else value


def _moment(text: str) -> datetime | str:
    try:
        return parse_timestamp(text)
    except ValueError:
        return text


def _same_name(name: str, members: dict[str, Shape]) -> str:
    if name in members or not name:
        return name
    lowered = name[0].lower() + name[1:]
    return lowered if lowered in members else name


def _bytes(value: Any, *, textual: bool) -> Any:
    if textual:  # a body is JSON, even one that is only a string, which is sent in quotes
        return dump(value).encode()
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        return value.encode()


def to_json(service: str, operation: str, answer: dict[str, Any]) -> dict[str, Any]:
    """An operation's answer as a task's result: PascalCase, times as text, bodies as text."""
    model = operation_model(service, operation)
    shape = None if model is None else model.output_shape
    result = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    converted: dict[str, Any] = _output(shape, result)
    return converted


def sdk_answer(service: str, operation: str, answer: dict[str, Any]) -> dict[str, Any]:
    """An answer as the Java SDK reads it: by name and the body last, times as text, no list that was not sent."""
    model = operation_model(service, operation)
    read: dict[str, Any] = _read(None if model is None else model.output_shape, answer)
    return read


def _read(shape: Shape | None, value: Any) -> Any:
    if shape is None:
        return value
    if shape.type_name == "timestamp" and isinstance(value, int | float):
        return instant(value)
    if shape.type_name == "list" and isinstance(value, list):
        return [_read(shape.member, item) for item in value]  # type: ignore[attr-defined]  # a ListShape
    if shape.type_name == "structure" and isinstance(value, dict):
        return _read_members(shape, value)
    return value


def _read_members(shape: Shape, value: dict[str, Any]) -> dict[str, Any]:
    members: dict[str, Shape] = getattr(shape, "members", {})
    unsent: dict[str, Any] = {
        name: {} for name, member in members.items() if member.serialization.get("location") == "headers"
    }
    body = shape.serialization.get("payload")
    return {
        name: _read(members.get(name), item)
        for name, item in sorted((unsent | value).items(), key=lambda each: (each[0] == body, each[0]))
        if item != [] or name not in members or not members[name].serialization.get("flattened")
    }


def _output(shape: Shape | None, value: Any) -> Any:
    if isinstance(value, dict):
        return _members(shape, value)
    if isinstance(value, list | tuple):
        member = getattr(shape, "member", None)
        return [_output(member, item) for item in value]
    if isinstance(value, datetime):
        return instant(value.timestamp())
    if hasattr(value, "read"):
        value = value.read(MAX_BYTES + 1)  # one byte too many is as bad as all of them
    if isinstance(value, bytes | bytearray):
        return _text(bytes(value))
    return value


def _members(shape: Shape | None, value: dict[str, Any]) -> dict[str, Any]:
    if shape is not None and shape.type_name == "structure":
        members: dict[str, Shape] = getattr(shape, "members", {})
        return {
            name[:1].upper() + name[1:]: _output(members.get(name), item)
            for name, item in value.items()
            if item is not None
        }
    inner = getattr(shape, "value", None)
    return {name: _output(inner, item) for name, item in value.items()}


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()
