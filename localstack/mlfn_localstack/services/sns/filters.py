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
MAX_COMBINATIONS = 150


def check_filter(text: str, scope: str) -> None:
    """Refuse what is no filter policy over attributes or bodies; an empty one is none.

    Raises:
        ServiceError: InvalidParameter.
    """
    if text in ("", "{}"):
        return
    try:
        policy = json.loads(text)
    except ValueError as error:
        raise errors.no_json("FilterPolicy", error) from error
    except RecursionError as error:
        raise errors.invalid("FilterPolicy: Filter is nested too deeply") from error
    try:
        compile_pattern(text)
    except PatternError as error:
        raise errors.invalid(f"FilterPolicy: {error}") from error
    if len(policy) > MAX_KEYS:
        raise errors.invalid(f"FilterPolicy: Filter policy can not have more than {MAX_KEYS} keys")
    if scope == ATTRIBUTES and any(isinstance(value, dict) for value in policy.values()):
        raise errors.invalid(f"Filter policy scope {ATTRIBUTES} does not support nested filter policy")
    if _combinations(policy, 1) > MAX_COMBINATIONS:
        raise errors.invalid("FilterPolicy: Filter policy is too complex")


def _combinations(policy: Any, depth: int) -> int:
    """How many values each of the others can go with; a nested one counts once a level."""
    if isinstance(policy, list):
        return len(policy) * depth
    count = 1
    for key, value in policy.items():
        branches = key == "$or" and all(isinstance(each, dict) for each in value)
        deeper = depth + isinstance(value, dict)
        count *= sum(_combinations(each, depth) for each in value) if branches else _combinations(value, deeper)
    return count


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
