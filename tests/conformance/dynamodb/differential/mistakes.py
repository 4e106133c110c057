"""One mistake put into a request."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st
from tests.conformance.dynamodb.differential.requests import Draw, Request

_VALUES: tuple[Any, ...] = (
    {"SS": []},
    {"NS": []},
    {"BS": []},
    {"SS": ["a", "a"]},
    {"NS": ["1", "1.0"]},
    {"BS": ["AA==", "AA=="]},
    {"N": ""},
    {"N": "x"},
    {"N": "1" * 39},
    {"N": "1e126"},
    {"N": "1e-131"},
    {"NULL": False},
    {},
    {"S": "a", "N": "1"},
    {"L": [{}]},
    {"M": {"x": {"SS": []}}},
)
_KEYS: tuple[Any, ...] = ({"S": ""}, {"B": ""}, {"BOOL": True}, {"L": []}, {"S": "x" * 2049}, {"N": "7"}, {"S": "x"})
_TEXTS = (
    "",
    " ",
    "{} foo",
    "{},",
    "({})",
    "(({}))",
    "{} AND",
    "NOT",
    "size(a)",
    "foo(a)",
    "a = a",
    "abort = a",
    "#x = a",
    "a = :x",
    "a[-1] = a",
    "a.b[1",
    "SET a = a.b, a = b",
    "SET a.x = b, a[0] = b",
    "SET pk = a",
    "SET a = b REMOVE a.x",
    "SET a = b SET c = d",
    "SET abort = a",
    "ADD a b",
    "REMOVE a b",
    "a, a",
    "a.x, a",
    "a[0], a.x",
    "a IN ()",
    "attribute_type(a, b)",
    "contains(a)",
    "begins_with(a, a)",
    "a BETWEEN b",
    "pk = :k0 AND pk = :k0",
    "pk = :k0 OR sk = :k0",
    "sk = :k0",
    "pk < :k0",
    "a = b AND " * 120 + "a = b",
)
_EXPRESSIONS = (
    "UpdateExpression",
    "ConditionExpression",
    "FilterExpression",
    "ProjectionExpression",
    "KeyConditionExpression",
)


@st.composite
def mistaken(draw: Draw, request: Request) -> Request:
    """The same request, but for one thing."""
    operation, params = copy.deepcopy(request)
    edits = [edit for edit in _EDITS if edit.applies(params)]
    if edits:
        draw(st.sampled_from(edits)).make(draw, params)
    return operation, params


class _Edit:
    """A mistake that a kind of parameter can have."""

    def __init__(self, *members: str) -> None:
        self._members = members

    def applies(self, params: dict[str, Any]) -> bool:
        """Whether the request has such a parameter."""
        return any(params.get(member) for member in self._members)

    def chosen(self, draw: Draw, params: dict[str, Any]) -> str:
        """Which of its parameters is to be wrong."""
        return str(draw(st.sampled_from([member for member in self._members if params.get(member)])))

    def make(self, draw: Draw, params: dict[str, Any]) -> None:
        """Put it in."""
        raise AssertionError


class _Value(_Edit):
    """A value that DynamoDB cannot hold."""

    def make(self, draw: Draw, params: dict[str, Any]) -> None:
        values = params[self.chosen(draw, params)]
        values[draw(st.sampled_from(sorted(values)))] = draw(st.sampled_from(_VALUES))


class _Key(_Edit):
    """A key of another type, too long, empty, incomplete or with more than the key."""

    def make(self, draw: Draw, params: dict[str, Any]) -> None:
        key = params[self.chosen(draw, params)]
        name = draw(st.sampled_from(sorted(key)))
        match draw(st.sampled_from(["other", "less", "more"])):
            case "other":
                key[name] = draw(st.sampled_from(_KEYS))
            case "less":
                del key[name]
            case _:
                key["additional"] = {"S": "x"}


class _Text(_Edit):
    """An expression with something wrong."""

    def make(self, draw: Draw, params: dict[str, Any]) -> None:
        member = self.chosen(draw, params)
        params[member] = draw(st.sampled_from(_TEXTS)).replace("{}", params[member])


class _Names(_Edit):
    """A name or value that is not used, not well-formed or not there."""

    def make(self, draw: Draw, params: dict[str, Any]) -> None:
        member = self.chosen(draw, params)
        sign, value = ("#", "a") if member.endswith("Names") else (":", {"S": "a"})
        match draw(st.sampled_from(["unused", "malformed", "missing", "none"])):
            case "unused":
                params[member] = {**params[member], f"{sign}unused": value}
            case "malformed":
                params[member] = {**params[member], draw(st.sampled_from(["x", sign, f"{sign}a-b", ""])): value}
            case "missing":
                del params[member]
            case _:
                params[member] = {}


class _Member(_Edit):
    """A parameter with another value than the API has, or none."""

    def make(self, draw: Draw, params: dict[str, Any]) -> None:
        member = self.chosen(draw, params)
        if member == "Limit":
            params[member] = draw(st.sampled_from([0, -1]))
        elif member == "TableName":
            params[member] = "no-such-table"
        else:
            params[member] = draw(st.sampled_from(["nope", "WORD"]))


class _Start(_Edit):
    """A place to start that there is not."""

    def make(self, draw: Draw, params: dict[str, Any]) -> None:
        start = draw(st.sampled_from([{}, {"pk": {"S": "p"}}, {"pk": {"S": "p"}, "sk": {"S": "z"}, "x": {"S": "z"}}]))
        params["ExclusiveStartKey"] = copy.deepcopy(start)


class _Spare(_Edit):
    """Names or values for no expression."""

    def make(self, draw: Draw, params: dict[str, Any]) -> None:
        if draw(st.booleans()):
            params.setdefault("ExpressionAttributeNames", {"#spare": "a"})
        else:
            params.setdefault("ExpressionAttributeValues", {":spare": {"S": "a"}})


_EDITS = (
    _Value("Item", "ExpressionAttributeValues"),
    _Value("Item", "ExpressionAttributeValues"),
    _Key("Item", "Key"),
    _Text(*_EXPRESSIONS),
    _Text(*_EXPRESSIONS),
    _Names("ExpressionAttributeNames", "ExpressionAttributeValues"),
    _Member("Limit", "TableName", "Select", "ReturnValues", "IndexName"),
    _Start("KeyConditionExpression", "Limit"),
    _Spare("TableName"),
)
