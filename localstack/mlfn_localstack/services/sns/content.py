"""What the attributes of a message may be.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.sns import errors
from mlfn_localstack.services.sqs.content import TOKEN

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_NAME = 256
_TYPE = re.compile(r"(?P<kind>String|Number|Binary)(\..{1,256})?")
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,15})(\.\d{1,5})?([eE][+-]?\d{1,2})?")
_FORBIDDEN = re.compile(r"[^A-Za-z0-9_.-]")
_FIELDS = {"StringValue": "String", "BinaryValue": "Binary"}


def check_attributes(attributes: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse attributes that no message can have.

    Raises:
        ServiceError: ParameterValueInvalid.
    """
    for name, attribute in attributes.items():
        reason = _name_fault(name) or _value_fault(name, attribute)
        if reason is not None:
            raise errors.invalid_value(reason)


def _name_fault(name: str) -> str | None:
    if len(name.encode("utf-8", "surrogatepass")) > _MAX_NAME:
        return f"Length of message attribute name must be less than {_MAX_NAME} bytes."
    if (forbidden := _FORBIDDEN.search(name)) is not None:
        return (
            f"Invalid non-alphanumeric character '#x{ord(forbidden[0]):X}' was found in the message attribute name. "
            "Can only include alphanumeric characters, hyphens, underscores, or dots."
        )
    for place, ends in (("starting", name.startswith(".")), ("ending", name.endswith("."))):
        if ends:
            return f"Invalid message attribute name {place} with character '.' was found."
    return "Message attribute name can not have successive '.' character." if ".." in name else None


def _value_fault(name: str, attribute: Mapping[str, Any]) -> str | None:
    data_type = attribute["DataType"]
    match = _TYPE.fullmatch(data_type)
    if match is None:
        return (
            f"The message attribute '{name}' has an invalid message attribute type, the set of "
            "supported type prefixes is Binary, Number, and String."
        )
    wanted = "BinaryValue" if match["kind"] == "Binary" else "StringValue"
    value = attribute.get(wanted)
    if value is None and any(attribute.get(other) is not None for other in _FIELDS if other != wanted):
        return f"The message attribute '{name}' with type '{data_type}' must use field '{_FIELDS[wanted]}'."
    if not value:
        return (
            f"The message attribute '{name}' must contain non-empty message attribute value for "
            f"message attribute type '{data_type}'."
        )
    if match["kind"] == "Number" and _NUMBER.fullmatch(value) is None:
        return f"Could not cast message attribute '{name}' value to number."
    return _array_fault(name, value) if data_type == "String.Array" else None


def _array_fault(name: str, text: str) -> str | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    return None if isinstance(value, list) else f"The message attribute '{name}' of type String.Array is no JSON array."


def check_order(params: Mapping[str, Any], *, by_content: bool) -> None:
    """Refuse a message that a FIFO topic cannot put in order, or cannot tell from others.

    Raises:
        ServiceError: InvalidParameter.
    """
    if not params.get("MessageGroupId"):
        raise errors.invalid("The MessageGroupId parameter is required for FIFO topics")
    if params.get("MessageDeduplicationId") is None and not by_content:
        raise errors.invalid(
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
            "explicitly"
        )


def check_token(params: Mapping[str, Any], *, is_fifo: bool) -> None:
    """Refuse ids of groups and deduplications that are none, or none of this kind of topic.

    Raises:
        ServiceError: InvalidParameter.
    """
    for member in ("MessageGroupId", "MessageDeduplicationId"):
        value = params.get(member)
        if value is not None and TOKEN.fullmatch(value) is None:
            reason = f"{member} can only include alphanumeric and punctuation characters. 1 to 128 in length"
            raise errors.invalid(f"{member} Reason: {reason}")
        if value is not None and member == "MessageDeduplicationId" and not is_fifo:
            reason = f"The request includes {member} parameter that is not valid for this topic type"
            raise errors.invalid(f"{member} Reason: {reason}")
