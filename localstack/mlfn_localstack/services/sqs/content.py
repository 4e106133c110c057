"""What a message may hold: characters, attributes, size.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.sqs import errors
from mlfn_localstack.services.sqs.message_attributes import size_of_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Params

MAX_ATTRIBUTES = 10
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = re.compile(r"(?!\.)(?!.*\.\.)[\w.\-]{1,256}(?<!\.)")
_RESERVED = ("aws.", "amazon.")
_TYPE = re.compile(r"(?P<kind>String|Number|Binary)(\.[^\x00]{1,249})?")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
TOKEN = re.compile(r"""[A-Za-z0-9!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}""")
"""An id of a group, of a deduplication or of an attempt, in queues and topics."""
_TRACE = "AWSTraceHeader"


def check_content(entry: Params, limit: int, *, in_batch: bool = False) -> None:
    """Refuse a message's body and attributes if they do not fit.

    Raises:
        ServiceError: InvalidParameterValue, MissingParameter, InvalidMessageContents.
    """
    if not entry.get("MessageBody"):
        raise errors.missing_parameter("MessageBody")
    if _FORBIDDEN.search(entry["MessageBody"]):
        raise ServiceError("InvalidMessageContents", errors.CHARACTERS)
    attributes = entry.get("MessageAttributes") or {}
    if len(attributes) > MAX_ATTRIBUTES:
        raise errors.invalid_parameter(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{MAX_ATTRIBUTES}]."
        )
    for name, attribute in attributes.items():
        _check_attribute(name, attribute)
    _check_system(entry.get("MessageSystemAttributes") or {})
    for member in ("MessageGroupId", "MessageDeduplicationId"):
        check_token(member, entry.get(member))
    if size_of(entry) > limit:
        what = "cannot be validated" if in_batch else "are invalid"
        raise errors.invalid_parameter(
            f"One or more parameters {what}. Reason: Message must be shorter than {limit} bytes."
        )


def check_token(member: str, value: str | None) -> None:
    """Refuse what is no id of a group, of a deduplication or of an attempt.

    Raises:
        ServiceError: InvalidParameterValue.
    """
    if value is not None and TOKEN.fullmatch(value) is None:
        reason = f"{member} can only include alphanumeric and punctuation characters. 1 to 128 in length."
        raise errors.invalid_value(value, member, reason)


def size_of(entry: Params) -> int:
    """How much of the limits a message uses: its body, and its attributes' names, types and values."""
    body = entry["MessageBody"].encode("utf-8", "surrogatepass")
    return len(body) + size_of_attributes(entry.get("MessageAttributes"))


def _check_attribute(name: str, attribute: Mapping[str, Any]) -> None:
    if _NAME.fullmatch(name) is None or name.lower().startswith(_RESERVED):
        raise errors.invalid_parameter(
            f"The message attribute name '{name}' is invalid. It can contain alphanumeric characters, _, - and ., "
            "must not start with AWS. or Amazon., and must not start or end with a period."
        )
    data_type = attribute["DataType"]
    match = _TYPE.fullmatch(data_type)
    if match is None:
        raise errors.invalid_parameter(
            f"The type of message (user) attribute '{name}' is invalid. You must use only the following supported "
            "type prefixes: Binary, Number, String."
        )
    given = "BinaryValue" if match["kind"] == "Binary" else "StringValue"
    others = {"BinaryValue", "StringValue", "StringListValues", "BinaryListValues"} - {given}
    if not attribute.get(given) or any(attribute.get(other) for other in others):
        raise errors.invalid_parameter(
            f"Message (user) attribute '{name}' must contain a non-empty value of type '{data_type}'."
        )
    if given == "StringValue" and _FORBIDDEN.search(attribute["StringValue"]):
        raise errors.invalid_parameter(errors.CHARACTERS)
    if match["kind"] == "Number" and _NUMBER.fullmatch(attribute["StringValue"]) is None:
        raise errors.invalid_parameter(f"Can't cast the value of message (user) attribute '{name}' to a number.")


def _check_system(attributes: Mapping[str, Mapping[str, Any]]) -> None:
    for name, attribute in attributes.items():
        if name != _TRACE or attribute["DataType"] != "String" or not attribute.get("StringValue"):
            raise errors.invalid_parameter(f"The message system attribute '{name}' is invalid: {_TRACE} is a String.")
