"""Random expressions that can be parsed; whether they fit an item is another matter."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st
from tests.conformance.dynamodb.differential.values import scalars, values

names = st.sampled_from(["a", "b", "c", "d", "e", "#n", "#m"])
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
projections = st.lists(paths, min_size=1, max_size=3).map(", ".join)


NAMES = {"#n": "a", "#m": "n.m"}


def used(text: str, given_values: dict[str, Any]) -> dict[str, Any]:
    """The placeholders that expressions use, as request parameters."""
    values_used = set(re.findall(r":[a-z0-9]+", text))
    picked = {key: value for key, value in (given_values | {":t": {"S": "N"}}).items() if key in values_used}
    params: dict[str, Any] = {"ExpressionAttributeValues": picked} if picked else {}
    names_used = {key: NAMES[key] for key in NAMES if key in set(re.findall(r"#[a-z]+", text))}
    return params | ({"ExpressionAttributeNames": names_used} if names_used else {})
