"""Agreement with statelint, another validator of the States Language, machine by machine."""

from __future__ import annotations

import json
from typing import Any

import pytest
from statelint.linter import Linter

from mlfn_localstack.services.stepfunctions.validation import validate

END = {"Type": "Pass", "End": True}
INVOKE = "arn:aws:states:::lambda:invoke"
TASK = {"Type": "Task", "Resource": INVOKE, "End": True}
BRANCH = {"StartAt": "A", "States": {"A": END}}
CHOICE = {"Type": "Choice", "Choices": [{"Variable": "$.x", "NumericEquals": 1, "Next": "T"}]}


def one(state: dict[str, Any], **machine: Any) -> dict[str, Any]:
    return {"StartAt": "S", "States": {"S": state}, **machine}


def two(state: dict[str, Any], **machine: Any) -> dict[str, Any]:
    return {"StartAt": "S", "States": {"S": state, "T": END}, **machine}


VALID = {
    "pass": one(END),
    "pass with everything": one({**END, "Result": 1, "ResultPath": "$.a", "InputPath": "$.b", "OutputPath": None}),
    "parameters": one({**END, "Parameters": {"a.$": "$.x", "b.$": "States.Format('{}', $.x)", "c.$": "$$.State.Name"}}),
    "task": one(TASK),
    "task with times": one({**TASK, "TimeoutSeconds": 10, "HeartbeatSeconds": 5}),
    "retry": one({**TASK, "Retry": [{"ErrorEquals": ["A", "States.Timeout"], "MaxAttempts": 0, "BackoffRate": 1.5}]}),
    "catch": two({**TASK, "End": True, "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "T"}]}),
    "choice": two(CHOICE),
    "choice with groups": two(
        {
            "Type": "Choice",
            "Choices": [
                {
                    "And": [{"Variable": "$.x", "IsPresent": True}, {"Not": {"Variable": "$.x", "IsNull": True}}],
                    "Next": "T",
                }
            ],
            "Default": "T",
        }
    ),
    "wait": one({"Type": "Wait", "Seconds": 1, "End": True}),
    "wait until": one({"Type": "Wait", "Timestamp": "2030-01-01T00:00:00Z", "End": True}),
    "wait by path": one({"Type": "Wait", "SecondsPath": "$.s", "End": True}),
    "succeed": one({"Type": "Succeed"}),
    "fail": one({"Type": "Fail", "Error": "E", "Cause": "c"}),
    "parallel": one({"Type": "Parallel", "Branches": [BRANCH], "End": True}),
    "map": one({"Type": "Map", "ItemsPath": "$.l", "MaxConcurrency": 2, "ItemProcessor": BRANCH, "End": True}),
    "jsonata": one({**END, "Output": {"a": "{% $states.input %}"}}, QueryLanguage="JSONata"),
    "jsonata choice": two(
        {"Type": "Choice", "Choices": [{"Condition": "{% $states.input.x %}", "Next": "T"}]}, QueryLanguage="JSONata"
    ),
    "machine fields": one(END, Comment="c", Version="1.0", TimeoutSeconds=5),
}

INVALID = {
    "no states": {"StartAt": "S"},
    "no start": {"States": {"S": END}},
    "start nowhere": {"StartAt": "X", "States": {"S": END}},
    "no type": one({"End": True}),
    "unknown type": one({"Type": "Nope", "End": True}),
    "unknown field": one({**END, "Foo": 1}),
    "next nowhere": one({"Type": "Pass", "Next": "X"}),
    "neither next nor end": one({"Type": "Pass"}),
    "both next and end": two({**END, "Next": "T"}),
    "negative timeout": one({**TASK, "TimeoutSeconds": -1}),
    "choice without choices": one({"Type": "Choice"}),
    "choice to nowhere": one(CHOICE),
    "choice with a string for a number": two(
        {"Type": "Choice", "Choices": [{"Variable": "$.x", "NumericEquals": "1", "Next": "T"}]}
    ),
    "wait for nothing": one({"Type": "Wait", "End": True}),
    "wait twice": one({"Type": "Wait", "Seconds": 1, "SecondsPath": "$.s", "End": True}),
    "parallel without branches": one({"Type": "Parallel", "End": True}),
    "branch out of its scope": two(
        {
            "Type": "Parallel",
            "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "T"}}}],
            "Next": "T",
        }
    ),
    "map without processor": one({"Type": "Map", "End": True}),
    "retry without errors": one({**TASK, "Retry": [{"MaxAttempts": 1}]}),
    "catch without next": one({**TASK, "Catch": [{"ErrorEquals": ["A"]}]}),
    "unreachable": two(END),
    "bad reference path": one({**END, "ResultPath": "$.a[*]"}),
    "bad intrinsic": one({**END, "Parameters": {"a.$": "States.Nope($.x)"}}),
    "path in jsonata": one({**END, "InputPath": "$"}, QueryLanguage="JSONata"),
    "output in jsonpath": one({**END, "Output": 1}),
    "same state twice": one(
        {"Type": "Parallel", "End": True, "Branches": [BRANCH, {"StartAt": "A", "States": {"A": END}}]}
    ),
}

ONLY_OURS = {
    "heartbeat after timeout": one({**TASK, "TimeoutSeconds": 5, "HeartbeatSeconds": 9}),
    "bad expression": one({**END, "Output": "{% ( %}"}, QueryLanguage="JSONata"),
    "task without resource": one({"Type": "Task", "End": True}),
    "everything before the rest": one({**TASK, "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["A"]}]}),
    "bad path": one({**END, "InputPath": "x"}),
    "choice without operator": two({"Type": "Choice", "Choices": [{"Variable": "$.x", "Next": "T"}]}),
    "unknown integration": one({**TASK, "Resource": "arn:aws:states:::nope:nope"}),
    "jsonpath in a jsonata machine": one({**END, "QueryLanguage": "JSONPath"}, QueryLanguage="JSONata"),
}
"""AWS refuses these. statelint compares no times, parses neither paths nor expressions nor resources, knows no order of
retriers, and (3.1.0) misses a Task's required Resource and a rule's required operator."""


def ours(definition: dict[str, Any]) -> list[str]:
    return [str(diagnostic) for diagnostic in validate(json.dumps(definition), express=False)]


@pytest.mark.parametrize("definition", VALID.values(), ids=VALID.keys())
def test_both_accept(definition: dict[str, Any]) -> None:
    assert ours(definition) == []
    assert Linter.validate(definition) == []


@pytest.mark.parametrize("definition", INVALID.values(), ids=INVALID.keys())
def test_both_refuse(definition: dict[str, Any]) -> None:
    assert ours(definition)
    assert Linter.validate(definition)


@pytest.mark.parametrize("definition", ONLY_OURS.values(), ids=ONLY_OURS.keys())
def test_only_we_refuse(definition: dict[str, Any]) -> None:
    assert ours(definition)
    assert not Linter.validate(definition)
