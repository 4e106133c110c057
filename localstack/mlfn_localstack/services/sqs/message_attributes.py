"""Message attributes, as queues and topics have them: how large they are, and as JSON and back."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Attributes = dict[str, dict[str, Any]]
"""In boto3's shape: `DataType`, and `StringValue` or `BinaryValue` (bytes)."""
_BINARY = "BinaryValue"


def size_of_attributes(attributes: Mapping[str, Mapping[str, Any]] | None) -> int:
    """How much of a message's limit its attributes use: names, types and values."""
    return sum(
        len(name.encode()) + len(attribute["DataType"].encode()) + len(_value(attribute))
        for name, attribute in (attributes or {}).items()
    )


def plain(attributes: Mapping[str, Mapping[str, Any]]) -> Attributes:
    """Attributes as JSON can hold them."""
    return {
        name: {
            member: base64.b64encode(value).decode() if member == _BINARY else value
            for member, value in attribute.items()
        }
        for name, attribute in attributes.items()
    }


def restored(attributes: Mapping[str, Mapping[str, Any]]) -> Attributes:
    """Attributes from what `plain` made of them."""
    return {
        name: {member: base64.b64decode(value) if member == _BINARY else value for member, value in attribute.items()}
        for name, attribute in attributes.items()
    }


def _value(attribute: Mapping[str, Any]) -> bytes:
    value: bytes = attribute.get(_BINARY) or attribute.get("StringValue", "").encode("utf-8", "surrogatepass")
    return value
