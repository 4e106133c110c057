"""What AWS was measured to answer about single states and definitions, over the wire."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fixtures.target import MakeRole, Target


def _tested(target: Target, state: dict[str, Any], **params: Any) -> dict[str, Any]:
    answer: dict[str, Any] = target.client("stepfunctions").test_state(definition=json.dumps(state), **params)
    return answer


def _output(target: Target, expression: str) -> dict[str, Any]:
    state = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": f"{{% {expression} %}}", "End": True}
    return _tested(target, state)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1/0", "Infinity"),
        ("[-1/0, 0/0]", ["-Infinity", "NaN"]),
        ("$parseInteger('abc', '0')", "NaN"),
        ("$string(1e20)", "100000000000000000000"),
        ("$string(1e21)", "1e+21"),
        ("$string($parse('9223372036854775807'))", "9223372036854775807"),
        ("$string({'n': 1/3, 't': 'é'})", '{"n":0.333333333333333,"t":"é"}'),
        ("5.5 % 2", 1.5),
    ],
)
def test_an_expressions_number_is(target: Target, expression: str, value: Any) -> None:
    assert json.loads(_output(target, expression)["output"]) == value


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("$parse(null)", 'T0410: Argument 1 of function "parse" does not match function signature'),
        (
            "$formatNumber(1, 'x')",
            "D3086: The sub-picture must not contain a passive character that is preceded by an active character and"
            " that is followed by another active character",
        ),
        (
            "$single([1,2], function($x){ true })",
            "D3138: The $single() function expected exactly 1 matching result.  Instead it matched more.",
        ),
    ],
)
def test_an_expression_fails_with(target: Target, expression: str, message: str) -> None:
    answer = _output(target, expression)

    assert (answer["status"], answer["error"]) == ("FAILED", "States.QueryEvaluationError")
    assert answer["cause"] == (
        f"The JSONata expression '{expression}' specified for the field 'Output' threw an error during evaluation."
        f" {message}"
    )


@pytest.mark.parametrize(
    ("field", "value", "code", "message"),
    [
        ("Output", "{% $$ %}", "UNSUPPORTED_JSONATA_EXPRESSION", "Reference to '$$' is not supported."),
        (
            "Output",
            "{% $states.errorOutput %}",
            "UNSUPPORTED_JSONATA_EXPRESSION",
            "Field '$states.errorOutput' does not exist.",
        ),
        ("Output", "{% 1 + %}", "INVALID_JSONATA_EXPRESSION", "Unexpected end of expression"),
        ("Assign", {"a": "{% 1 + %}"}, "INVALID_JSONATA_EXPRESSION", "Unexpected end of expression"),
    ],
)
def test_a_definition_is_refused_for_its_expression(
    target: Target, field: str, value: Any, code: str, message: str
) -> None:
    state = {"Type": "Pass", field: value, "End": True}
    definition = {"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": state}}

    answer = target.client("stepfunctions").validate_state_machine_definition(definition=json.dumps(definition))

    [found] = answer["diagnostics"]
    place = f"/States/S/{field}" + ("/a" if field == "Assign" else "")
    assert answer["result"] == "FAIL"
    assert (found["code"], found["message"], found["location"]) == (code, message, place)


def test_a_mock_takes_the_place_of_a_service_that_is_not_called(target: Target) -> None:
    state = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:ec2:describeInstances", "End": True}

    answer = _tested(target, state, mock={"result": '{"Reservations": []}'})

    assert (answer["status"], json.loads(answer["output"])) == ("SUCCEEDED", {"Reservations": []})


def test_the_exit_of_a_distributed_map_follows_the_start_of_its_run(target: Target, make_role: MakeRole) -> None:
    client, role = target.client("stepfunctions"), make_role("states.amazonaws.com", {"Action": "*", "Resource": "*"})
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "I",
        "States": {"I": {"Type": "Pass", "End": True}},
    }
    machine = {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": processor, "End": True}}}
    name = f"conf-{uuid.uuid4().hex[:12]}"
    arn = client.create_state_machine(name=name, definition=json.dumps(machine), roleArn=role)["stateMachineArn"]
    try:
        execution = client.start_execution(stateMachineArn=arn, input="[1,2]")["executionArn"]
        until = time.monotonic() + 60
        while client.describe_execution(executionArn=execution)["status"] == "RUNNING" and time.monotonic() < until:
            time.sleep(0.05)
        events = client.get_execution_history(executionArn=execution)["events"]
    finally:
        client.delete_state_machine(stateMachineArn=arn)

    assert [event["type"] for event in events][2:] == [
        *("MapStateStarted", "MapRunStarted", "MapRunSucceeded", "MapStateSucceeded", "MapStateExited"),
        "ExecutionSucceeded",
    ]
    assert [event["previousEventId"] for event in events] == [0, 0, 2, 3, 4, 5, 4, 7]
