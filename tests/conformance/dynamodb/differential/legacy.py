"""Random requests with the parameters of the time before expressions."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from tests.conformance.dynamodb.differential.requests import Draw, Request, items
from tests.conformance.dynamodb.differential.tables import Shape, key_value, key_values
from tests.conformance.dynamodb.differential.values import scalars, values

_NAMES = st.sampled_from(["a", "b", "c", "d", "e", "g", "r"])
_OPERATORS = {
    **dict.fromkeys(("EQ", "NE", "LE", "LT", "GE", "GT", "CONTAINS", "NOT_CONTAINS", "BEGINS_WITH"), 1),
    "NULL": 0,
    "NOT_NULL": 0,
    "IN": 2,
    "BETWEEN": 2,
}


@st.composite
def conditions(draw: Draw) -> dict[str, Any]:
    """A condition on one attribute; now and then with the wrong number of values."""
    operator = draw(st.sampled_from(sorted(_OPERATORS)))
    count = _OPERATORS[operator] + draw(st.sampled_from([0, 0, 0, 0, 0, 1, -1]))
    given = draw(st.lists(scalars | values, min_size=max(count, 0), max_size=max(count, 0)))
    return {"ComparisonOperator": operator, "AttributeValueList": given}


expectations = st.one_of(
    conditions(),
    st.just({"Exists": False}),
    st.builds(lambda value: {"Value": value}, values),
    st.builds(lambda value: {"Exists": True, "Value": value}, values),
    st.builds(lambda exists, value: {"Exists": exists, **value}, st.booleans(), st.just({}) | conditions()),
    st.builds(lambda one, value: {**one, "Value": value}, conditions(), values),
)
changes = st.one_of(
    st.builds(
        lambda action, value: {"Action": action, "Value": value}, st.sampled_from(["PUT", "ADD", "DELETE"]), values
    ),
    st.builds(lambda action: {"Action": action}, st.sampled_from(["PUT", "ADD", "DELETE", "DELETE", "DELETE"])),
    st.builds(lambda value: {"Value": value}, values),
)


@st.composite
def writes(draw: Draw, shape: Shape) -> Request:
    """A write that expects something."""
    operation = draw(st.sampled_from(["PutItem", "DeleteItem", "UpdateItem"]))
    params: dict[str, Any] = {"TableName": shape.name}
    if operation == "PutItem":
        params["Item"] = draw(items(shape))
    else:
        params["Key"] = draw(key_values(shape.keys))
    if operation == "UpdateItem":
        params["AttributeUpdates"] = draw(st.dictionaries(_NAMES, changes, max_size=2))
        params["ReturnValues"] = draw(st.sampled_from(["NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"]))
    if draw(st.booleans()):
        params["Expected"] = draw(st.dictionaries(_NAMES, expectations, max_size=2))
    return operation, {**params, **draw(_operator)}


@st.composite
def reads(draw: Draw, shape: Shape) -> Request:
    """A Query, Scan or GetItem with filters and names of attributes."""
    operation = draw(st.sampled_from(["Query", "Scan", "GetItem"]))
    params: dict[str, Any] = {"TableName": shape.name}
    if draw(st.booleans()):
        params["AttributesToGet"] = draw(st.lists(_NAMES, min_size=1, max_size=3))
    if operation == "GetItem":
        return operation, {**params, "Key": draw(key_values(shape.keys))}
    index = draw(st.none() | st.sampled_from(sorted(shape.indexes))) if shape.indexes else None
    params |= {"IndexName": index} if index else {}
    if draw(st.booleans()):
        params[f"{operation}Filter"] = draw(st.dictionaries(_NAMES, conditions(), max_size=2))
    if operation == "Query":
        params["KeyConditions"] = draw(_key_conditions(shape.indexes[index] if index else shape.keys))
    return operation, {**params, **draw(_operator)}


@st.composite
def _key_conditions(draw: Draw, keys: tuple[str, ...]) -> dict[str, Any]:
    (head, kind), *rest = [key.split(":") for key in keys]
    found = {head: {"ComparisonOperator": "EQ", "AttributeValueList": [draw(key_value(kind))]}}
    for name, kind in rest:
        operator = draw(st.sampled_from(["EQ", "LT", "LE", "GT", "GE", "BETWEEN", "BEGINS_WITH", None]))
        if operator is not None:
            given = [draw(key_value(kind)) for _ in range(_OPERATORS[operator])]
            found[name] = {"ComparisonOperator": operator, "AttributeValueList": given}
    return found


_operator = st.sampled_from([{}, {}, {}, {"ConditionalOperator": "AND"}, {"ConditionalOperator": "OR"}])
LEGACY = (writes, reads)
"""Every kind of request."""
