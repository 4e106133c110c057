"""Random items and expressions, the same to us and to AWS's DynamoDB Local: not one may differ."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conformance.dynamodb.differential.answers import comparable, same
from tests.conformance.dynamodb.differential.expressions import bound, conditions, updates, used
from tests.conformance.dynamodb.differential.values import attributes, numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.dynamodb.differential.peers import Call

bounded = settings(
    max_examples=int(os.environ.get("DYNAMODB_EXAMPLES", "40")),
    deadline=None,
    derandomize="CI" in os.environ,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def both(call_ours: Call, call_local: Call) -> Callable[[str, dict[str, Any]], Any]:
    """Calls both and fails unless the answers are the same; gives the answer."""

    def call(operation: str, params: dict[str, Any]) -> Any:
        ours, theirs = (comparable(params, *each(operation, params)) for each in (call_ours, call_local))
        assert same(ours, theirs), (operation, params, ours, theirs)
        return ours

    table = {
        "TableName": "table",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    for kind in "SNB":
        kinds = (("pk", "S"), ("sk", kind))
        definitions = [{"AttributeName": name, "AttributeType": type_} for name, type_ in kinds]
        for implementation in (call_ours, call_local):
            implementation("DeleteTable", {"TableName": f"table-{kind}"})
            implementation("CreateTable", {**table, "TableName": f"table-{kind}", "AttributeDefinitions": definitions})
    return call


KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}


@given(item=attributes, condition=conditions, given_values=bound)
@bounded
def test_a_random_condition_holds_for_both_or_for_none(
    both: Any, item: dict[str, Any], condition: str, given_values: dict[str, Any]
) -> None:
    both("PutItem", {"TableName": "table-S", "Item": {**item, **KEY}})

    both(
        "DeleteItem",
        {
            "TableName": "table-S",
            "Key": KEY,
            "ConditionExpression": condition,
            "ReturnValues": "ALL_OLD",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            **used(condition, given_values),
        },
    )


@given(item=attributes, update=updates, given_values=bound)
@bounded
def test_a_random_update_makes_the_same_item(
    both: Any, item: dict[str, Any], update: str, given_values: dict[str, Any]
) -> None:
    both("PutItem", {"TableName": "table-S", "Item": {**item, **KEY}})

    both(
        "UpdateItem",
        {
            "TableName": "table-S",
            "Key": KEY,
            "UpdateExpression": update,
            "ReturnValues": "ALL_NEW",
            "ReturnConsumedCapacity": "INDEXES",
            **used(update, given_values),
        },
    )


sort_keys = {
    "S": st.text(st.sampled_from("ab\u00e9\U0001f600\uffff"), min_size=1, max_size=3),
    "N": numbers,
    "B": st.sampled_from(["AA==", "AAE=", "AQ==", "/w==", "//8=", "/wA=", "YWJj"]),
}
operators = st.sampled_from(["=", "<", "<=", ">", ">=", "BETWEEN", "begins_with", None])
WORDS = ["a", "b", "#n", ":v0", ":v1", "=", "<", "(", ")", ",", ".", "[", "]", "0", "AND", "OR", "NOT", "IN", "BETWEEN"]
WORDS += ["+", "-", "SET", "REMOVE", "ADD", "DELETE", "size", "attribute_exists", "foo", "!", "_", "name"]


def key_condition(kind: str, operator: str | None, low: str, high: str) -> tuple[str, dict[str, Any]]:
    """A key condition and its values."""
    bounds = {":p": {"S": "p"}, ":a": {kind: low}, ":b": {kind: high}}
    match operator:
        case None:
            return "pk = :p", {":p": bounds[":p"]}
        case "BETWEEN":
            return "pk = :p AND sk BETWEEN :a AND :b", bounds
        case "begins_with":
            return "pk = :p AND begins_with(sk, :a)", {key: bounds[key] for key in (":p", ":a")}
        case _:
            return f"pk = :p AND sk {operator} :a", {key: bounds[key] for key in (":p", ":a")}


def walk(call: Call, query: dict[str, Any]) -> Any:
    """All pages of a query; whether an empty page ends them is left open."""
    pages: list[Any] = []
    while True:
        status, body = call("Query", query)
        answer = comparable(query, status, body)
        if status != 200:
            return answer
        pages += [answer["Items"]] if answer["Items"] else []
        if "LastEvaluatedKey" not in body:
            return pages
        query = {**query, "ExclusiveStartKey": body["LastEvaluatedKey"]}


@pytest.mark.parametrize("kind", ["S", "N", "B"])
@given(data=st.data())
@bounded
def test_a_random_query_gives_the_same_pages(
    both: Any, call_ours: Call, call_local: Call, kind: str, data: st.DataObject
) -> None:
    table = f"table-{kind}"
    keys = data.draw(st.lists(sort_keys[kind], min_size=1, max_size=6, unique=True))
    condition, bounds = key_condition(
        kind, data.draw(operators), data.draw(sort_keys[kind]), data.draw(sort_keys[kind])
    )
    query = {
        "TableName": table,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": bounds,
        "ScanIndexForward": data.draw(st.booleans()),
        "Limit": data.draw(st.integers(1, 4)),
    }
    for key in keys:
        both("PutItem", {"TableName": table, "Item": {"pk": {"S": "p"}, "sk": {kind: key}}})

    assert same(walk(call_ours, query), walk(call_local, query)), query

    for key in keys:
        both("DeleteItem", {"TableName": table, "Key": {"pk": {"S": "p"}, "sk": {kind: key}}})


@given(
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=7).filter(lambda words: ". :v" not in " ".join(words))
)
@bounded
def test_a_random_row_of_words_is_refused_with_the_same_message(both: Any, words: list[str]) -> None:
    text = " ".join(words)
    expression = {
        "ExpressionAttributeNames": {"#n": "n"},
        "ExpressionAttributeValues": {":v0": {"N": "1"}, ":v1": {"N": "2"}},
    }
    update = {"TableName": "table-S", "Key": KEY, **expression}

    both("UpdateItem", {**update, "UpdateExpression": text})
    both("UpdateItem", {**update, "UpdateExpression": "SET q = :v0", "ConditionExpression": text})
