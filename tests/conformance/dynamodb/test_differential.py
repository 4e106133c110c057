"""Random items and expressions, the same to us and to AWS's DynamoDB Local: not one may differ."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlfn_localstack.service import Caller, Environment, RequestContext, ServiceError
from mlfn_localstack.services.dynamodb import DynamoDb
from mlfn_localstack.store import Store

if TYPE_CHECKING:
    from pathlib import Path

Call = Callable[[str, dict[str, Any]], tuple[int, Any]]
bounded = settings(
    max_examples=int(os.environ.get("DYNAMODB_EXAMPLES", "40")),
    deadline=None,
    derandomize="CI" in os.environ,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

WORDINGS = {
    # which of several mistakes in an update is named, DynamoDB Local leaves to the order of a hash table
    r"Two document paths .*": "Two document paths",
    r"The document path provided in the update expression is invalid for update": "does not fit the item",
    r"The provided expression refers to an attribute that does not exist in the item": "does not fit the item",
    r"An operand in the update expression has an incorrect data type": "does not fit the item",
    # a Java buffer instead of the value
    r"AttributeValue: \{B:[^}]*\}": "AttributeValue: {B}",
    # a number as it was sent, not in its normal form
    r"AttributeValue: \{N:[^}]*\}": "AttributeValue: {N}",
    # DynamoDB Local words these in its own way; ours are the service's
    r"(Query condition missed key schema element).*": r"\1",
    r"Attempting to store more than 38 significant digits in a Number": "too many digits",
    r"DynamoDB only supports precision up to 38 digits": "too many digits",
    r"Invalid KeyConditionExpression: (KeyConditionExpressions must only)": r"\1",
}
"""What is taken for the same message: pattern and replacement."""


@pytest.fixture(scope="module")
def call_ours(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Call:
    """Our operations in-process: status and body."""
    directory: Path = tmp_path_factory.mktemp("dynamodb")
    # the operations use neither the gateway nor the authenticator
    environment = Environment(store=Store(), gateway=None, authenticator=None, state_dir=directory)  # type: ignore[arg-type]
    operations = DynamoDb(environment).operations()
    loop = asyncio.new_event_loop()
    request.addfinalizer(loop.close)
    caller = Caller(arn="", account_id="", user_id="", access_key="")

    def call(operation: str, params: dict[str, Any]) -> tuple[int, Any]:
        context = RequestContext(
            service="dynamodb",
            operation=operation,
            region="us-east-1",
            account_id="000000000000",
            caller=caller,
            request_id="1",
            endpoint="",
        )

        try:
            return 200, loop.run_until_complete(operations[operation](context, params))
        except ServiceError as error:
            return error.status, {"__type": error.code, "message": error.message, **error.fields}

    return call


@pytest.fixture(scope="module")
def both(call_ours: Call, call_local: Call) -> Callable[[str, dict[str, Any]], Any]:
    """Calls both and fails unless the answers are the same; gives the answer."""

    def call(operation: str, params: dict[str, Any]) -> Any:
        ours, theirs = _answer(*call_ours(operation, params)), _answer(*call_local(operation, params))
        assert ours == theirs, (operation, params)
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


def _answer(status: int, body: Any) -> Any:
    if status == 200:
        return _normal(body)
    code = body.get("__type", "").rpartition("#")[2]
    message = body.get("message", body.get("Message", ""))
    for pattern, replacement in WORDINGS.items():
        message = re.sub(pattern, replacement, message)
    return code, message, _normal(body.get("Item"))


def _normal(value: Any) -> Any:
    """Sets have no order; DynamoDB Local gives numbers in values back as they were sent."""
    match value:
        case {"N": str(number), **others} if not others:
            return {"N": Decimal(number)}
        case {"NS": list(numbers), **others} if not others:
            return {"NS": sorted(map(Decimal, numbers))}
        case {"SS": list(members), **others} | {"BS": list(members), **others} if not others:
            return {"set": sorted(members)}
        case dict():
            return {key: _normal(inner) for key, inner in value.items()}
        case list():
            return [_normal(inner) for inner in value]
        case _:
            return value


texts = st.sampled_from(["", "a", "b", "ab", "abc", "Z", "é", "😀", "zz"])
numbers = st.sampled_from(
    [
        "0",
        "1",
        "2",
        "-1",
        "1.5",
        "10",
        "100",
        "-0.5",
        "1e5",
        "0.0001",
        "1e125",
        "-9e100",
        "1e-130",
        "12345678901234567890",
    ]
)
blobs = st.sampled_from(["", "AA==", "AAE=", "/w==", "YWJj"])
scalars = (
    st.builds(lambda text: {"S": text}, texts)
    | st.builds(lambda number: {"N": number}, numbers)
    | st.builds(lambda blob: {"B": blob}, blobs)
    | st.sampled_from([{"BOOL": True}, {"BOOL": False}, {"NULL": True}])
)
sets = (
    st.builds(lambda members: {"SS": members}, st.lists(texts, min_size=1, max_size=3, unique=True))
    | st.builds(lambda members: {"NS": members}, st.lists(st.sampled_from("0123"), min_size=1, max_size=3, unique=True))
    | st.builds(lambda members: {"BS": members}, st.lists(blobs, min_size=1, max_size=3, unique=True))
)
values = st.recursive(
    scalars | sets,
    lambda inner: (
        st.builds(lambda items: {"L": items}, st.lists(inner, max_size=3))
        | st.builds(lambda items: {"M": items}, st.dictionaries(st.sampled_from("xyz"), inner, max_size=2))
    ),
    max_leaves=4,
)
attributes = st.dictionaries(st.sampled_from("abcd"), values, max_size=4)
names = st.sampled_from(["a", "b", "c", "d", "e", "#n"])
paths = st.builds(
    lambda name, steps: name + "".join(steps),
    names,
    st.lists(st.sampled_from([".x", ".y", "[0]", "[1]", "[9]"]), max_size=2),
)
placeholders = st.sampled_from([":v0", ":v1", ":v2"])
operands = paths | placeholders | st.builds("size({})".format, paths | placeholders)
comparisons = st.builds("{} {} {}".format, operands, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), operands)
tests = (
    st.builds("attribute_exists({})".format, paths)
    | st.builds("attribute_not_exists({})".format, paths)
    | st.builds("attribute_type({}, :t)".format, paths)
    | st.builds("begins_with({}, {})".format, operands, operands)
    | st.builds("contains({}, {})".format, operands, operands)
    | st.builds("{} BETWEEN {} AND {}".format, operands, operands, operands)
    | st.builds("{} IN ({}, {})".format, operands, operands, operands)
)
conditions = st.recursive(
    comparisons | tests,
    lambda inner: (
        st.builds("({}) AND {}".format, inner, inner)
        | st.builds("{} OR ({})".format, inner, inner)
        | st.builds("NOT {}".format, inner)
    ),
    max_leaves=3,
)
set_values = (
    operands
    | st.builds("{} {} {}".format, paths | placeholders, st.sampled_from("+-"), paths | placeholders)
    | st.builds("if_not_exists({}, {})".format, paths, paths | placeholders)
    | st.builds("list_append({}, {})".format, paths | placeholders, paths | placeholders)
    | st.builds("list_append(if_not_exists({}, {}), {})".format, paths, placeholders, placeholders)
)
sections = st.fixed_dictionaries(
    {},
    optional={
        "SET": st.lists(st.builds("{} = {}".format, paths, set_values), min_size=1, max_size=2),
        "REMOVE": st.lists(paths, min_size=1, max_size=2),
        "ADD": st.lists(st.builds("{} {}".format, paths, placeholders), min_size=1, max_size=1),
        "DELETE": st.lists(st.builds("{} {}".format, paths, placeholders), min_size=1, max_size=1),
    },
).filter(bool)
updates = st.builds(
    lambda found: " ".join(f"{section} {', '.join(actions)}" for section, actions in found.items()), sections
)
bound = st.fixed_dictionaries({":v0": values, ":v1": values, ":v2": scalars})
KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}


def used(text: str, given_values: dict[str, Any]) -> dict[str, Any]:
    """The placeholders an expression uses, as request parameters."""
    picked = {key: value for key, value in given_values.items() if key in text}
    if ":t" in text:
        picked[":t"] = {"S": "N"}
    params: dict[str, Any] = {"ExpressionAttributeValues": picked} if picked else {}
    if "#n" in text:
        params["ExpressionAttributeNames"] = {"#n": "a"}
    return params


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
        if status != 200:
            return _answer(status, body)
        pages += [_normal(body["Items"])] if body["Items"] else []
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

    assert walk(call_ours, query) == walk(call_local, query), query

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
