"""What ECR refuses of lifecycle policies.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.ecr.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.service import ServiceError

_RULE = ("action", "rulePriority", "selection")
_SELECTION = ("countNumber", "countType", "tagStatus")
_TAG_LISTS = ("tagPatternList", "tagPrefixList")
_TAG_STATES = ("any", "tagged", "untagged")
_ACTIONS = ("expire", "transition")
_AGES = ("sinceImagePulled", "sinceImagePushed", "sinceImageTransitioned")
_COUNTS = ("imageCountMoreThan", *_AGES)


def check_lifecycle_policy(text: str) -> None:
    """Refuse what is no lifecycle policy.

    Raises:
        ServiceError: InvalidParameterException.
    """
    try:
        policy = json.loads(text)
    except (ValueError, RecursionError):
        policy = None
    if not isinstance(policy, dict):
        raise _refusal("Could not map policyString into LifecyclePolicy.")
    if not isinstance(policy.get("rules"), list):
        raise _missing(["rules"])
    for rule in policy["rules"]:
        _check_members(rule, _RULE, ("description",))
        _check_members(rule["action"], ("type",), ("targetStorageClass",))
        _check_value(rule["action"]["type"], _ACTIONS)
        _check_selection(rule["selection"])
        _check_least(rule["rulePriority"])
    _check_together(policy["rules"])


def _check_selection(selection: Any) -> None:
    _check_members(selection, _SELECTION, ("countUnit", "storageClass", *_TAG_LISTS))
    _check_value(selection["tagStatus"], _TAG_STATES)
    if selection["countType"] not in _COUNTS:
        raise _no_schema()
    if selection.get("countUnit") is not None:
        _check_value(selection["countUnit"], ("days",))
    if ("countUnit" in selection) is not (selection["countType"] in _AGES):
        raise _no_schema()
    _check_least(selection["countNumber"])
    if selection["tagStatus"] == "tagged" and not any(selection.get(name) for name in _TAG_LISTS):
        raise _refusal("Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.")


def _check_together(rules: Sequence[Mapping[str, Any]]) -> None:
    """Priorities are each one rule's; untagged images and all images are chosen by one rule, the latter at last."""
    priorities = [rule["rulePriority"] for rule in rules]
    if len(set(priorities)) < len(priorities):
        raise _refusal("Rule priorities must be unique.")
    for storage in {_storage(rule) for rule in rules}:
        states = [
            rule["selection"]["tagStatus"]
            for rule in sorted(rules, key=lambda rule: int(rule["rulePriority"]))
            if _storage(rule) == storage
        ]
        if states.count("untagged") > 1:
            raise _refusal("Only one rule can select Untagged images per storage class")
        if "any" in states[:-1]:
            raise _refusal("Rule for tagStatus=ANY must have the lowest priority per storage class")


def _storage(rule: Mapping[str, Any]) -> str:
    return str(rule["selection"].get("storageClass", "standard"))


def _check_members(value: Any, needed: Sequence[str], more: Sequence[str]) -> None:
    if not isinstance(value, dict):
        kind = "array" if isinstance(value, list) else "string" if isinstance(value, str) else "integer"
        raise _refusal(f'instance type ({kind}) does not match any allowed primitive type (allowed: ["object"])')
    if None in value.values():
        raise _no_schema()
    missing = [name for name in needed if name not in value]
    if missing:
        raise _missing(missing)
    unknown = sorted(name for name in value if name not in (*needed, *more))
    if unknown:
        names = json.dumps(unknown)
        raise _refusal(f"object instance has properties which are not allowed by the schema: ({names})")


def _check_value(value: Any, known: Sequence[str]) -> None:
    if value not in known:
        raise _refusal(f"instance value ({value}) not found in enum :(possible values: {json.dumps(known)})")


def _check_least(value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _refusal('instance type (string) does not match any allowed primitive type (allowed: ["integer"])')
    if value < 1:
        raise _refusal(f"numeric instance is lower than the required minimum (minimum: 1, found: {value})", end="")


def _missing(names: Sequence[str]) -> ServiceError:
    return _refusal(f"object has missing required properties ({json.dumps(names)})")


def _no_schema() -> ServiceError:
    return _refusal("instance failed to match exactly one schema (matched 0 out of 2)", end="")


def _refusal(reason: str, end: str = "'") -> ServiceError:
    """In AWS's words, which leave the quotation open now and then."""
    return invalid(
        "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: "
        f"'Lifecycle policy validation failure: {reason}{end}"
    )
