"""Lifecycle policies that ECR takes, and what it says to others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.ecr.lifecycle_policies import check_lifecycle_policy

COUNTED = {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 30}
AGED = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 30}
TAGGED = COUNTED | {"tagStatus": "tagged", "tagPrefixList": ["v"]}
EVERY = COUNTED | {"tagStatus": "any"}
EXPIRE = {"type": "expire"}
NO_SCHEMA = "instance failed to match exactly one schema (matched 0 out of 2)"


def rule(selection: Any = COUNTED, priority: Any = 1, **members: Any) -> dict[str, Any]:
    return {"rulePriority": priority, "selection": selection, "action": EXPIRE, **members}


def without(members: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in members.items() if key != name}


def refusal(policy: Any) -> str:
    with pytest.raises(ServiceError, match="InvalidParameterException") as caught:
        check_lifecycle_policy(policy if isinstance(policy, str) else json.dumps(policy))
    start, _, reason = caught.value.message.partition("Lifecycle policy validation failure: ")
    assert start == "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: '"
    return reason


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [rule(description="d")],
        [rule(AGED), rule(TAGGED, 2), rule(without(TAGGED, "tagPrefixList") | {"tagPatternList": ["*"]}, 3)],
        [rule(EVERY, 9), rule(COUNTED, 2)],
        [
            rule(
                AGED | {"countType": "sinceImagePulled"}, action={"type": "transition", "targetStorageClass": "archive"}
            ),
            rule(AGED | {"countType": "sinceImageTransitioned", "storageClass": "archive"}, 2),
        ],
    ],
    ids=["none", "described", "three", "any at last", "archived"],
)
def test_a_policy_that_is_one(rules: list[Any]) -> None:
    check_lifecycle_policy(json.dumps({"rules": rules}))


@pytest.mark.parametrize("policy", ["", "no JSON", "[]", "1", '"' + "[" * 100_000], ids=range(5))
def test_what_is_no_object(policy: str) -> None:
    assert refusal(policy) == "Could not map policyString into LifecyclePolicy.'"


@pytest.mark.parametrize("policy", [{}, {"rules": {}}, {"no_rules": "test"}], ids=range(3))
def test_a_policy_without_rules(policy: dict[str, Any]) -> None:
    assert refusal(policy) == 'object has missing required properties (["rules"])\''


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (without(rule(), "rulePriority"), 'object has missing required properties (["rulePriority"])\''),
        (without(rule(), "selection"), 'object has missing required properties (["selection"])\''),
        (without(rule(), "action"), 'object has missing required properties (["action"])\''),
        (rule(other=1), 'object instance has properties which are not allowed by the schema: (["other"])\''),
        (rule(action={}), 'object has missing required properties (["type"])\''),
        (rule(without(COUNTED, "tagStatus")), 'object has missing required properties (["tagStatus"])\''),
        (
            rule(COUNTED | {"other": 1}),
            'object instance has properties which are not allowed by the schema: (["other"])\'',
        ),
        (
            rule(COUNTED | {"tagStatus": "unknown"}),
            'instance value (unknown) not found in enum :(possible values: ["any", "tagged", "untagged"])\'',
        ),
        (
            rule(AGED | {"countUnit": "weeks"}),
            'instance value (weeks) not found in enum :(possible values: ["days"])\'',
        ),
        (rule(COUNTED | {"countType": "unknown"}), NO_SCHEMA),
        (rule(COUNTED | {"countUnit": "days"}), NO_SCHEMA),
        (rule(COUNTED | {"countUnit": None}), NO_SCHEMA),
        (rule(without(AGED, "countUnit")), NO_SCHEMA),
        (rule(action=EXPIRE | {"targetStorageClass": None}), NO_SCHEMA),
        (
            rule(COUNTED | {"countNumber": 0}),
            "numeric instance is lower than the required minimum (minimum: 1, found: 0)",
        ),
        (
            rule(without(TAGGED, "tagPrefixList")),
            "Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.'",
        ),
        (
            "text",
            'instance type (string) does not match any allowed primitive type (allowed: ["object"])\'',
        ),
    ],
    ids=range(17),
)
def test_a_rule_that_is_none(wrong: Any, reason: str) -> None:
    assert refusal({"rules": [wrong]}) == reason


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ([rule(), rule(TAGGED)], "Rule priorities must be unique.'"),
        ([rule(), rule(AGED, 2)], "Only one rule can select Untagged images per storage class'"),
        ([rule(EVERY), rule(COUNTED, 2)], "Rule for tagStatus=ANY must have the lowest priority per storage class'"),
    ],
    ids=["priority", "untagged", "any"],
)
def test_rules_that_do_not_go_together(rules: list[Any], reason: str) -> None:
    assert refusal({"rules": rules}) == reason
