"""Definitions that are refused, with the place and wording of each mistake."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlfn_localstack.services.stepfunctions.validation import validate

END = {"Type": "Pass", "End": True}
TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}


def problems(definition: Any, *, express: bool = False) -> list[str]:
    text = definition if isinstance(definition, str) else json.dumps(definition)
    return [str(diagnostic) for diagnostic in validate(text, express=express)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object"),
        ("[]", "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object"),
        ("{}", "SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /"),
        (
            '{"States": {"S": {"Type": "Pass", "End": true}}}',
            "SCHEMA_VALIDATION_FAILED: These fields are required: [StartAt] at /",
        ),
    ],
    ids=["empty", "array", "object", "no start"],
)
def test_what_is_no_machine_is_refused(text: str, problem: str) -> None:
    assert problems(text) == [problem]


def test_malformed_json_is_placed_as_aws_places_it() -> None:
    [diagnostic] = validate("not a definition", express=False)

    place = '[Source: (String)"not a definition"; line: 1, column: 4]'
    assert diagnostic.to_json() == {
        "severity": "ERROR",
        "code": "INVALID_JSON_DESCRIPTION",
        "location": place,
        "message": "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null',"
        f" 'true' or 'false')\n at {place}",
    }


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ({"Type": "Pass"}, "These fields are required: [Next, End], and exactly one of them at /States/S"),
        ({"End": True}, "These fields are required: [Type] at /States/S"),
        (
            {"Type": "Nope"},
            "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]"
            " at /States/S/Type",
        ),
        ({**END, "_note": 1}, "Field '_note' is not supported at /States/S"),
        ({"Type": "Task", "End": True}, "These fields are required: [Resource] at /States/S"),
        ({**TASK, "Resource": "f"}, "Value is not a valid resource ARN at /States/S/Resource"),
        (
            {**TASK, "Resource": "arn:aws:states:::glue:startJobRun"},
            "The resource provided arn:aws:states:::glue:startJobRun is not recognized. The value is not a valid"
            " resource ARN, or the resource is not available in this region. at /States/S/Resource",
        ),
        ({**TASK, "TimeoutSeconds": "1"}, "Expected value of type Integer at /States/S/TimeoutSeconds"),
        (
            {**TASK, "TimeoutSeconds": 5, "HeartbeatSeconds": 5},
            "HeartbeatSeconds must be smaller than TimeoutSeconds at /States/S",
        ),
        (
            {**TASK, "Parameters": {"a": {"b.$": "nope"}}},
            "The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic function call"
            " at /States/S/Parameters/a",
        ),
        ({**END, "InputPath": "x"}, "Value is not a valid JSONPath at /States/S/InputPath"),
        ({**END, "ResultPath": "$.a[*]"}, "Value is not a Reference Path at /States/S/ResultPath"),
        ({**END, "ResultPath": "$$.a"}, "Value is not a Reference Path at /States/S/ResultPath"),
        ({"Type": "Choice", "Choices": []}, "must be a non-empty array at /States/S/Choices"),
        (
            {**TASK, "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["X"]}]},
            "States.ALL must appear alone and in the last rule at /States/S/Retry[0]/ErrorEquals",
        ),
        ({**TASK, "Catch": [{"ErrorEquals": ["X"]}]}, "These fields are required: [Next] at /States/S/Catch[0]"),
        ({"Type": "Wait", "End": True}, "Exactly one of these fields is required"),
        ({"Type": "Parallel", "End": True, "Branches": []}, "must be a non-empty array at /States/S/Branches"),
        ({"Type": "Map", "End": True}, "These fields are required: [ItemProcessor] at /States/S"),
        ({**END, "Output": "{% 1 %}"}, "Field 'Output' is not supported at /States/S"),
    ],
)
def test_a_mistake_in_a_state_is_placed(state: dict[str, Any], problem: str) -> None:
    [found] = problems({"StartAt": "S", "States": {"S": state}})

    assert problem in found


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ({**END, "InputPath": "$"}, "Field 'InputPath' is not supported at /States/S"),
        ({**END, "Output": "{% ( %}"}, 'Invalid JSONata expression: S0203: Expected ")" before end of expression'),
        (
            {**END, "QueryLanguage": "JSONPath"},
            "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/S",
        ),
    ],
)
def test_a_mistake_in_a_jsonata_state_is_placed(state: dict[str, Any], problem: str) -> None:
    [found] = problems({"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": state}})

    assert problem in found


@pytest.mark.parametrize(
    ("states", "problem"),
    [
        ({"S": {"Type": "Pass", "Next": "X"}}, "Missing 'Next' target: X at /States/S/Next"),
        ({"S": END, "X": END}, 'State "X" is not reachable. at /States/X'),
        (
            {"S": {"Type": "Choice", "Choices": [{"Variable": "$", "IsNull": True, "Next": "X"}]}},
            "Missing 'Next' target: X at /States/S/Choices[0]/Next",
        ),
        ({"Z": END}, "Missing 'StartAt' target: S at /StartAt"),
    ],
    ids=["next", "unreachable", "choice", "start"],
)
def test_a_way_to_nowhere_is_placed(states: dict[str, Any], problem: str) -> None:
    assert problems({"StartAt": "S", "States": states}) == [f"MISSING_TRANSITION_TARGET: {problem}"]


def test_a_branch_is_a_scope_of_its_own() -> None:
    branch = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Outside"}}}
    states = {"S": {"Type": "Parallel", "Branches": [branch], "Next": "Outside"}, "Outside": END}

    [found] = problems({"StartAt": "S", "States": states})

    assert found.endswith("Missing 'Next' target: Outside at /States/S/Branches[0]/States/A/Next")


def test_every_mistake_is_reported() -> None:
    states = {"S": {"Type": "Pass", "Next": "X", "Foo": 1}, "T": {"Type": "Wait", "End": True}}

    assert len(problems({"StartAt": "S", "States": states})) == 3


def test_duplicate_fields_are_refused() -> None:
    [found] = problems('{"StartAt": "S", "StartAt": "S", "States": {}}')

    assert found == "INVALID_JSON_DESCRIPTION: Duplicate field 'StartAt'"


def test_a_definition_that_is_too_deep_is_refused() -> None:
    assert problems("[" * 100_000) == ["TOO_DEEPLY_NESTED: The states are too deeply nested"]
