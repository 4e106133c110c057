"""Definitions that are refused, with the place and wording of each mistake."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.stepfunctions.diagnosis import problems

from mlfn_localstack.services.stepfunctions.validation import validate

END = {"Type": "Pass", "End": True}
TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
ACTIVITY = "arn:aws:states:us-east-1:000000000000:activity:a"
INNER = {"StartAt": "A", "States": {"A": END}}
MAP = {"Type": "Map", "ItemProcessor": INNER, "End": True}
SPREAD = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
WAITS = "[SecondsPath, Seconds, TimestampPath, Timestamp]"
KINDS = "[And, Or, Not, Variable, Condition]"
NO_END = "MISSING_END_STATE: Workflow has no terminal state at null"


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
        ({"Type": "Pass"}, "This object should have only one of the following fields: [Next, End] at /States/S"),
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
        ({**END, "InputPath": "x"}, "Value must be a valid JSONPath. at /States/S/InputPath"),
        ({**END, "ResultPath": "$.a[*]"}, "Value is not a Reference Path at /States/S/ResultPath"),
        ({**END, "ResultPath": "$$.a"}, "Value is not a Reference Path at /States/S/ResultPath"),
        ({"Type": "Choice", "Choices": []}, "Value cannot be empty at /States/S/Choices"),
        (
            {**TASK, "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["X"]}]},
            "States.ALL must appear alone and at end of list at /States/S/Retry[0]/ErrorEquals",
        ),
        ({**TASK, "Catch": [{"ErrorEquals": ["X"]}]}, "These fields are required: [Next] at /States/S/Catch[0]"),
        (
            {"Type": "Wait", "End": True},
            f"This object should have only one of the following fields: {WAITS} at /States/S",
        ),
        ({"Type": "Parallel", "End": True, "Branches": []}, "Value cannot be empty at /States/S/Branches"),
        (
            {"Type": "Map", "End": True},
            "This object should have only one of the following fields: [ItemProcessor, Iterator] at /States/S",
        ),
        (
            {**END, "Output": "{% 1 %}"},
            "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata'"
            " QueryLanguage at /States/S",
        ),
        ({**END, "Next": "S"}, "There should only be one of the following fields: [Next, End] at /States/S"),
        (
            {"Type": "Wait", "Seconds": 1, "SecondsPath": "$.s", "End": True},
            f"There should only be one of the following fields: {WAITS} at /States/S",
        ),
        (
            {**TASK, "TimeoutSeconds": 1, "TimeoutSecondsPath": "$.t"},
            "There should only be one of the following fields: [TimeoutSeconds, TimeoutSecondsPath] at /States/S",
        ),
        ({**TASK, "TimeoutSeconds": 0}, "Minimum value is 1 at /States/S/TimeoutSeconds"),
        ({**TASK, "TimeoutSeconds": 100_000_000}, "Maximum value is 99999999 at /States/S/TimeoutSeconds"),
        ({**TASK, "Retry": [{"ErrorEquals": []}]}, "Value cannot be empty at /States/S/Retry[0]/ErrorEquals"),
        (
            {**TASK, "Retry": [{"ErrorEquals": ["X"], "MaxAttempts": -1}]},
            "Minimum value is 0 at /States/S/Retry[0]/MaxAttempts",
        ),
        (
            {**TASK, "Retry": [{"ErrorEquals": ["X"], "JitterStrategy": "SOME"}]},
            "Value should be one of the following: [NONE, FULL] at /States/S/Retry[0]/JitterStrategy",
        ),
        (
            {**TASK, "Credentials": {"Role": "r"}},
            "The field 'RoleArn' is required but was missing at /States/S/Credentials",
        ),
        (
            {**TASK, "Resource": ACTIVITY, "Credentials": {"RoleArn": "r"}},
            "The field 'Credentials' is not supported for activities at /States/S/Credentials",
        ),
        (
            {**END, "Assign": {"states": 1}},
            "RESERVED_VARIABLE_NAME: Cannot assign to reserved variable '$states'. at /States/S/Assign/states",
        ),
        (
            {**END, "Assign": {"a-b.$": "$"}},
            "INVALID_VARIABLE_NAME: Invalid variable name 'a-b': the variable name contains invalid characters.",
        ),
        (
            {**MAP, "ItemProcessor": {**INNER, "QueryLanguage": "JSONata"}},
            "Field 'QueryLanguage' is not supported at /States/S/ItemProcessor",
        ),
        ({**MAP, "ToleratedFailurePercentage": 101}, "Maximum value is 100.0 at /States/S/ToleratedFailurePercentage"),
    ],
)
def test_a_mistake_in_a_state_is_placed(state: dict[str, Any], problem: str) -> None:
    [found] = problems({"StartAt": "S", "States": {"S": state}})

    assert problem in found


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (
            {**END, "InputPath": "$"},
            "The QueryLanguage is set to 'JSONata', but field 'InputPath' is only supported for the 'JSONPath'"
            " QueryLanguage at /States/S",
        ),
        (
            {**END, "Output": {"v": "{% phone.home %}"}},
            "UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not supported."
            " at /States/S/Output/v",
        ),
        ({**END, "Output": {"a": "{% 1"}}, "JSONata string must start with {% and end with %} at /States/S/Output/a"),
        (
            {**END, "Output": "{% ( %}"},
            'INVALID_JSONATA_EXPRESSION: Expected ")" before end of expression at /States/S/Output',
        ),
        ({**END, "Output": "{% $$.a %}"}, "UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$$' is not supported."),
        (
            {**END, "Output": "{% $states.errorOutput.Error %}"},
            "UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.errorOutput' does not exist. at /States/S/Output",
        ),
        ({**TASK, "TimeoutSeconds": "{% 1 + %}"}, "Unexpected end of expression at /States/S/TimeoutSeconds"),
        (
            {**TASK, "Credentials": {"RoleArn": "{% 1 + %}"}},
            "Unexpected end of expression at /States/S/Credentials/RoleArn",
        ),
        (
            {**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S", "Output": {"v": "{% 1 + %}"}}]},
            "Unexpected end of expression at /States/S/Catch[0]/Output/v",
        ),
        (
            {**MAP, "ItemProcessor": {**INNER, "ProcessorConfig": SPREAD}, "ItemBatcher": {"BatchInput": "{% 1 + %}"}},
            "Unexpected end of expression at /States/S/ItemBatcher/BatchInput",
        ),
    ],
)
def test_a_mistake_in_a_jsonata_state_is_placed(state: dict[str, Any], problem: str) -> None:
    [found] = problems({"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": state}})

    assert problem in found


def test_an_expression_of_a_choice_is_placed() -> None:
    choice = {"Type": "Choice", "Choices": [{"Condition": True, "Next": "S", "Output": "{% 1 + %}"}], "Default": "T"}

    [found] = problems({"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": choice, "T": END}})

    assert found.endswith("Unexpected end of expression at /States/S/Choices[0]/Output")


PASS = {"Type": "Pass", "Next": "T"}
RULE = {"Variable": "$.a", "IsNull": True, "Next": "T"}


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ({**PASS, "Assign": "a"}, "Expected value of type Object at /States/S/Assign"),
        (
            {"Type": "Choice", "Choices": [{**RULE, "Next": 5}], "Default": "T"},
            "Expected value of type String at /States/S/Choices[0]/Next",
        ),
        (
            {"Type": "Choice", "Choices": [{**RULE, "Assign": []}], "Default": "T"},
            "Expected value of type Object at /States/S/Choices[0]/Assign",
        ),
        (
            {"Type": "Choice", "Choices": [RULE], "Default": None},
            "Expected value of type String at /States/S/Default",
        ),
        ({"Type": "Choice", "Choices": None, "Default": "T"}, "Expected value of type Array at /States/S/Choices"),
        ({"Type": "Fail", "ErrorPath": 5}, "Value must be a valid JSONPath. at /States/S/ErrorPath"),
        ({"Type": "Fail", "CausePath": "x"}, "Value must be a valid JSONPath. at /States/S/CausePath"),
        (
            {**TASK, "TimeoutSecondsPath": "seconds"},
            "Value must be a valid JSONPath. at /States/S/TimeoutSecondsPath",
        ),
        ({**TASK, "Resource": None}, "Value is not a valid resource ARN at /States/S/Resource"),
        ({**TASK, "Credentials": None}, "Expected value of type Object at /States/S/Credentials"),
        (
            {**TASK, "Catch": [{"ErrorEquals": ["E"], "Next": {}}]},
            "Expected value of type String at /States/S/Catch[0]/Next",
        ),
        (
            {**TASK, "Retry": [{"ErrorEquals": ["E"], "JitterStrategy": []}]},
            "Value should be one of the following: [NONE, FULL] at /States/S/Retry[0]/JitterStrategy",
        ),
        (
            {**MAP, "ItemProcessor": {**INNER, "ProcessorConfig": "INLINE"}},
            "Expected value of type Object at /States/S/ItemProcessor/ProcessorConfig",
        ),
    ],
)
def test_a_value_of_another_type_is_placed(state: dict[str, Any], problem: str) -> None:
    found = problems({"StartAt": "S", "States": {"S": state, "T": END}})

    assert [each for each in found if "is not reachable" not in each] == [f"SCHEMA_VALIDATION_FAILED: {problem}"]


def test_a_catcher_sees_the_error_and_texts_mention_nothing() -> None:
    catcher = {
        "ErrorEquals": ["States.ALL"],
        "Next": "S",
        "Output": "{% $states.errorOutput.Error & ' costs $$ or $states.errorOutput' %}",
        "Assign": {"e": "{% $states.errorOutput %}"},
    }

    assert problems({"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": {**TASK, "Catch": [catcher]}}}) == []


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({"IsNull": True}, f"The object must have only one of the following fields, {KINDS} at /States/S/Choices[0]"),
        (
            {"Variable": "$", "IsNull": True, "Not": {"Variable": "$", "IsNull": True}},
            f"The object must have only one of the following fields, {KINDS} at /States/S/Choices[0]",
        ),
        (
            {"Variable": "$", "IsNull": True, "IsString": True},
            "There should only be one of the following fields: [IsNull, IsString] at /States/S/Choices[0]",
        ),
        (
            {"Variable": "x", "IsNull": True},
            "Value is not a Reference Path: Reference path didn't start with '$' at /States/S/Choices[0]/Variable",
        ),
        (
            {"Not": {"Variable": "$", "IsNull": True, "Next": "E"}},
            "Field 'Next' is not supported at /States/S/Choices[0]/Not",
        ),
    ],
)
def test_a_mistake_in_a_choice_rule_is_placed(rule: dict[str, Any], problem: str) -> None:
    state = {"Type": "Choice", "Choices": [{**rule, "Next": "E"}]}

    assert problems({"StartAt": "S", "States": {"S": state, "E": END}}) == [f"SCHEMA_VALIDATION_FAILED: {problem}"]


def missing(target: str, place: str) -> str:
    return f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {target} at {place}"


def unreached(name: str) -> str:
    return f'MISSING_TRANSITION_TARGET: State "{name}" is not reachable. at /States/{name}'


@pytest.mark.parametrize(
    ("states", "found"),
    [
        ({"S": {**TASK, "Catch": [{"ErrorEquals": ["X"], "Next": "X"}]}}, [missing("X", "/States/S/Catch[0]/Next")]),
        ({"S": END, "X": END}, [unreached("X")]),
        (
            {"S": {"Type": "Choice", "Choices": [{"Variable": "$", "IsNull": True, "Next": "X"}], "Default": "Y"}},
            [missing("Y", "/States/S/Default"), missing("X", "/States/S/Choices[0]/Next"), NO_END],
        ),
        ({"Z": END}, [missing("S", "/StartAt"), unreached("Z")]),
        ({"S": {"Type": "Pass", "Next": "X"}}, [missing("X", "/States/S/Next"), NO_END]),
        ({"S": {"Type": "Pass", "Next": "S"}, "X": {"Type": "Pass", "Next": "S"}}, [NO_END]),
        (
            {"S": {"Type": "Pass", "Next": "S"}, "X": END},
            [unreached("X")],
        ),
    ],
    ids=["catch", "unreachable", "choice", "start", "next", "circle", "circle-beside-an-end"],
)
def test_a_way_to_nowhere_is_placed(states: dict[str, Any], found: list[str]) -> None:
    assert problems({"StartAt": "S", "States": states}) == found


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
