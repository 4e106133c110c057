"""Expressions without a table: parsed, resolved, evaluated, applied."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.dynamodb.expressions.apply import apply
from mlfn_localstack.services.dynamodb.expressions.evaluate import holds
from mlfn_localstack.services.dynamodb.expressions.paths import project
from mlfn_localstack.services.dynamodb.request import resolve

ITEM: dict[str, dict[str, Any]] = {
    "n": {"N": "5"},
    "s": {"S": "text"},
    "list": {"L": [{"S": "a"}, {"S": "b"}, {"M": {"x": {"N": "1"}}}]},
    "tags": {"SS": ["red", "blue"]},
}
VALUES: dict[str, dict[str, Any]] = {
    ":n": {"N": "2"},
    ":s": {"S": "te"},
    ":l": {"L": [{"S": "z"}]},
    ":ss": {"SS": ["red"]},
}


def request(**expressions: str) -> dict[str, Any]:
    """A request with the values its expressions use."""
    text = " ".join(expressions.values())
    used = {key: VALUES[key] for key in set(re.findall(r":\w+", text))}
    names = {"#l": "list"} if "#l" in text else None
    return {**expressions, "ExpressionAttributeValues": used or None, "ExpressionAttributeNames": names}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("n > :n AND begins_with(s, :s)", True),
        ("n < :n OR NOT attribute_exists(absent)", True),
        ("contains(tags, :s)", False),
        ("size(s) BETWEEN :n AND n", True),
        ("#l[2].x < :n", True),
        ("absent <> :n", True),
        ("absent = :n", False),
        ("s IN (:n, :s)", False),
    ],
)
def test_a_condition_holds_or_not(expression: str, expected: bool) -> None:
    condition = resolve(request(ConditionExpression=expression), ("ConditionExpression",)).condition

    assert condition is not None
    assert holds(condition, ITEM) is expected


@pytest.mark.parametrize(
    ("expression", "changed"),
    [
        ("SET n = n - :n", {"n": {"N": "3"}}),
        ("SET n = :n, m = n", {"n": {"N": "2"}, "m": {"N": "5"}}),
        ("SET #l[9] = :n, #l[7] = :s", {"list": {"L": [*ITEM["list"]["L"], VALUES[":s"], VALUES[":n"]]}}),
        ("REMOVE #l[0], #l[1]", {"list": {"L": [{"M": {"x": {"N": "1"}}}]}}),
        ("SET #l = list_append(:l, #l)", {"list": {"L": [{"S": "z"}, *ITEM["list"]["L"]]}}),
        ("SET k = if_not_exists(k, :n)", {"k": {"N": "2"}}),
        ("ADD n :n, k :n", {"n": {"N": "7"}, "k": {"N": "2"}}),
        ("DELETE tags :ss", {"tags": {"SS": ["blue"]}}),
    ],
)
def test_an_update_changes_what_it_names_and_nothing_else(expression: str, changed: dict[str, Any]) -> None:
    actions = resolve(request(UpdateExpression=expression), ("UpdateExpression",)).update
    before = repr(ITEM)

    assert actions is not None
    assert apply(actions, ITEM) == ITEM | changed
    assert repr(ITEM) == before


def test_a_projection_keeps_paths_and_closes_up_lists() -> None:
    paths = resolve(request(ProjectionExpression="#l[2].x, #l[0], s, absent.x")).projection

    assert paths is not None
    assert project(ITEM, paths) == {"list": {"L": [{"S": "a"}, {"M": {"x": {"N": "1"}}}]}, "s": {"S": "text"}}


def test_legacy_parameters_say_what_expressions_say() -> None:
    legacy = resolve({"Expected": {"a": {"Exists": False}}, "AttributeUpdates": {"b": {"Action": "DELETE"}}})

    assert legacy == resolve(request(ConditionExpression="attribute_not_exists(a)", UpdateExpression="REMOVE b"))


def test_key_conditions_may_stand_beside_a_filter_expression() -> None:
    wanted = {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "p"}]}

    found = resolve({"KeyConditions": {"pk": wanted}, "FilterExpression": "attribute_exists(a)"})

    assert found.filter is not None
    assert found.key_condition is not None


def test_legacy_and_expression_parameters_do_not_mix() -> None:
    with pytest.raises(ServiceError, match=r"Non-expression parameters: \{Expected\} Expression parameters: \{Cond"):
        resolve({"Expected": {}, "ConditionExpression": "attribute_exists(a)"})


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("(" * 4000, "redundant parentheses"),
        ("NOT " * 1000 + "s = n", "too many operators"),
        ("NOT (" * 59 + "s = n" + ")" * 59, ""),
        ("NOT " * 240 + "(NOT " * 59 + "s = n" + ")" * 59, ""),
    ],
    ids=["parentheses", "negations", "both within bounds", "many of both"],
)
def test_deep_nesting_never_exhausts_the_stack(expression: str, message: str) -> None:
    request = {"ConditionExpression": expression}

    if message:
        with pytest.raises(ServiceError, match=message):
            resolve(request, ("ConditionExpression",))
    else:
        assert resolve(request, ("ConditionExpression",)).condition is not None
