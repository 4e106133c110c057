"""Data through one state: paths and templates in both query languages."""

from __future__ import annotations

from typing import Any

import pytest

from mlfn_localstack.services.stepfunctions.asl.failure import StateError
from mlfn_localstack.services.stepfunctions.asl.flow import View
from mlfn_localstack.services.stepfunctions.asl.flow_jsonata import JsonataFlow
from mlfn_localstack.services.stepfunctions.asl.flow_jsonpath import JsonPathFlow
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload, check_size


def jsonpath(data: Any, **variables: Any) -> JsonPathFlow:
    return JsonPathFlow(View(raw=Payload(data), context={"State": {"Name": "S"}}, variables=variables))


def jsonata(data: Any, **variables: Any) -> JsonataFlow:
    return JsonataFlow(View(raw=Payload(data), context={"State": {"Name": "S"}}, variables=variables))


@pytest.mark.parametrize(
    ("state", "value"),
    [
        ({}, {"a": 1, "l": [1]}),
        ({"InputPath": "$.a"}, 1),
        ({"InputPath": None}, {}),
        ({"Parameters": {"x.$": "$.a", "n.$": "$$.State.Name", "v.$": "$v.w", "c": {"d.$": "$.l[0]"}}}, None),
        ({"Parameters": {"i.$": "$.l[5]"}}, {"i": None}),
    ],
    ids=["all", "path", "null", "template", "past the end"],
)
def test_arguments_by_jsonpath(state: dict[str, Any], value: Any) -> None:
    expected = {"x": 1, "n": "S", "v": 2, "c": {"d": 1}} if value is None else value

    assert jsonpath({"a": 1, "l": [1]}, v={"w": 2}).arguments(state).value == expected


@pytest.mark.parametrize(
    ("state", "value"),
    [
        ({}, {"r": 2}),
        ({"ResultPath": "$.out"}, {"a": 1, "out": {"r": 2}}),
        ({"ResultPath": None}, {"a": 1}),
        ({"ResultSelector": {"x.$": "$.r"}, "ResultPath": "$.out", "OutputPath": "$.out"}, {"x": 2}),
        ({"OutputPath": None}, {}),
    ],
    ids=["result", "place", "discard", "select", "nothing"],
)
def test_a_result_by_jsonpath(state: dict[str, Any], value: Any) -> None:
    assert jsonpath({"a": 1}).finish(state, Payload({"r": 2})).output.value == value


@pytest.mark.parametrize(
    ("state", "cause"),
    [
        ({"InputPath": "$.x"}, "Invalid path '$.x' : No results for path: $['x']"),
        (
            {"Parameters": {"m.$": "$.x"}},
            "The JSONPath '$.x' specified for the field 'm.$' could not be found in the input '{\"a\":1}'",
        ),
    ],
)
def test_a_path_that_names_nothing_is_a_runtime_error(state: dict[str, Any], cause: str) -> None:
    with pytest.raises(StateError) as caught:
        jsonpath({"a": 1}).arguments(state)

    assert (caught.value.error, caught.value.cause) == ("States.Runtime", cause)


def test_a_result_without_a_place_can_be_caught_by_name() -> None:
    with pytest.raises(StateError) as caught:
        jsonpath([1]).finish({"ResultPath": "$.a"}, Payload(2))

    assert caught.value.error == "States.ResultPathMatchFailure"


@pytest.mark.parametrize(
    ("state", "value"),
    [
        ({}, {"a": 1}),
        ({"Arguments": "{% $states.input.a + $v %}"}, 3),
        (
            {"Arguments": {"k": ["{% $states.input.a %}", " {% no %} ", "$.a"], "x.$": "$"}},
            {"k": [1, " {% no %} ", "$.a"], "x.$": "$"},
        ),
    ],
    ids=["input", "expression", "template"],
)
def test_arguments_by_jsonata(state: dict[str, Any], value: Any) -> None:
    assert jsonata({"a": 1}, v=2).arguments(state).value == value


def test_output_and_assign_by_jsonata_see_the_result() -> None:
    state = {"Output": {"r": "{% $states.result.x %}"}, "Assign": {"n": "{% $states.result.x + 1 %}"}}

    exit_ = jsonata({}).finish(state, Payload({"x": 1}))

    assert (exit_.output.value, exit_.assigned) == ({"r": 1}, {"n": 2})


def test_an_assignment_does_not_see_itself() -> None:
    state = {"Assign": {"n": "{% $n + 1 %}", "m": "{% $n %}"}}

    assert jsonata({}, n=1).skip(state).assigned == {"n": 2, "m": 1}


@pytest.mark.parametrize(
    ("value", "kind"), [('"x"', "string"), ("true", "boolean"), ("null", "null"), ("[1]", "array")]
)
def test_a_number_field_of_another_type_says_so(value: str, kind: str) -> None:
    with pytest.raises(StateError) as caught:
        jsonata({}).number({"TimeoutSeconds": f"{{% {value} %}}"}, "TimeoutSeconds")

    assert caught.value.cause == (
        f"The JSONata expression '{value}' specified for the field 'TimeoutSeconds' returned an unexpected result"
        f" type. Expected 'number', but was '{kind}' for value: {value}"
    )


def test_text_is_kept_as_it_came_until_a_value_changes() -> None:
    payload = Payload({"a": 1}, '{ "a": 1 }')

    assert jsonpath({}).path("$", payload).text == '{ "a": 1 }'
    assert jsonpath({}).path("$.a", payload).text == "1"


def test_sizes_are_counted_in_bytes() -> None:
    check_size(Payload("x" * 262_142), "t")

    with pytest.raises(StateError):
        check_size(Payload("é" * 131_072), "t")
