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
from mlfn_localstack.services.sns.content import check_attributes, check_order, check_token
from mlfn_localstack.services.sns.fifo import is_fifo
from mlfn_localstack.services.sqs.duplicates import content_token
from mlfn_localstack.services.sqs.message_attributes import size_of_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Params

MAX_BYTES = 262_144
_SUBJECT = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What somebody published."""

    id: str
    text: str
    texts: Mapping[str, str]
    """Other texts for single protocols."""
    subject: str | None
    attributes: Mapping[str, Mapping[str, Any]]
    group: str | None = None
    """What it is in order with, in FIFO topics; what it belongs to, in others."""
    token: str | None = None
    """In FIFO topics: what two messages have in common of which the second is not sent on."""
    trace: str = ""
    """What X-Ray knows it by."""
    sequence: str | None = None
    """In FIFO topics: its place."""

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


def message_of(params: Params, topic: Mapping[str, Any], trace: str = "") -> Message:
    """The message to a topic that parameters of Publish, or an entry of PublishBatch, stand for.

    Raises:
        ServiceError: InvalidParameter, ParameterValueInvalid.
    """
    text, subject, fifo = params["Message"], params.get("Subject"), is_fifo(topic)
    if not text:
        raise errors.invalid("Empty message")
    if subject is not None and _SUBJECT.fullmatch(subject) is None:
        raise errors.invalid("Subject")
    check_form(params, topic)
    check_token(params, is_fifo=fifo)
    if size_of(params) > MAX_BYTES:
        raise errors.invalid("Message too long")
    texts = _texts(text, params.get("MessageStructure"))
    return Message(
        id=str(uuid.uuid4()),
        text=texts.pop("default"),
        texts=texts,
        subject=subject,
        attributes=params.get("MessageAttributes") or {},
        group=params.get("MessageGroupId"),
        trace=trace,
        token=(params.get("MessageDeduplicationId") or content_token(text)) if fifo else None,
    )


def check_form(params: Params, topic: Mapping[str, Any]) -> None:
    """Refuse what makes AWS refuse a whole batch if one of its messages has it.

    Raises:
        ServiceError: InvalidParameter, ParameterValueInvalid.
    """
    if is_fifo(topic):
        check_order(params, by_content=topic["Attributes"].get("ContentBasedDeduplication") == "true")
    check_attributes(params.get("MessageAttributes") or {})
    if params["Message"]:
        _texts(params["Message"], params.get("MessageStructure"))


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
