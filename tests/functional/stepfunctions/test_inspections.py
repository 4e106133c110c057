"""What a test of a state shows of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.functional.stepfunctions.tested import FAILURE, MAP, PARALLEL, result

if TYPE_CHECKING:
    from collections.abc import Callable


def test_an_inspected_map_shows_its_items_and_limits(tested: Callable[..., Any]) -> None:
    state = {**MAP, "ToleratedFailureCount": 2}

    answer = tested(state, input='{"v":["a", "b"]}', inspectionLevel="DEBUG", mock=FAILURE)

    assert answer["inspectionData"] == {
        "input": '{"v":["a", "b"]}',
        "afterInputPath": '{"v":["a", "b"]}',
        "afterItemsPath": '["a", "b"]',
        "maxConcurrency": 0,
        "toleratedFailureCount": 2,
    }


def test_an_inspected_map_shows_its_selected_and_batched_items(tested: Callable[..., Any]) -> None:
    selector = {"n.$": "$$.Map.Item.Index"}
    state = {**MAP, "ItemSelector": selector, "ItemBatcher": {"MaxItemsPerBatch": 1}}

    answer = tested(state, input='{"v":[5,6]}', inspectionLevel="DEBUG", mock=result([1, 2]))

    data = answer["inspectionData"]
    assert data["afterItemSelector"] == '[{"n":0},{"n":1}]'
    assert data["afterItemBatcher"] == '[{"Items":[{"n":0}]},{"Items":[{"n":1}]}]'
    assert (data["afterResultPath"], "result" in data) == ("[1, 2]", False)


def test_an_inspected_map_without_items_shows_how_far_it_got(tested: Callable[..., Any]) -> None:
    state = {**MAP, "ItemsPath": "$$.Execution.Name"}

    answer = tested(state, input="[1]", inspectionLevel="TRACE", mock=result([]))

    assert answer == {
        "status": "FAILED",
        "error": "States.Runtime",
        "cause": 'Reference path "$.Execution.Name" must point to array.',
        "inspectionData": {"input": "[1]", "afterInputPath": "[1]"},
    }


def test_an_inspected_parallel_shows_its_result_only(tested: Callable[..., Any]) -> None:
    state = {**PARALLEL, "ResultPath": "$.r"}

    answer = tested(state, inspectionLevel="DEBUG", mock=result([1, 2]))

    assert answer["inspectionData"] == {
        "input": "{}",
        "afterResultSelector": "[1, 2]",
        "afterResultPath": '{"r":[1,2]}',
    }


def test_an_inspection_shows_the_variables_given_and_assigned(tested: Callable[..., Any]) -> None:
    state = {"Type": "Pass", "QueryLanguage": "JSONata", "Assign": {"b": "{% $a + 1 %}"}, "End": True}

    answer = tested(state, variables='{"a":1}', inspectionLevel="DEBUG")

    assert json.loads(answer["inspectionData"]["variables"]) == {"a": 1, "b": 2}
