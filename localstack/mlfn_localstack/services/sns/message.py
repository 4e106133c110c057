"""A message on its way: checked, and in the forms in which subscribers get it.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
"""

from __future__ import annotations

import base64
import json
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.sns import errors
from mlfn_localstack.services.sqs.message_attributes import size_of_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Params

MAX_BYTES = 262_144
_SUBJECT = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,99}")
_TYPE = re.compile(r"(String|Number|Binary)(\..{1,256})?")
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,15})(\.\d{1,5})?([eE][+-]?\d{1,2})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What somebody published."""

    id: str
    text: str
    texts: Mapping[str, str]
    """Other texts for single protocols."""
    subject: str | None
    attributes: Mapping[str, Mapping[str, Any]]

    def text_for(self, protocol: str) -> str:
        """What subscribers of a protocol get."""
        return self.texts.get(protocol, self.text)

    def shown_attributes(self) -> dict[str, dict[str, str]]:
        """Attributes as they stand in notifications."""
        return {
            name: {
                "Type": attribute["DataType"],
                "Value": base64.b64encode(attribute["BinaryValue"]).decode()
                if "BinaryValue" in attribute
                else attribute["StringValue"],
            }
            for name, attribute in self.attributes.items()
        }


def message_of(params: Params) -> Message:
    """The message that parameters of Publish, or an entry of PublishBatch, stand for.

    Raises:
        ServiceError: InvalidParameter.
    """
    for member in ("MessageGroupId", "MessageDeduplicationId"):
        if params.get(member) is not None:
            raise errors.invalid(
                f"{member} Reason: The request includes {member} parameter that is not valid for this topic type"
            )
    text, subject = params["Message"], params.get("Subject")
    if not text:
        raise errors.invalid("Empty message")
    if subject is not None and _SUBJECT.fullmatch(subject) is None:
        raise errors.invalid("Subject")
    attributes = params.get("MessageAttributes") or {}
    for name, attribute in attributes.items():
        _check_attribute(name, attribute)
    if size_of(params) > MAX_BYTES:
        raise errors.invalid("Message too long")
    texts = _texts(text, params.get("MessageStructure"))
    return Message(id=str(uuid.uuid4()), text=texts.pop("default"), texts=texts, subject=subject, attributes=attributes)


def size_of(params: Params) -> int:
    """How much of the limits a message uses."""
    return len(params["Message"].encode("utf-8", "surrogatepass")) + size_of_attributes(params.get("MessageAttributes"))


def _texts(text: str, structure: str | None) -> dict[str, str]:
    if structure is None or structure == "":
        return {"default": text}
    if structure != "json":
        raise errors.invalid("Message Structure - MessageStructure must be json")
    try:
        texts = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise errors.invalid("Message Structure - JSON message body failed to parse") from error
    if not isinstance(texts, dict) or not isinstance(texts.get("default"), str):
        raise errors.invalid("Message Structure - No default entry in JSON message body")
    return {name: value for name, value in texts.items() if isinstance(value, str)}


def _check_attribute(name: str, attribute: Mapping[str, Any]) -> None:
    kind = attribute["DataType"]
    if _TYPE.fullmatch(kind) is None:
        raise errors.invalid(
            f"The message attribute '{name}' has an invalid message attribute type, the set of "
            "supported type prefixes is Binary, Number, and String."
        )
    given = "BinaryValue" if kind.startswith("Binary") else "StringValue"
    if not attribute.get(given):
        raise errors.invalid(
            f"The message attribute '{name}' must contain non-empty message attribute value for "
            f"message attribute type '{kind}'."
        )
    if kind.startswith("Number") and _NUMBER.fullmatch(attribute["StringValue"]) is None:
        raise errors.invalid(f"Could not cast message attribute '{name}' value to number.")
    if kind == "String.Array":
        _check_array(name, attribute["StringValue"])


def _check_array(name: str, text: str) -> None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list):
        raise errors.invalid(f"The message attribute '{name}' of type String.Array is no JSON array.")
