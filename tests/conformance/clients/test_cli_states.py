"""Step Functions through the AWS CLI."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.clients.conftest import AwsCli
    from tests.fixtures.target import MakeRole

DEFINITION = {
    "StartAt": "Known",
    "States": {
        "Known": {"Type": "Pass", "Parameters": {"n.$": "$.n"}, "Next": "Large"},
        "Large": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericGreaterThan": 10, "Next": "Refuse"}],
            "Default": "Call",
        },
        "Refuse": {"Type": "Fail", "Error": "TooLarge", "Cause": "above 10"},
        "Call": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "OutputPath": "$.Payload",
            "End": True,
        },
    },
}


@pytest.fixture(scope="module")
def states_role(make_role: MakeRole) -> str:
    """A role for state machines that may call functions."""
    return make_role("states.amazonaws.com", {"Action": "lambda:InvokeFunction", "Resource": "*"})


@pytest.fixture
def machine(aws: AwsCli, name: str, states_role: str, echo: str) -> Callable[[str], str]:
    """Makes a state machine of a type that calls the echo function; gives its ARN."""
    states = DEFINITION["States"]
    assert isinstance(states, dict)
    call = states["Call"] | {"Parameters": {"FunctionName": echo, "Payload.$": "$"}}
    aws.write("machine.json", json.dumps(DEFINITION | {"States": states | {"Call": call}}))

    def make(kind: str) -> str:
        made = aws(
            f"stepfunctions create-state-machine --name {name} --type {kind} --role-arn {states_role}"
            " --definition file://machine.json"
        )
        arn: str = made["stateMachineArn"]
        return arn

    return make


def test_a_standard_execution_leaves_its_history(aws: AwsCli, machine: Callable[[str], str]) -> None:
    arn = machine("STANDARD")
    start = f"stepfunctions start-execution --state-machine-arn {arn} --name one --input"
    execution = aws(start, '{"n": 1}')["executionArn"]
    taken = aws.refused(start, '{"n": 2}')
    failed = aws(f"stepfunctions start-execution --state-machine-arn {arn} --input", '{"n": 11}')["executionArn"]

    described = _ended(aws, execution)
    failure = _ended(aws, failed)
    history = aws(f"stepfunctions get-execution-history --execution-arn {execution} --max-items 100")
    listed = aws(f"stepfunctions list-executions --state-machine-arn {arn} --status-filter FAILED")
    aws(f"stepfunctions delete-state-machine --state-machine-arn {arn}")

    assert "(ExecutionAlreadyExists)" in taken
    assert (described["status"], json.loads(described["output"])) == ("SUCCEEDED", {"n": 1})
    assert (failure["status"], failure["error"], failure["cause"]) == ("FAILED", "TooLarge", "above 10")
    assert [event["type"] for event in history["events"]] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ChoiceStateEntered",
        "ChoiceStateExited",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    assert [entry["executionArn"] for entry in listed["executions"]] == [failed]


def _ended(aws: AwsCli, execution: str) -> dict[str, str]:
    """An execution once it has ended."""
    while True:
        described: dict[str, str] = aws(f"stepfunctions describe-execution --execution-arn {execution}")
        if described["status"] != "RUNNING":
            return described


def test_a_synchronous_execution_answers_at_once(aws: AwsCli, machine: Callable[[str], str]) -> None:
    arn = machine("EXPRESS")

    start = f"stepfunctions start-sync-execution --state-machine-arn {arn} --input"
    answer = aws(start, '{"n": 2}')
    failed = aws(start, '{"n": 12}')
    aws(f"stepfunctions delete-state-machine --state-machine-arn {arn}")

    assert (answer["status"], json.loads(answer["output"])) == ("SUCCEEDED", {"n": 2})
    assert answer["executionArn"].startswith(arn.replace(":stateMachine:", ":express:"))
    assert answer["billingDetails"]["billedMemoryUsedInMB"] == 64
    assert (failed["status"], failed["error"]) == ("FAILED", "TooLarge")


def test_a_definition_with_a_mistake_is_refused_with_its_path(aws: AwsCli, name: str, states_role: str) -> None:
    aws.write("machine.json", '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}')

    refused = aws.refused(
        f"stepfunctions create-state-machine --name {name} --role-arn {states_role} --definition file://machine.json"
    )

    assert "(InvalidDefinition)" in refused
    assert "/States/A/Next" in refused
