"""A queue's attributes: their defaults, and what they may be.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.policy import PolicySyntaxError, parse_policy
from mlfn_localstack.services.sqs import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BYTES = 1_048_576
_RANGES = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MaximumMessageSize": (1_024, MAX_BYTES),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
_STANDARD = {
    "VisibilityTimeout": "30",
    "MaximumMessageSize": str(MAX_BYTES),
    "MessageRetentionPeriod": "345600",
    "DelaySeconds": "0",
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
}
_FIFO = {
    "FifoQueue": "true",
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoThroughputLimit": "perQueue",
}
_CHOICES = {
    "FifoQueue": ("true", "false"),
    "ContentBasedDeduplication": ("true", "false"),
    "DeduplicationScope": ("messageGroup", "queue"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
    "SqsManagedSseEnabled": ("true", "false"),
}
_THROUGHPUT = ("DeduplicationScope", "FifoThroughputLimit")
_DOCUMENTS = ("Policy", "RedrivePolicy", "RedriveAllowPolicy")
_KEY, _REUSE, _MANAGED = "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"
_REUSE_S = "300"
_PERMISSIONS = ("allowAll", "denyAll", "byQueue")
MAX_SOURCES = 10


def normal(given: Mapping[str, str]) -> dict[str, str]:
    """Attributes as SQS shows them: `True` is `true`."""
    return {name: _chosen(name, value) for name, value in given.items()}


def _chosen(name: str, value: str) -> str:
    return next((choice for choice in _CHOICES.get(name, ()) if choice.lower() == value.lower()), value)


def initial(given: Mapping[str, str], *, fifo: bool) -> dict[str, str]:
    """The attributes of a new queue."""
    plain = {name: value for name, value in given.items() if value != ""}
    return _encrypted(_STANDARD | (_FIFO if fifo else {}) | plain, given)


def changed(current: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Attributes with others put over them; an empty document takes its attribute away."""
    result = {**current, **given}
    return _encrypted({name: value for name, value in result.items() if value != ""}, given)


def _encrypted(attributes: dict[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Attributes with one kind of encryption: the one asked for last; what goes with a key goes without one."""
    managed = given.get(_MANAGED) == "true"
    if _KEY in attributes and not managed:
        return {_REUSE: _REUSE_S} | attributes | {_MANAGED: "false"}
    return {name: value for name, value in attributes.items() if name not in (_KEY, _REUSE)}


def check(given: Mapping[str, str], *, fifo: bool) -> None:
    """Refuse attributes that a queue cannot have.

    Raises:
        ServiceError: InvalidAttributeName, InvalidAttributeValue.
    """
    if given.get(_KEY) and given.get(_MANAGED) == "true":
        raise errors.one_encryption()
    for name, value in given.items():
        if name in _RANGES:
            _check_range(name, value)
        elif name in _CHOICES and name != "FifoQueue":
            _check_choice(name, value, fifo=fifo)
        elif name in _DOCUMENTS and value:
            _check_document(name, value)
        elif name not in (*_DOCUMENTS, _KEY, "FifoQueue"):
            raise errors.unknown_attribute(name)


def check_throughput(attributes: Mapping[str, str]) -> None:
    """Refuse a throughput limit that the deduplication scope does not allow.

    Raises:
        ServiceError: InvalidAttributeValue.
    """
    per_group = attributes.get("FifoThroughputLimit") == "perMessageGroupId"
    if per_group and attributes.get("DeduplicationScope") != "messageGroup":
        raise errors.invalid_attribute("FifoThroughputLimit")


def redrive_of(attributes: Mapping[str, str]) -> tuple[str, int] | None:
    """A queue's dead-letter queue, by ARN, and how often a message is received before it goes there."""
    text = attributes.get("RedrivePolicy")
    if not text:
        return None
    policy = json.loads(text)
    return str(policy["deadLetterTargetArn"]), int(policy["maxReceiveCount"])


def lets_redrive(attributes: Mapping[str, str], source_arn: str) -> bool:
    """Whether a queue may be the dead-letter queue of another."""
    allow = json.loads(attributes.get("RedriveAllowPolicy") or '{"redrivePermission": "allowAll"}')
    match allow["redrivePermission"]:
        case "denyAll":
            return False
        case "byQueue":
            return source_arn in allow.get("sourceQueueArns", ())
        case _:
            return True


def _check_range(name: str, value: str) -> None:
    least, most = _RANGES[name]
    if not (value.isascii() and value.isdigit() and len(value) < 10 and least <= int(value) <= most):
        raise errors.invalid_attribute(name)


def _check_choice(name: str, value: str, *, fifo: bool) -> None:
    if name in _FIFO and not fifo:
        raise errors.only_fifo(name) if name in _THROUGHPUT else errors.unknown_attribute(name)
    if value not in _CHOICES[name]:
        raise errors.invalid_attribute(name)


def _check_document(name: str, text: str) -> None:
    if name == "Policy":
        try:
            parse_policy(text)
        except PolicySyntaxError as error:
            raise errors.invalid_attribute(name) from error
        return
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise errors.invalid_value(text, name, "Redrive policy is not a valid JSON map.") from error
    if not isinstance(document, dict):
        raise errors.invalid_value(text, name, "Redrive policy is not a valid JSON map.")
    (_check_redrive if name == "RedrivePolicy" else _check_allow)(name, text, document)


def _check_redrive(name: str, text: str, policy: Mapping[str, Any]) -> None:
    for member in ("deadLetterTargetArn", "maxReceiveCount"):
        if member not in policy:
            reason = f"Redrive policy does not contain mandatory attribute: {member}."
            raise errors.invalid_value(text, name, reason)
    count = str(policy["maxReceiveCount"])
    if not (count.isascii() and count.isdigit() and len(count) < 5 and 1 <= int(count) <= 1_000):
        reason = "Invalid value for maxReceiveCount: " + count + ", valid values are from 1 to 1000 both inclusive."
        raise errors.invalid_value(text, name, reason)
    if not str(policy["deadLetterTargetArn"]).startswith("arn:"):
        raise errors.invalid_value(text, name, "Invalid value for deadLetterTargetArn.")


def _check_allow(name: str, text: str, policy: Mapping[str, Any]) -> None:
    permission, sources = policy.get("redrivePermission"), policy.get("sourceQueueArns")
    if permission not in _PERMISSIONS:
        raise errors.invalid_value(text, name, "Redrive allow policy does not contain a valid redrivePermission.")
    is_list = (
        isinstance(sources, list) and all(isinstance(arn, str) for arn in sources) and 0 < len(sources) <= MAX_SOURCES
    )
    if is_list if permission != "byQueue" else not is_list:
        reason = f"sourceQueueArns holds 1 to {MAX_SOURCES} ARNs with byQueue, and is not there otherwise."
        raise errors.invalid_value(text, name, reason)
