"""The comparison operators of Choice."""

from __future__ import annotations

from typing import Any

import pytest

from mlfn_localstack.services.stepfunctions.asl.choice import choose, timestamp
from mlfn_localstack.services.stepfunctions.asl.failure import StateError
from mlfn_localstack.services.stepfunctions.asl.flow import View
from mlfn_localstack.services.stepfunctions.asl.flow_jsonata import JsonataFlow
from mlfn_localstack.services.stepfunctions.asl.flow_jsonpath import JsonPathFlow
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload

DATA = {
    "s": "foo.log",
    "n": 5,
    "f": 5.0,
    "b": True,
    "z": None,
    "t": "2024-01-01T00:00:00Z",
    "t2": "2024-01-01T01:00:00+01:00",
    "star": "a*b",
    "m": 6,
}


def matches(rule: dict[str, Any], data: Any = DATA) -> bool:
    flow = JsonPathFlow(View(raw=Payload(data), context={"Execution": {"Name": "foo.log"}}, variables={"limit": 5}))
    return choose({"Choices": [{**rule, "Next": "Yes"}], "Default": "No"}, flow)[0] == "Yes"


@pytest.mark.parametrize(
    ("variable", "operator", "value", "expected"),
    [
        ("$.s", "StringEquals", "foo.log", True),
        ("$.s", "StringEqualsPath", "$$.Execution.Name", True),
        ("$.s", "StringLessThan", "goo", True),
        ("$.s", "StringGreaterThanEquals", "goo", False),
        ("$.s", "StringMatches", "foo.*", True),
        ("$.s", "StringMatches", "*.txt", False),
        ("$.star", "StringMatches", r"a\*b", True),
        ("$.s", "StringMatches", r"foo\*", False),
        ("$.n", "NumericEquals", 5.0, True),
        ("$.n", "NumericEqualsPath", "$.f", True),
        ("$.n", "NumericEqualsPath", "$limit", True),
        ("$.n", "NumericLessThanPath", "$.m", True),
        ("$.n", "NumericGreaterThan", 5, False),
        ("$.n", "NumericLessThanEquals", 5, True),
        ("$.s", "NumericEquals", 5, False),
        ("$.b", "NumericEquals", 1, False),
        ("$.b", "BooleanEquals", True, True),
        ("$.b", "BooleanEqualsPath", "$.b", True),
        ("$.t", "TimestampEquals", "2024-01-01T00:00:00Z", True),
        ("$.t", "TimestampEqualsPath", "$.t2", True),
        ("$.t", "TimestampLessThan", "2024-01-01T00:00:00.001Z", True),
        ("$.z", "IsNull", True, True),
        ("$.n", "IsNull", True, False),
        ("$.n", "IsNumeric", True, True),
        ("$.b", "IsNumeric", False, True),
        ("$.s", "IsString", True, True),
        ("$.b", "IsBoolean", True, True),
        ("$.t", "IsTimestamp", True, True),
        ("$.s", "IsTimestamp", True, False),
        ("$.nope", "IsPresent", False, True),
        ("$.z", "IsPresent", True, True),
    ],
)
def test_an_operator_compares(variable: str, operator: str, value: Any, *, expected: bool) -> None:
    assert matches({"Variable": variable, operator: value}) is expected


def test_groups_combine_rules() -> None:
    true, false = {"Variable": "$.n", "NumericEquals": 5}, {"Variable": "$.n", "NumericEquals": 6}

    outcomes = [matches(rule) for rule in ({"And": [true, false]}, {"Or": [false, true]}, {"Not": false})]

    assert outcomes == [False, True, True]


def test_a_variable_that_names_nothing_is_a_runtime_error() -> None:
    with pytest.raises(StateError) as caught:
        matches({"Variable": "$.jobs[0].done", "BooleanEquals": True})

    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == (
        "Invalid path '$.jobs[0].done': The choice state's condition path references an invalid value."
    )


def test_no_match_and_no_default_is_a_runtime_error() -> None:
    flow = JsonPathFlow(View(raw=Payload(DATA), context={}, variables={}))

    with pytest.raises(StateError) as caught:
        choose({"Choices": [{"Variable": "$.n", "NumericEquals": 0, "Next": "A"}]}, flow)

    assert caught.value.cause == ("Failed to transition out of the state. The state does not point to a next state.")


def test_a_condition_must_be_boolean() -> None:
    flow = JsonataFlow(View(raw=Payload(DATA), context={}, variables={}))

    with pytest.raises(StateError) as caught:
        choose({"Choices": [{"Condition": "{% $states.input.n %}", "Next": "A"}]}, flow)

    assert caught.value.cause == (
        "The JSONata expression '$states.input.n' specified for the field 'Choices[0]/Condition' returned an"
        " unexpected result type. Expected 'boolean', but was 'number' for value: 5"
    )


@pytest.mark.parametrize("text", ["2024-01-01", "2024-01-01 00:00:00Z", "2024-01-01t00:00:00z", "2024-13-01T00:00:00Z"])
def test_only_strict_timestamps_count(text: str) -> None:
    assert timestamp(text) is None
