"""Filter policies: which messages a subscription is for. They are event patterns over attributes or the body.

https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.events.patterns import PatternError, compile_pattern
from mlfn_localstack.services.sns import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

ATTRIBUTES, BODY = "MessageAttributes", "MessageBody"
MAX_KEYS = 5


def check_filter(text: str) -> None:
    """Refuse what is no filter policy; an empty one is none.

    Raises:
        ServiceError: InvalidParameter.
    """
    if text in ("", "{}"):
        return
    try:
        compile_pattern(text)
    except PatternError as error:
        raise errors.invalid(f"FilterPolicy: {error}") from error
    if len(json.loads(text)) > MAX_KEYS:
        raise errors.invalid(f"FilterPolicy: Filter policy can not have more than {MAX_KEYS} keys")


def is_for(subscription: Mapping[str, str], message: str, attributes: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a subscription (its attributes) is for a message."""
    policy = subscription.get("FilterPolicy")
    if policy in (None, "", "{}"):
        return True
    looked_at = _body(message) if subscription.get("FilterPolicyScope") == BODY else _values(attributes)
    return looked_at is not None and compile_pattern(str(policy))(looked_at)


def _body(message: str) -> dict[str, Any] | None:
    try:
        body = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _values(attributes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Attributes as a filter sees them: numbers, arrays, texts; binary ones not at all."""
    values: dict[str, Any] = {}
    for name, attribute in attributes.items():
        text = attribute.get("StringValue")
        kind = attribute["DataType"]
        if text is None:
            continue
        if kind == "String.Array" or kind.partition(".")[0] == "Number":
            values[name] = json.loads(text)
        else:
            values[name] = text
    return values
