"""Random requests for one table: operation and parameters."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from tests.conformance.dynamodb.differential.expressions import bound, conditions, projections, updates, used
from tests.conformance.dynamodb.differential.tables import Shape, key_value, key_values
from tests.conformance.dynamodb.differential.values import attributes

Draw = Any
Request = tuple[str, dict[str, Any]]
SORT_OPERATORS = ("=", "<", "<=", ">", ">=", "BETWEEN", "begins_with")
_reported: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, *({"ReturnConsumedCapacity": mode} for mode in ("TOTAL", "INDEXES", "NONE"))]
)


@st.composite
def items(draw: Draw, shape: Shape) -> dict[str, Any]:
    """An item, with some of the attributes that indexes are keyed by."""
    extra = {key for keys in shape.indexes.values() for key in keys} - set(shape.keys)
    keyed = draw(key_values(tuple(sorted(key for key in extra if draw(st.booleans())))))
    return {**draw(attributes), **keyed, **draw(key_values(shape.keys))}


@st.composite
def puts(draw: Draw, shape: Shape) -> Request:
    """A PutItem."""
    params = {"TableName": shape.name, "Item": draw(items(shape)), **draw(_conditional(("NONE", "ALL_OLD")))}
    return "PutItem", params


@st.composite
def deletes(draw: Draw, shape: Shape) -> Request:
    """A DeleteItem."""
    key = draw(key_values(shape.keys))
    return "DeleteItem", {"TableName": shape.name, "Key": key, **draw(_conditional(("NONE", "ALL_OLD")))}


@st.composite
def updates_of(draw: Draw, shape: Shape) -> Request:
    """An UpdateItem."""
    update = draw(updates)
    condition = draw(st.none() | conditions)
    text = f"{update} {condition or ''}"
    returned = ("NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW")
    params = {
        "TableName": shape.name,
        "Key": draw(key_values(shape.keys)),
        "UpdateExpression": update,
        **({"ConditionExpression": condition} if condition else {}),
        **used(text, draw(bound)),
        "ReturnValues": draw(st.sampled_from(returned)),
        **draw(_reported),
    }
    return "UpdateItem", params


@st.composite
def gets(draw: Draw, shape: Shape) -> Request:
    """A GetItem."""
    params = {
        "TableName": shape.name,
        "Key": draw(key_values(shape.keys)),
        "ConsistentRead": draw(st.booleans()),
        **draw(_projected()),
        **draw(_reported),
    }
    return "GetItem", params


@st.composite
def queries(draw: Draw, shape: Shape) -> Request:
    """A Query of the table or an index."""
    index = draw(st.none() | st.sampled_from(sorted(shape.indexes))) if shape.indexes else None
    condition, values = draw(key_conditions(shape.indexes[index] if index else shape.keys))
    params = {
        "TableName": shape.name,
        "KeyConditionExpression": condition,
        "ScanIndexForward": draw(st.booleans()),
        **draw(_selected(index)),
    }
    params["ExpressionAttributeValues"] = {**params.get("ExpressionAttributeValues", {}), **values}
    return "Query", params


@st.composite
def scans(draw: Draw, shape: Shape) -> Request:
    """A Scan of the table or an index."""
    index = draw(st.none() | st.sampled_from(sorted(shape.indexes))) if shape.indexes else None
    return "Scan", {"TableName": shape.name, **draw(_selected(index))}


@st.composite
def batch_gets(draw: Draw, shape: Shape) -> Request:
    """A BatchGetItem of one table."""
    keys = draw(st.lists(key_values(shape.keys), min_size=1, max_size=4))
    asked = {"Keys": keys, "ConsistentRead": draw(st.booleans()), **draw(_projected())}
    return "BatchGetItem", {"RequestItems": {shape.name: asked}, **draw(_reported)}


@st.composite
def batch_writes(draw: Draw, shape: Shape) -> Request:
    """A BatchWriteItem to one table."""
    put = items(shape).map(lambda item: {"PutRequest": {"Item": item}})
    delete = key_values(shape.keys).map(lambda key: {"DeleteRequest": {"Key": key}})
    actions = draw(st.lists(put | delete, min_size=1, max_size=4))
    return "BatchWriteItem", {"RequestItems": {shape.name: actions}, **draw(_reported)}


@st.composite
def transactions(draw: Draw, shape: Shape) -> Request:
    """A TransactWriteItems on one table."""
    actions = draw(st.lists(_actions(shape), min_size=1, max_size=3))
    return "TransactWriteItems", {"TransactItems": actions, **draw(_reported)}


@st.composite
def transact_gets(draw: Draw, shape: Shape) -> Request:
    """A TransactGetItems of one table."""
    keys = draw(st.lists(key_values(shape.keys), min_size=1, max_size=3))
    actions = [{"Get": {"TableName": shape.name, "Key": key, **draw(_projected())}} for key in keys]
    return "TransactGetItems", {"TransactItems": actions, **draw(_reported)}


@st.composite
def key_conditions(draw: Draw, keys: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """A key condition and its values."""
    names = [key.split(":") for key in keys]
    (head, kind), *rest = names
    text, values = f"{head} = :k0", {":k0": draw(key_value(kind))}
    if not rest or draw(st.integers(0, 3)) == 0:
        return text, values
    ((tail, kind),) = rest
    low, high = draw(key_value(kind)), draw(key_value(kind))
    operator = draw(st.sampled_from(SORT_OPERATORS))
    values[":k1"] = low
    match operator:
        case "BETWEEN":
            values[":k2"] = high
            return f"{text} AND {tail} BETWEEN :k1 AND :k2", values
        case "begins_with":
            return f"{text} AND begins_with({tail}, :k1)", values
        case _:
            return f"{text} AND {tail} {operator} :k1", values


@st.composite
def _actions(draw: Draw, shape: Shape) -> dict[str, Any]:
    kind = draw(st.sampled_from(["Put", "Delete", "Update", "ConditionCheck"]))
    _, params = draw({"Put": puts, "Update": updates_of}.get(kind, deletes)(shape))
    asked = {name: value for name, value in params.items() if name not in ("ReturnConsumedCapacity", "ReturnValues")}
    if kind == "ConditionCheck" and "ConditionExpression" not in asked:
        asked |= {"ConditionExpression": "attribute_exists(a) OR attribute_not_exists(a)"}
    return {kind: asked}


@st.composite
def _conditional(draw: Draw, returned: tuple[str, ...]) -> dict[str, Any]:
    condition = draw(st.none() | conditions)
    given = {"ConditionExpression": condition, **used(condition, draw(bound))} if condition else {}
    failed = draw(st.sampled_from(["NONE", "ALL_OLD"]))
    params = {"ReturnValues": draw(st.sampled_from(returned)), "ReturnValuesOnConditionCheckFailure": failed}
    return {**given, **params, **draw(_reported)}


@st.composite
def _projected(draw: Draw) -> dict[str, Any]:
    projection = draw(st.none() | projections)
    return {"ProjectionExpression": projection, **used(projection, {})} if projection else {}


@st.composite
def _selected(draw: Draw, index: str | None) -> dict[str, Any]:
    """What a Query and a Scan may have in common."""
    condition, projection = draw(st.none() | conditions), draw(st.none() | st.none() | projections)
    params = used(f"{condition} {projection}", draw(bound))
    params |= {"FilterExpression": condition} if condition else {}
    params |= {"ProjectionExpression": projection} if projection else {}
    params |= {"IndexName": index} if index else {}
    params |= {"Limit": draw(st.integers(1, 3))} if draw(st.booleans()) else {}
    select = draw(st.sampled_from([None, None, None, "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"]))
    params |= {"Select": select} if select else {}
    params |= {"ConsistentRead": True} if draw(st.integers(0, 5)) == 0 else {}
    return {**params, **draw(_reported)}


MODERN = (
    *(puts, deletes, updates_of, updates_of, gets, queries, queries, scans),
    *(batch_gets, batch_writes, transactions, transact_gets),
)
"""Every kind of request; updates and queries twice."""
