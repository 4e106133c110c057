"""Attributes of topics and subscriptions, and what they may be.

https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from mlfn_localstack.auth.policy import PolicySyntaxError, parse_policy
from mlfn_localstack.services.sns import errors
from mlfn_localstack.services.sns.filters import ATTRIBUTES, BODY, check_filter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import ServiceError

_MAX_NAME = 100
_PLAIN = {"TracingConfig": "PassThrough", "ContentBasedDeduplication": "false"}
"""What these attributes are anyway."""
_BOOLEANS = ("true", "false")
_SCOPES = ("Topic", "MessageGroup")
_VERSIONS = ("1", "2")
_FEEDBACK = re.compile(r"(Application|Firehose|HTTP|Lambda|SQS)(Failure|Success)Feedback(RoleArn|SampleRate)")
_UNSUPPORTED = ("ArchivePolicy", "DeliveryPolicy", "KmsMasterKeyId", "TracingConfig")


DELIVERY_POLICY = {
    "http": {
        "defaultHealthyRetryPolicy": {
            "minDelayTarget": 20,
            "maxDelayTarget": 20,
            "numRetries": 3,
            "numMaxDelayRetries": 0,
            "numNoDelayRetries": 0,
            "numMinDelayRetries": 0,
            "backoffFunction": "linear",
        },
        "disableSubscriptionOverrides": False,
        "defaultRequestPolicy": {"headerContentType": "text/plain; charset=UTF-8"},
    }
}
"""In force for every topic that has none of its own."""


def check_topic(given: Mapping[str, str], *, fifo: bool) -> None:
    """Refuse attributes that a topic cannot have.

    Raises:
        ServiceError: InvalidParameter.
    """
    for name, value in given.items():
        if _PLAIN.get(name) != value:
            _check_topic_attribute(name, value, fifo=fifo)


def _check_topic_attribute(name: str, value: str, *, fifo: bool) -> None:
    match name:
        case "ContentBasedDeduplication" | "FifoThroughputScope":
            _check_ordered(name, value, fifo=fifo)
        case "DisplayName":
            if len(value) > _MAX_NAME:
                raise errors.invalid(f"Attributes Reason: DisplayName must be no more than {_MAX_NAME} characters")
        case "Policy":
            _check_policy(value)
        case "SignatureVersion":
            if value not in _VERSIONS:
                raise errors.invalid(f"SignatureVersion: Invalid value [{value}]. Must be 1 or 2.")
        case _:
            raise _no_attribute(name, value)


def _no_attribute(name: str, value: str) -> ServiceError:
    if name in _UNSUPPORTED or _FEEDBACK.fullmatch(name):
        return errors.unsupported(f"the attribute {name} of topics with the value {value!r}")
    return errors.invalid("AttributeName")


def _check_ordered(name: str, value: str, *, fifo: bool) -> None:
    if not fifo:
        raise errors.invalid(f"{name} Reason: Only FIFO topics have it")
    allowed, hint = (
        (_SCOPES, "Topic or MessageGroup") if name == "FifoThroughputScope" else (_BOOLEANS, "true or false")
    )
    if value not in allowed:
        raise errors.invalid(f"{name}: Invalid value [{value}]. Must be {hint}.")


def check_subscription(given: Mapping[str, str], scope: str) -> None:
    """Refuse attributes that a subscription cannot have; its filter policy is over what is in this scope.

    Raises:
        ServiceError: InvalidParameter.
    """
    for name, value in given.items():
        match name:
            case "RawMessageDelivery" | "FilterPolicyScope":
                _check_choice(name, value)
            case "FilterPolicy":
                check_filter(value, scope)
            case "RedrivePolicy":
                _check_redrive(value)
            case "DeliveryPolicy" | "SubscriptionRoleArn" | "ReplayPolicy":
                raise errors.unsupported(f"the attribute {name} of subscriptions")
            case _:
                raise errors.invalid("AttributeName")


def _check_choice(name: str, value: str) -> None:
    if name == "RawMessageDelivery":
        fits, hint = value.lower() in ("true", "false"), "Must be true or false."
    else:
        fits, hint = value in (ATTRIBUTES, BODY), f"Please use either {BODY} or {ATTRIBUTES}"
    if not fits:
        raise errors.invalid(f"{name}: Invalid value [{value}]. {hint}")


def dead_letter_queue(attributes: Mapping[str, str]) -> str | None:
    """The queue for messages that a subscriber did not take."""
    text = attributes.get("RedrivePolicy")
    return str(json.loads(text)["deadLetterTargetArn"]) if text else None


def _check_policy(text: str) -> None:
    try:
        statements = parse_policy(text)
    except PolicySyntaxError as error:
        raise errors.invalid("Policy Error: null") from error
    if any(statement.principals is None for statement in statements):
        raise errors.invalid("Policy statement must contain a principal")


def _check_redrive(text: str) -> None:
    if not text:
        return
    try:
        policy = json.loads(text)
    except RecursionError as error:
        raise errors.invalid("RedrivePolicy: failed to parse JSON.") from error
    except ValueError as error:
        raise errors.no_json("RedrivePolicy", error) from error
    target = policy.get("deadLetterTargetArn") if isinstance(policy, dict) else None
    if not isinstance(target, str) or target.split(":")[:3] != ["arn", "aws", "sqs"]:
        raise errors.invalid("RedrivePolicy: deadLetterTargetArn is an invalid arn")
