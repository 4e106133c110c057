"""Which of several mistakes is told, and that nothing is done: as AWS was recorded (2026); DynamoDB Local differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.conformance.dynamodb.conftest import Peer

KEY = {"pk": {"S": "a"}, "sk": {"N": "1"}}
UNKNOWN = (
    "1 validation error detected: Value 'WORD' at '{}' failed to satisfy constraint: Member must satisfy enum value"
    " set: [{}]"
)
NULL = "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null"
RETURN_VALUES = UNKNOWN.format("returnValues", "ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW")
SYNTAX = 'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "("'


def refused(peer: Peer, operation: str, **params: Any) -> str:
    """What a refused request is told."""
    with pytest.raises(ClientError, match="ValidationException") as caught:
        getattr(peer.dynamodb, operation)(**params)
    return str(caught.value.response["Error"]["Message"])


@pytest.mark.parametrize(
    ("member", "path", "words"),
    [
        ("ConditionalOperator", "conditionalOperator", "OR, AND"),
        ("ReturnConsumedCapacity", "returnConsumedCapacity", "INDEXES, TOTAL, NONE"),
        ("ReturnItemCollectionMetrics", "returnItemCollectionMetrics", "SIZE, NONE"),
        ("ReturnValuesOnConditionCheckFailure", "returnValuesOnConditionCheckFailure", "ALL_OLD, NONE"),
    ],
)
def test_an_unknown_word_is_refused_before_anything_is_written(
    our_peer: Peer, member: str, path: str, words: str
) -> None:
    table = our_peer.create("pk:S", "sk:N", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})

    message = refused(our_peer, "put_item", TableName=table, Item=KEY, **{member: "WORD"})

    assert message == UNKNOWN.format(path, words)
    assert our_peer.dynamodb.scan(TableName=table)["Count"] == 0


def test_return_values_that_only_an_update_has_are_refused_for_the_others(our_peer: Peer) -> None:
    assert refused(our_peer, "put_item", TableName="no-table", Item=KEY, ReturnValues="WORD") == RETURN_VALUES
    message = refused(our_peer, "delete_item", TableName="no-table", Key=KEY, ReturnValues="ALL_NEW")
    assert message == "ReturnValues can only be ALL_OLD or NONE"


@pytest.mark.parametrize(
    ("operation", "actions", "path"),
    [
        (
            "transact_write_items",
            [{"Put": {"TableName": "t", "Item": KEY}}, {"Put": {"TableName": "t"}}],
            "2.member.put.item",
        ),
        ("transact_write_items", [{"Update": {"TableName": "t", "Key": KEY}}], "1.member.update.updateExpression"),
        ("transact_write_items", [{"Delete": {"Key": KEY}}], "1.member.delete.tableName"),
        ("transact_get_items", [{"Get": {"TableName": "t", "Key": KEY}}, {}], "2.member.get"),
    ],
)
def test_a_transaction_names_the_member_that_is_missing(
    our_peer: Peer, operation: str, actions: list[dict[str, Any]], path: str
) -> None:
    assert refused(our_peer, operation, TransactItems=actions) == NULL.format(f"transactItems.{path}")


def test_every_action_is_read_before_the_first_table_is_looked_for(our_peer: Peer) -> None:
    put = {"Put": {"TableName": "no-table", "Item": KEY}}
    condition = {"TableName": "no-table", "Key": KEY, "ConditionExpression": "attribute_not_exists("}

    message = refused(our_peer, "transact_write_items", TransactItems=[put, {"ConditionCheck": condition}])

    assert message == SYNTAX


@pytest.mark.parametrize(
    ("token", "rule"), [("", "greater than or equal to 1"), ("x" * 37, "less than or equal to 36")]
)
def test_a_token_has_1_to_36_characters(our_peer: Peer, token: str, rule: str) -> None:
    table = our_peer.create("pk:S", "sk:N")

    message = refused(
        our_peer,
        "transact_write_items",
        TransactItems=[{"Put": {"TableName": table, "Item": KEY}}],
        ClientRequestToken=token,
    )

    assert message.endswith(f"at 'clientRequestToken' failed to satisfy constraint: Member must have length {rule}")


@pytest.mark.parametrize(
    ("keys", "kinds", "message"),
    [
        (["pk", "pk"], {"pk": "S"}, "Invalid KeySchema: Some index key attribute have no definition"),
        (
            ["pk"],
            {"pk": "WORD"},
            UNKNOWN.format("attributeDefinitions.1.member.attributeType", "B, N, S"),
        ),
    ],
    ids=["a key twice", "unknown type"],
)
def test_keys_of_a_new_table_are_defined(our_peer: Peer, keys: list[str], kinds: dict[str, str], message: str) -> None:
    elements = [{"AttributeName": name, "KeyType": kind} for name, kind in zip(keys, ("HASH", "RANGE"), strict=False)]
    definitions = [{"AttributeName": name, "AttributeType": kind} for name, kind in kinds.items()]

    told = refused(
        our_peer,
        "create_table",
        TableName="never-made",
        KeySchema=elements,
        AttributeDefinitions=definitions,
        BillingMode="PAY_PER_REQUEST",
    )

    assert told == message
