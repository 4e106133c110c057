"""What the history says of branches and iterations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.functional.stepfunctions.conftest import one

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functional.stepfunctions.conftest import Execution, Neighbour

    Execute = Callable[..., Execution]

INVOKE = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "f", "Payload.$": "$"},
    "End": True,
}
END = {"Type": "Pass", "End": True}


def test_parallel_branches_run_on_chains_of_their_own(execute: Execute) -> None:
    branches = [
        {"StartAt": f"{b}1", "States": {f"{b}1": {"Type": "Pass", "Next": f"{b}2"}, f"{b}2": END}} for b in "AB"
    ]

    execution = execute(one({"Type": "Parallel", "Branches": branches, "End": True}), {"x": "a"})

    names = {
        (event["type"], event["stateEnteredEventDetails"]["name"]): event
        for event in execution.events
        if "stateEnteredEventDetails" in event
    }
    started = execution.types.index("ParallelStateStarted") + 1
    assert names["PassStateEntered", "A1"]["previousEventId"] == started
    assert names["PassStateEntered", "B1"]["previousEventId"] == started
    succeeded = execution.events[execution.types.index("ParallelStateSucceeded")]
    exited = execution.events[execution.types.index("ParallelStateExited")]
    assert succeeded["previousEventId"] == exited["previousEventId"] == succeeded["id"] - 1
    assert execution.output == [{"x": "a"}, {"x": "a"}]


@pytest.mark.parametrize("kind", ["Parallel", "Map"])
def test_a_result_that_cannot_be_selected_fails_behind_the_success_of_the_children(execute: Execute, kind: str) -> None:
    scope = {"StartAt": "I", "States": {"I": END}}
    children: dict[str, Any] = {"Branches": [scope]} if kind == "Parallel" else {"ItemProcessor": scope}

    execution = execute(one({"Type": kind, **children, "ResultSelector": {"m.$": "$.nope"}, "End": True}), [1])

    assert execution.types[-2:] == [f"{kind}StateSucceeded", "ExecutionFailed"]
    assert execution.previous[-2:] == [len(execution.events) - 2, len(execution.events) - 1]


def test_map_iterations_follow_each_other_with_a_concurrency_of_one(execute: Execute) -> None:
    state = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "MaxConcurrency": 1,
        "ItemProcessor": {"StartAt": "I", "States": {"I": END}},
        "End": True,
    }

    execution = execute(one(state), {"items": ["a", "b"]})

    assert execution.types[1:] == [
        "MapStateEntered",
        "MapStateStarted",
        *["MapIterationStarted", "PassStateEntered", "PassStateExited", "MapIterationSucceeded"] * 2,
        "MapStateSucceeded",
        "MapStateExited",
        "ExecutionSucceeded",
    ]
    assert execution.previous == [0, 0, 2, 3, 4, 5, 6, 6, 8, 9, 10, 11, 11, 13]
    assert execution.events[2]["mapStateStartedEventDetails"] == {"length": 2}
    assert execution.events[7]["mapIterationStartedEventDetails"] == {"name": "S", "index": 1}
    assert execution.output == ["a", "b"]


def test_map_over_nothing_exits_from_its_started_event(execute: Execute) -> None:
    state = {"Type": "Map", "ItemProcessor": {"StartAt": "I", "States": {"I": END}}, "End": True}

    execution = execute(one({**state, "ItemsPath": "$.items"}), {"items": []})

    assert execution.types[1:] == [
        "MapStateEntered",
        "MapStateStarted",
        "MapStateSucceeded",
        "MapStateExited",
        "ExecutionSucceeded",
    ]
    assert execution.previous == [0, 0, 2, 3, 3, 5]


def test_a_failed_iteration_fails_the_map_from_its_last_event(execute: Execute) -> None:
    state = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "MaxConcurrency": 1,
        "ItemProcessor": {"StartAt": "Boom", "States": {"Boom": {"Type": "Fail", "Error": "E", "Cause": "c"}}},
        "End": True,
    }

    execution = execute(one(state), {"items": [1, 2]})

    assert execution.types[3:] == [
        "MapIterationStarted",
        "FailStateEntered",
        "MapIterationFailed",
        "MapStateFailed",
        "ExecutionFailed",
    ]
    assert execution.previous == [0, 0, 2, 3, 4, 5, 5, 7]


def test_a_failed_branch_interrupts_its_task_and_is_caught_by_the_parallel(
    execute: Execute, function: Callable[..., Neighbour]
) -> None:
    branch = {"StartAt": "T", "States": {"T": {**INVOKE}}}
    parallel = {
        "Type": "Parallel",
        "Branches": [branch],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Handled"}],
        "End": True,
    }

    def boom(_event: Any) -> None:
        raise KeyError("k")

    execution = execute(
        {"StartAt": "P", "States": {"P": parallel, "Handled": END}}, {}, {"lambda:Invoke": function(boom)}
    )

    assert execution.types[3:] == [
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskFailed",
        "TaskStateAborted",
        "ParallelStateFailed",
        "ParallelStateExited",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    assert execution.previous == [0, 0, 2, 3, 4, 5, 6, 7, 7, 9, 10, 11, 12]
    assert execution.output["Error"] == "KeyError"


def test_a_retried_parallel_starts_again_from_the_failure(execute: Execute) -> None:
    branch = {"StartAt": "Boom", "States": {"Boom": {"Type": "Fail", "Error": "E"}}}
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 1}]

    execution = execute(one({"Type": "Parallel", "Branches": [branch], "Retry": retry, "End": True}))

    assert execution.types[2:] == [
        "ParallelStateStarted",
        "FailStateEntered",
        "ParallelStateStarted",
        "FailStateEntered",
        "ParallelStateFailed",
        "ExecutionFailed",
    ]
    assert execution.previous == [0, 0, 2, 3, 4, 5, 6, 7]
