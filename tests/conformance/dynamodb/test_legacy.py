"""The parameters of the time before expressions: the same test against our emulator and AWS's DynamoDB Local."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.conformance.dynamodb.conftest import Peer

KEY = {"pk": {"S": "a"}, "sk": {"N": "1"}}
ITEM = {**KEY, "s": {"S": "text"}, "n": {"N": "5"}, "ss": {"SS": ["x", "y"]}, "list": {"L": [{"S": "x"}]}}
INVALID = "One or more parameter values were invalid: "


def condition(operator: str, *values: dict[str, Any]) -> dict[str, Any]:
    """A condition on one attribute."""
    return {"ComparisonOperator": operator, "AttributeValueList": list(values)}


@pytest.mark.parametrize(
    ("expected", "holds"),
    [
        ({"s": {"Value": {"S": "text"}}}, True),
        ({"s": {"Exists": True, "Value": {"S": "other"}}}, False),
        ({"absent": {"Exists": False}}, True),
        ({"s": condition("BEGINS_WITH", {"S": "te"})}, True),
        ({"n": condition("BETWEEN", {"N": "1"}, {"N": "5"})}, True),
        ({"n": condition("IN", {"N": "1"}, {"N": "2"})}, False),
        ({"absent": condition("NE", {"N": "1"})}, True),
        ({"n": condition("GT", {"S": "1"})}, False),
        ({"list": condition("CONTAINS", {"S": "x"})}, True),
        ({"ss": condition("NOT_CONTAINS", {"S": "z"})}, True),
        ({"absent": condition("NOT_CONTAINS", {"S": "z"})}, False),
        ({"absent": condition("NULL")}, True),
        ({"s": condition("NULL"), "n": condition("NOT_NULL")}, False),
    ],
)
def test_a_write_is_done_if_the_item_is_as_expected(
    peer: Peer, indexed_table: str, expected: dict[str, Any], holds: bool
) -> None:
    peer.dynamodb.put_item(TableName=indexed_table, Item=ITEM)

    def write() -> None:
        peer.dynamodb.put_item(TableName=indexed_table, Item=KEY, Expected=expected)

    if holds:
        write()
    else:
        with pytest.raises(ClientError, match="ConditionalCheckFailed"):
            write()


def test_expectations_are_joined_by_the_conditional_operator(peer: Peer, indexed_table: str) -> None:
    peer.dynamodb.put_item(TableName=indexed_table, Item=ITEM)
    either = {"absent": condition("NOT_NULL"), "n": condition("EQ", {"N": "5"})}

    peer.dynamodb.delete_item(TableName=indexed_table, Key=KEY, Expected=either, ConditionalOperator="OR")

    assert "Item" not in peer.dynamodb.get_item(TableName=indexed_table, Key=KEY)


@pytest.mark.parametrize(
    ("name", "update", "value"),
    [
        ("s", {"Value": {"S": "new"}}, {"S": "new"}),
        ("n", {"Action": "ADD", "Value": {"N": "2"}}, {"N": "7"}),
        ("ss", {"Action": "ADD", "Value": {"SS": ["z"]}}, {"SS": ["x", "y", "z"]}),
        ("list", {"Action": "ADD", "Value": {"L": [{"N": "1"}]}}, {"L": [{"S": "x"}, {"N": "1"}]}),
        ("ss", {"Action": "DELETE", "Value": {"SS": ["x"]}}, {"SS": ["y"]}),
        ("s", {"Action": "DELETE"}, None),
    ],
    ids=["put", "add a number", "add to a set", "add to a list", "take from a set", "remove"],
)
def test_attribute_updates_change_one_attribute_each(
    peer: Peer, indexed_table: str, name: str, update: dict[str, Any], value: dict[str, Any] | None
) -> None:
    peer.dynamodb.put_item(TableName=indexed_table, Item=ITEM)

    answer = peer.dynamodb.update_item(
        TableName=indexed_table, Key=KEY, AttributeUpdates={name: update}, ReturnValues="ALL_NEW"
    )

    found = answer["Attributes"].get(name)
    assert (found and {kind: sorted(data) if kind == "SS" else data for kind, data in found.items()}) == value


def test_a_query_with_key_conditions_filters_and_picks_attributes(peer: Peer, indexed_table: str) -> None:
    for number in range(4):
        item = {"pk": {"S": "a"}, "sk": {"N": str(number)}, "even": {"BOOL": number % 2 == 0}}
        peer.dynamodb.put_item(TableName=indexed_table, Item=item)

    answer = peer.dynamodb.query(
        TableName=indexed_table,
        KeyConditions={"pk": condition("EQ", {"S": "a"}), "sk": condition("GE", {"N": "1"})},
        QueryFilter={"even": condition("EQ", {"BOOL": False})},
        AttributesToGet=["sk"],
        ScanIndexForward=False,
    )

    assert answer["Items"] == [{"sk": {"N": "3"}}, {"sk": {"N": "1"}}]
    assert (answer["Count"], answer["ScannedCount"]) == (2, 3)


def test_a_scan_filter_may_look_at_keys(peer: Peer, indexed_table: str) -> None:
    peer.dynamodb.put_item(TableName=indexed_table, Item=ITEM)

    answer = peer.dynamodb.scan(TableName=indexed_table, ScanFilter={"pk": condition("EQ", {"S": "a"})})

    assert answer["Count"] == 1


REFUSALS = {
    "no value to put": (
        "update_item",
        {"Key": KEY, "AttributeUpdates": {"a": {"Action": "PUT"}}},
        f"{INVALID}Only DELETE action is allowed when no attribute value is specified",
    ),
    "text added": (
        "update_item",
        {"Key": KEY, "AttributeUpdates": {"a": {"Action": "ADD", "Value": {"S": "x"}}}},
        f"{INVALID}ADD action is not supported for the type STRING",
    ),
    "list taken away": (
        "update_item",
        {"Key": KEY, "AttributeUpdates": {"a": {"Action": "DELETE", "Value": {"L": []}}}},
        f"{INVALID}DELETE action with value is not supported for the type LIST",
    ),
    "key updated": (
        "update_item",
        {"Key": KEY, "AttributeUpdates": {"pk": {"Value": {"S": "x"}}}},
        f"{INVALID}Cannot update attribute pk. This attribute is part of the key",
    ),
    "nothing expected": (
        "delete_item",
        {"Key": KEY, "Expected": {"a": {}}},
        f"{INVALID}Value must be provided when Exists is null for Attribute: a",
    ),
    "value of what is not there": (
        "delete_item",
        {"Key": KEY, "Expected": {"a": {"Exists": False, "Value": {"S": "x"}}}},
        f"{INVALID}Value cannot be used when Exists is false for Attribute: a",
    ),
    "two kinds of expectation": (
        "delete_item",
        {"Key": KEY, "Expected": {"a": {"Exists": True, **condition("NULL")}}},
        f"{INVALID}Exists and ComparisonOperator cannot be used together for Attribute: a",
    ),
    "nothing to compare with": (
        "delete_item",
        {"Key": KEY, "Expected": {"a": {"ComparisonOperator": "EQ"}}},
        f"{INVALID}Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: a",
    ),
    "too many values": (
        "scan",
        {"ScanFilter": {"a": condition("EQ", {"S": "x"}, {"S": "y"})}},
        f"{INVALID}Invalid number of argument(s) for the EQ ComparisonOperator",
    ),
    "values of two types": (
        "scan",
        {"ScanFilter": {"a": condition("IN", {"S": "x"}, {"N": "1"})}},
        f"{INVALID}AttributeValues inside AttributeValueList must be of same type",
    ),
    "order of sets": (
        "scan",
        {"ScanFilter": {"a": condition("LT", {"SS": ["x"]})}},
        f"{INVALID}ComparisonOperator LT is not valid for SS AttributeValue type",
    ),
    "bounds the wrong way round": (
        "scan",
        {"ScanFilter": {"a": condition("BETWEEN", {"N": "2"}, {"N": "1"})}},
        "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
    ),
    "operator without filter": (
        "scan",
        {"ConditionalOperator": "OR"},
        "ConditionalOperator cannot be used without Filter or Expected",
    ),
    "operator for one condition": (
        "scan",
        {"ScanFilter": {"a": condition("NULL")}, "ConditionalOperator": "OR"},
        "ConditionalOperator can only be used when Filter or Expected has two or more elements",
    ),
    "no key condition": ("query", {"KeyConditions": {}}, "Conditions can be of length 1 or 2 only"),
    "range of partitions": (
        "query",
        {"KeyConditions": {"pk": condition("GT", {"S": "a"})}},
        "Query key condition not supported",
    ),
    "filter on a key": (
        "query",
        {"KeyConditions": {"pk": condition("EQ", {"S": "a"})}, "QueryFilter": {"pk": condition("NOT_NULL")}},
        "QueryFilter can only contain non-primary key attributes: Primary key attribute: pk",
    ),
    "attributes of a count": (
        "query",
        {"KeyConditions": {"pk": condition("EQ", {"S": "a"})}, "AttributesToGet": ["s"], "Select": "COUNT"},
        "Cannot specify the AttributesToGet when choosing to get only the Count",
    ),
    "both styles": (
        "scan",
        {"ScanFilter": {}, "AttributesToGet": ["a"], "ProjectionExpression": "a", "FilterExpression": "a = b"},
        "Can not use both expression and non-expression parameters in the same request: Non-expression parameters:"
        " {AttributesToGet, ScanFilter} Expression parameters: {ProjectionExpression, FilterExpression}",
    ),
}


@pytest.mark.parametrize(("operation", "params", "message"), REFUSALS.values(), ids=REFUSALS.keys())
def test_a_mistake_is_refused_with_the_services_words(
    peer: Peer, empty_table: str, operation: str, params: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(peer.dynamodb, operation)(TableName=empty_table, **params)

    error = refused.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("ValidationException", message)
