"""Refusals: the same code, and the service's message; where DynamoDB Local words it in another way, both are listed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.conformance.dynamodb.conftest import Peer

KEY = {"pk": {"S": "a"}, "sk": {"N": "1"}}
INVALID = "One or more parameter values were invalid: "
VALUES = {":v": {"S": "v"}, ":n": {"N": "1"}, ":m": {"N": "2"}, ":tiny": {"N": "-9e100"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A request, the message of the service, and DynamoDB Local's where it differs."""

    operation: str
    params: dict[str, Any] = field(default_factory=dict)
    message: str
    local: str | None = None
    code: str = "ValidationException"


def put(item: dict[str, Any], message: str, local: str | None = None) -> Refusal:
    """A refused item."""
    return Refusal(operation="put_item", params={"Item": {**KEY, **item}}, message=INVALID + message, local=local)


def update(expression: str, message: str, **params: Any) -> Refusal:
    """A refused update expression."""
    used = {key: value for key, value in VALUES.items() if key in expression}
    given = {"ExpressionAttributeValues": used} if used else {}
    return Refusal(
        operation="update_item", params={"Key": KEY, "UpdateExpression": expression, **given, **params}, message=message
    )


def condition(expression: str, message: str) -> Refusal:
    """A refused condition."""
    used = {key: value for key, value in VALUES.items() if key in expression}
    given = {"ExpressionAttributeValues": used} if used else {}
    params = {"Item": KEY, "ConditionExpression": expression, **given}
    return Refusal(operation="put_item", params=params, message=f"Invalid ConditionExpression: {message}")


def query(expression: str, message: str, local: str | None = None, **params: Any) -> Refusal:
    """A refused query."""
    used = {key: value for key, value in VALUES.items() if key in expression}
    given = {"KeyConditionExpression": expression, "ExpressionAttributeValues": used, **params}
    return Refusal(operation="query", params=given, message=message, local=local)


OPERAND = "Incorrect operand type for operator or function; operator or function: "
REFUSALS = {
    "empty string set": put({"x": {"SS": []}}, "An string set  may not be empty"),
    "empty number set": put({"x": {"NS": []}}, "An number set  may not be empty"),
    "empty binary set": put({"x": {"BS": []}}, "Binary sets should not be empty"),
    "duplicate in a set": put(
        {"x": {"SS": ["a", "a"]}},
        "Input collection [a, a] contains duplicates.",
        f"{INVALID}Input collection [a, a] contains duplicates",
    ),
    "false null": put({"x": {"NULL": False}}, "Null attribute value types must have the value of true"),
    "key of another type": put(
        {"pk": {"N": "1"}}, "Type mismatch for key pk expected: S actual: N", f"{INVALID}Type mismatch for key"
    ),
    "index key of another type": put(
        {"g": {"N": "1"}},
        "Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi",
        f"{INVALID}Type mismatch for Index Key",
    ),
    "hash key too long": put(
        {"pk": {"S": "x" * 2049}},
        "Size of hashkey has exceeded the maximum size limit of2048 bytes",
        "Hash primary key values must be under 2048 bytes, and range primary key values must be under 1024 bytes",
    ),
    "empty key": Refusal(
        operation="put_item",
        params={"Item": {**KEY, "pk": {"S": ""}}},
        message="One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an"
        " empty string value. Key: pk",
    ),
    "empty index key": Refusal(
        operation="put_item",
        params={"Item": {**KEY, "g": {"S": ""}}},
        message="One or more parameter values are not valid. A value specified for a secondary index key is not"
        " supported. The AttributeValue for a key attribute cannot contain an empty string value."
        " IndexName: gsi, IndexKey: g",
    ),
    "39 digits": Refusal(
        operation="put_item",
        params={"Item": {**KEY, "x": {"N": "1" * 39}}},
        message="Attempting to store more than 38 significant digits in a Number",
        local="DynamoDB only supports precision up to 38 digits",
    ),
    "1e126": Refusal(
        operation="put_item",
        params={"Item": {**KEY, "x": {"N": "1e126"}}},
        message="Number overflow. Attempting to store a number with magnitude larger than supported range",
    ),
    "1e-131": Refusal(
        operation="put_item",
        params={"Item": {**KEY, "x": {"N": "1e-131"}}},
        message="Number underflow. Attempting to store a number with magnitude smaller than supported range",
    ),
    "not a number": Refusal(
        operation="put_item",
        params={"Item": {**KEY, "x": {"N": "abc"}}},
        message="The parameter cannot be converted to a numeric value: abc",
        local="A value provided cannot be converted into a number",
    ),
    "409,601 bytes": Refusal(
        operation="put_item",
        params={"Item": {**KEY, "x": {"S": "x" * 409_600}}},
        message="Item size has exceeded the maximum allowed size",
    ),
    "key without sort key": Refusal(
        operation="get_item",
        params={"Key": {"pk": {"S": "a"}}},
        message="The provided key element does not match the schema",
        local="The number of conditions on the keys is invalid",
    ),
    "no table": Refusal(
        operation="get_item",
        params={"TableName": "nowhere", "Key": KEY},
        code="ResourceNotFoundException",
        message="Requested resource not found",
        local="Cannot do operations on a non-existent table",
    ),
    "describe no table": Refusal(
        operation="describe_table",
        params={"TableName": "nowhere"},
        code="ResourceNotFoundException",
        message="Requested resource not found: Table: nowhere not found",
        local="Cannot do operations on a non-existent table",
    ),
    "failed condition": Refusal(
        operation="delete_item",
        params={"Key": KEY, "ConditionExpression": "attribute_exists(pk)"},
        code="ConditionalCheckFailedException",
        message="The conditional request failed",
    ),
    "end of text": condition("a =", 'Syntax error; token: "<EOF>", near: "="'),
    "no comparison": condition("a AND b", 'Syntax error; token: "AND", near: "a AND b"'),
    "negative index": condition("a[-1] = :v", 'Syntax error; token: "-", near: "[-1"'),
    "empty": condition("", "The expression can not be empty;"),
    "needless parentheses": condition("((a = :v))", "The expression has redundant parentheses;"),
    "reserved word": condition("name = :v", "Attribute name is a reserved keyword; reserved keyword: name"),
    "unknown function": condition("foo(a)", "Invalid function name; function: foo"),
    "undefined value": condition(
        "a = :x", "An expression attribute value used in expression is not defined; attribute value: :x"
    ),
    "undefined name": condition(
        "#x = :v",
        "An expression attribute name used in the document path is not defined; attribute name: #x",
    ),
    "size alone": condition(
        "size(a)", "The function is not allowed to be used this way in an expression; function: size"
    ),
    "number for begins_with": condition("begins_with(a, :n)", OPERAND + "begins_with, operand type: N"),
    "bounds the wrong way round": condition(
        "a BETWEEN :m AND :n",
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand:"
        " AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}",
    ),
    "bounds quoted as they came": condition(
        "a BETWEEN :m AND :tiny",
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand:"
        " AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:-9e100}",
    ),
    "same operand": condition(
        "a = a",
        "The first operand must be distinct from the remaining operands for this operator or function; operator: =,"
        " first operand: [a]",
    ),
    "151 disjuncts": condition(
        " OR ".join(["a = :v"] * 151), "The expression contains too many operators; operator count: 301"
    ),
    "4,097 bytes": condition(
        f"attribute_exists({'a' * 4079})",
        "Expression size has exceeded the maximum allowed size; expression size: 4097",
    ),
    "unused value": update(
        "REMOVE a",
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}",
        ExpressionAttributeValues={":v": {"S": "v"}},
    ),
    "unused name": update(
        "REMOVE a",
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#n}",
        ExpressionAttributeNames={"#n": "n"},
    ),
    "overlapping paths": update(
        "SET a = :v, a.b = :n",
        "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these"
        " paths; path one: [a], path two: [a, b]",
    ),
    "two SETs": update(
        "SET a = :v SET b = :v",
        'Invalid UpdateExpression: The "SET" section can only be used once in an update expression;',
    ),
    "text added": update(
        "ADD a :v",
        "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type:"
        " STRING, typeSet: ALLOWED_FOR_ADD_OPERAND",
    ),
    "key updated": update("SET pk = :v", f"{INVALID}Cannot update attribute pk. This attribute is part of the key"),
    "missing attribute": update(
        "SET a = b", "The provided expression refers to an attribute that does not exist in the item"
    ),
    "missing parent": update(
        "SET a.b = :v", "The document path provided in the update expression is invalid for update"
    ),
    "query by OR": query("pk = :v OR sk = :n", "Invalid operator used in KeyConditionExpression: OR"),
    "query by range": query("pk > :v", "Query key condition not supported"),
    "query without the key": query(
        "sk = :n", "Query condition missed key schema element: pk", "Query condition missed key schema element"
    ),
    "query by another type": query("pk = :n", f"{INVALID}Condition parameter type does not match schema type"),
    "filter on a key": query(
        "pk = :v",
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk",
        FilterExpression="attribute_exists(sk)",
    ),
    "no such index": query("pk = :v", "The table does not have the specified index: nope", IndexName="nope"),
    "consistent global index": query(
        "g = :v",
        "Consistent reads are not supported on global secondary indexes",
        "Consistent read cannot be true when querying a GSI",
        IndexName="gsi",
        ConsistentRead=True,
    ),
    "all attributes of a keys-only index": query(
        "g = :v",
        f"{INVALID}Select type ALL_ATTRIBUTES is not supported for global secondary index gsi because its projection"
        " type is not ALL",
        IndexName="gsi",
        Select="ALL_ATTRIBUTES",
    ),
    "start outside the partition": query(
        "pk = :v",
        "The provided starting key is outside query boundaries based on provided conditions",
        "The provided starting key does not match the range key predicate",
        ExclusiveStartKey={"pk": {"S": "w"}, "sk": {"N": "1"}},
    ),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
def test_a_mistake_is_refused_with_the_services_words(peer: Peer, empty_table: str, refusal: Refusal) -> None:
    params = {"TableName": empty_table, **refusal.params}

    with pytest.raises(ClientError) as refused:
        getattr(peer.dynamodb, refusal.operation)(**params)

    error = refused.value.response["Error"]
    expected = refusal.local if peer.is_local and refusal.local else refusal.message
    assert (error["Code"], error["Message"]) == (refusal.code, expected)
