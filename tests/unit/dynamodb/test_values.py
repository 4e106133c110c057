"""Attribute values: sizes as DynamoDB counts, depth, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.dynamodb.values import check_item, check_value, equal, item_size


def nested(levels: int) -> dict[str, Any]:
    """A text inside so many maps."""
    value: dict[str, Any] = {"S": "leaf"}
    for _ in range(levels):
        value = {"M": {"n": value}}
    return value


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "é"}, 2),
        ({"N": "-1.5"}, 4),
        ({"B": "AAEC"}, 3),
        ({"BOOL": False}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["ab", "c"]}, 3),
        ({"L": []}, 3),
        ({"L": [{"S": "a"}, {"NULL": True}]}, 7),
        ({"M": {"ab": {"S": "c"}}}, 7),
    ],
)
def test_a_value_has_the_size_dynamodb_counts(value: dict[str, Any], size: int) -> None:
    checked, measured = check_value(value)

    assert measured == size
    assert item_size({"": checked}) == size


def test_thirty_two_levels_are_stored_and_one_more_is_refused() -> None:
    check_item({"a": nested(31)})

    with pytest.raises(ServiceError, match="nested levels beyond supported limit"):
        check_item({"a": nested(32)})


@pytest.mark.parametrize(
    "value", [{"S": 1}, {"N": 1}, {"BOOL": "x"}, {"L": {}}, {"SS": "a"}, "a", {"B": "!"}, {"S": "\ud800"}]
)
def test_another_shape_is_a_serialization_error(value: Any) -> None:
    with pytest.raises(ServiceError, match="SerializationException"):
        check_item({"a": value})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "is empty, must contain exactly one"),
        ({"X": "a"}, "is empty, must contain exactly one"),
        ({"S": "a", "N": "1"}, "more than one datatypes set"),
        ({"NS": ["1", "1.0"]}, "contains duplicates"),
        ({"BS": ["AA==", "AA=="]}, "of type BS contains duplicates"),
        ({"NULL": False}, "must have the value of true"),
    ],
    ids=["empty", "unknown", "two", "numbers", "binaries", "null"],
)
def test_a_value_dynamodb_does_not_take_is_refused(value: Any, message: str) -> None:
    with pytest.raises(ServiceError, match=message):
        check_item({"a": value})


def test_sets_are_equal_whatever_their_order() -> None:
    assert equal({"SS": ["a", "b"]}, {"SS": ["b", "a"]})
    assert not equal({"L": [{"S": "a"}, {"S": "b"}]}, {"L": [{"S": "b"}, {"S": "a"}]})
    assert not equal({"S": "1"}, {"N": "1"})
