"""Filter policies: which messages a subscription is for. They are event patterns over attributes or the body.

https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mlfn_localstack.json_refusals import REDACTED
from mlfn_localstack.services.events.patterns import Matcher, PatternError, compile_pattern, flattened
from mlfn_localstack.services.sns import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import ServiceError

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
    policy = _parsed(text)
    _check_conditions(policy)
    _check_pattern(text, scope)
    if len(policy) > MAX_KEYS:
        raise errors.invalid(f"FilterPolicy: Filter policy can not have more than {MAX_KEYS} keys")
    if scope == ATTRIBUTES and any(isinstance(value, dict) for value in policy.values()):
        raise errors.invalid(f"Filter policy scope {ATTRIBUTES} does not support nested filter policy")
    if _combinations(policy, 1) > MAX_COMBINATIONS:
        raise errors.invalid("FilterPolicy: Filter policy is too complex")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise errors.no_json("FilterPolicy", error) from error
    except RecursionError as error:
        raise _too_deep() from error


def _check_pattern(text: str, scope: str) -> None:
    try:
        compile_pattern(text)
    except RecursionError as error:
        raise _too_deep() from error
    except PatternError as error:
        raise errors.invalid(f"FilterPolicy: {error.told(text, REDACTED)}") from error
    if scope == BODY:
        _check_nested(text)


def _check_nested(text: str) -> None:
    try:
        _compile_nested(text)
    except RecursionError as error:
        raise _too_deep() from error
    except PatternError as error:
        raise errors.invalid(f"FilterPolicy: {error}") from error


def _too_deep() -> ServiceError:
    return errors.invalid("FilterPolicy: Filter is nested too deeply")


def _check_conditions(policy: Any) -> None:
    """Refuse operators that EventBridge's patterns have, and SNS's policies have not."""
    for value in policy.values() if isinstance(policy, dict) else ():
        _check_conditions(value)
        for condition in value if isinstance(value, list) else ():
            if isinstance(condition, dict) and "wildcard" in condition:
                raise errors.invalid("FilterPolicy: Unrecognized match type wildcard")
            if isinstance(condition, dict):
                _check_excluded(condition.get("anything-but"))
                _check_conditions(condition)


def _check_excluded(excluded: Any) -> None:
    if not isinstance(excluded, dict) or not excluded:
        return
    name = next(iter(excluded))
    if name != "prefix":
        raise errors.invalid(f"FilterPolicy: Unsupported anything-but pattern: {name}")
    if not isinstance(excluded[name], str):
        raise errors.invalid("FilterPolicy: prefix match pattern must be a string")


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
    if subscription.get("FilterPolicyScope") != BODY:
        return compile_pattern(str(policy))(_values(attributes))
    body = _body(message)
    try:
        return body is not None and _compile_nested(str(policy))(_nested(body))
    except RecursionError:  # so deep nothing is looked for, and the other subscribers get it
        return False


@lru_cache(maxsize=512)
def _compile_nested(policy: str) -> Matcher:
    """The test of a body whose members were taken apart at the dots in their names."""
    return compile_pattern(json.dumps(_nested(json.loads(policy))))


def _nested(value: Any) -> Any:
    """`{"a.b": 1}` as `{"a": {"b": 1}}`, which it is the same as in policies and bodies."""
    if isinstance(value, list):
        return [_nested(each) if isinstance(each, dict) else each for each in flattened(value)]
    if not isinstance(value, dict):
        return value
    result: dict[str, Any] = {}
    for key, item in value.items():
        _put(result, key.split("."), _nested(item))
    return result


def _put(into: dict[str, Any], path: list[str], value: Any) -> None:
    """Put a value where a path leads, beside what is there; of two in one place the first stays."""
    node: Any = into
    for part in path[:-1]:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            return
    there = node.setdefault(path[-1], value)
    if there is not value and isinstance(there, dict) and isinstance(value, dict):
        for key, item in value.items():
            _put(there, [key], item)


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
