"""Numbers and files that a Map cannot use: what it says, and how far its history gets, as recorded from AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functional.stepfunctions.conftest import Execution

    Execute = Callable[..., Execution]

PLACE = "An error occurred while executing the state 'M' (entered at the event id #2). "
STARTED = ["ExecutionStarted", "MapStateEntered", "MapStateStarted"]


def machine(mode: str = "DISTRIBUTED", **fields: Any) -> dict[str, Any]:
    processor: dict[str, Any] = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    if mode == "DISTRIBUTED":
        processor["ProcessorConfig"] = {"Mode": mode, "ExecutionType": "STANDARD"}
    return {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}}}


def reading(**config: Any) -> dict[str, Any]:
    parameters = {"Bucket": "b", "Key": "k"}
    reader = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config, "Parameters": parameters}
    return machine(ItemReader=reader)


def file(text: str) -> dict[str, Any]:
    return {"s3:GetObject": lambda _params: {"Body": text.encode()}}


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("Count", {}, 'The ToleratedFailureCountPath field refers to value "{}" which is not a valid integer: $.n'),
        ("Count", "x", 'The ToleratedFailureCountPath field refers to value "x" which is not a valid integer: $.n'),
        ("Count", -1, "ToleratedFailureCount cannot be negative."),
        (
            "Percentage",
            {},
            'The ToleratedFailurePercentagePath field refers to value "{}" which is not a valid float: $.n',
        ),
        ("Percentage", -1.1, "ToleratedFailurePercentage must be between 0 and 100."),
        ("Percentage", 100.1, "ToleratedFailurePercentage must be between 0 and 100."),
    ],
)
def test_a_threshold_that_is_none_ends_the_execution_before_the_map_run(
    execute: Execute, field: str, value: Any, reason: str
) -> None:
    definition = machine(ItemsPath="$.items", **{f"ToleratedFailure{field}Path": "$.n"})

    execution = execute(definition, {"items": [0], "n": value})

    assert execution.error == ("States.Runtime", PLACE + reason)
    assert execution.types == [*STARTED, "ExecutionFailed"]


@pytest.mark.parametrize("mode", ["INLINE", "DISTRIBUTED"])
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("x", 'The MaxConcurrencyPath field refers to value "x" which is not a valid integer: $.n'),
        (-1, "Expected non-negative integer for MaxConcurrency, got '-1' instead."),
    ],
)
def test_a_concurrency_that_is_none_ends_the_execution_before_the_map_starts(
    execute: Execute, mode: str, value: Any, reason: str
) -> None:
    execution = execute(machine(mode, ItemsPath="$.items", MaxConcurrencyPath="$.n"), {"items": [0], "n": value})

    assert execution.error == ("States.Runtime", PLACE + reason)
    assert execution.types == ["ExecutionStarted", "MapStateEntered", "ExecutionFailed"]


def test_a_fraction_is_no_number_of_items(execute: Execute) -> None:
    execution = execute(reading(MaxItemsPath="$.n"), {"n": 1.5}, file("[1]"))

    cause = 'The MaxItemsPath field refers to value "1.5" which is not a valid integer: $.n'
    assert execution.error == ("States.Runtime", PLACE + cause)
    assert execution.types == [*STARTED, "ExecutionFailed"]


@pytest.mark.parametrize(
    ("config", "text", "cause"),
    [
        ({"MaxItemsPath": "$.n"}, "[1]", "field MaxItems must be positive"),
        ({"InputType": "JSON"}, '"text"', "Attempting to map over non-iterable node."),
        (
            {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "a"]},
            "1,2\n",
            "CSV headers cannot contain duplicates.",
        ),
        (
            {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
            "a,a\n1,2\n",
            "CSV headers cannot contain duplicates.",
        ),
    ],
    ids=["a negative number of items", "a file of one string", "the same header twice", "the same column twice"],
)
def test_a_file_that_cannot_be_read_fails_the_map_run(
    execute: Execute, config: dict[str, Any], text: str, cause: str
) -> None:
    execution = execute(reading(**config), {"n": -1}, file(text))

    assert execution.error == ("States.ItemReaderFailed", cause)
    assert execution.types == [*STARTED, "MapRunStarted", "MapRunFailed", "MapStateFailed", "ExecutionFailed"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("x", "The SecondsPath parameter cannot be parsed as a long value: $.n == x"),
        (1.5, "The SecondsPath parameter cannot be parsed as a long value: $.n == 1.5"),
        (-1, "The SecondsPath parameter references a negative value: $.n == -1"),
    ],
)
def test_a_wait_names_the_path_of_seconds_that_are_none(execute: Execute, value: Any, reason: str) -> None:
    definition = {"StartAt": "M", "States": {"M": {"Type": "Wait", "SecondsPath": "$.n", "End": True}}}

    assert execute(definition, {"n": value}).error == ("States.Runtime", PLACE + reason)
