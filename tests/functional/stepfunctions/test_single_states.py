"""States by themselves (TestState): what they give, what their data was, and with their tasks mocked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functional.stepfunctions.conftest import Neighbour, Play


@pytest.mark.parametrize(
    ("definition", "data", "expected"),
    [
        (
            {"Type": "Pass", "Next": "T"},
            {"Value": 1},
            {"status": "SUCCEEDED", "nextState": "T", "output": '{"Value":1}'},
        ),
        ({"Type": "Fail", "Error": "E", "Cause": "c"}, {}, {"status": "FAILED", "error": "E", "cause": "c"}),
        (
            {"Type": "Choice", "Choices": [{"Variable": "$.v", "NumericLessThan": 5, "Next": "Low"}]},
            {"v": 2},
            {"status": "SUCCEEDED", "nextState": "Low", "output": '{"v":2}'},
        ),
    ],
    ids=["pass", "fail", "choice"],
)
def test_one_state_can_be_tested(play: Play, definition: dict[str, Any], data: Any, expected: dict[str, Any]) -> None:
    text = json.dumps(data, separators=(",", ":"))

    answer = play(lambda emulated: emulated("TestState", definition=json.dumps(definition), input=text))

    assert answer == expected


def test_a_tested_state_shows_its_data(play: Play) -> None:
    state = {
        "Type": "Pass",
        "InputPath": "$.initial",
        "Parameters": {"fixed": 1, "given.$": "$.x"},
        "ResultPath": "$.modified",
        "End": True,
    }

    answer = play(
        lambda emulated: emulated(
            "TestState", definition=json.dumps(state), input='{"initial":{"x":2}}', inspectionLevel="DEBUG"
        )
    )

    assert answer["inspectionData"] == {
        "input": '{"initial":{"x":2}}',
        "afterInputPath": '{"x":2}',
        "afterParameters": '{"fixed":1,"given":2}',
        "afterResultSelector": '{"fixed":1,"given":2}',
        "afterResultPath": '{"initial":{"x":2},"modified":{"fixed":1,"given":2}}',
    }


def test_a_tested_task_says_whether_it_would_be_retried(play: Play, function: Callable[..., Neighbour]) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "f"},
        "Retry": [{"ErrorEquals": ["ZeroDivisionError"]}],
        "End": True,
    }

    answer = play(
        lambda emulated: emulated(
            "TestState", definition=json.dumps(state), roleArn="arn:aws:iam::000000000000:role/r"
        ),
        {"lambda:Invoke": function(lambda _event: 1 // 0)},
    )

    assert (answer["status"], answer["error"]) == ("RETRIABLE", "ZeroDivisionError")


@pytest.mark.parametrize(
    ("mock", "expected"),
    [
        ({"result": '{"Payload": 4}'}, {"status": "SUCCEEDED", "output": "4"}),
        (
            {"errorOutput": {"error": "E", "cause": "c"}},
            {
                "status": "CAUGHT_ERROR",
                "nextState": "H",
                "output": '{"Error":"E","Cause":"c"}',
                "error": "E",
                "cause": "c",
            },
        ),
    ],
    ids=["result", "error"],
)
def test_a_tested_task_can_be_mocked(play: Play, mock: dict[str, Any], expected: dict[str, Any]) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "f"},
        "OutputPath": "$.Payload",
        "Catch": [{"ErrorEquals": ["E"], "Next": "H"}],
        "End": True,
    }

    answer = play(lambda emulated: emulated("TestState", definition=json.dumps(state), mock=mock))

    assert answer == expected
