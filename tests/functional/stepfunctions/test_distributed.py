"""Distributed maps: child executions, tolerated failures, S3 readers and writers, batches."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.functional.stepfunctions.conftest import start, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functional.stepfunctions.conftest import Emulated, Execution, Play

    Execute = Callable[..., Execution]

ECHO = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
PICKY: dict[str, Any] = {
    "StartAt": "C",
    "States": {
        "C": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "F"}], "Default": "I"},
        "F": {"Type": "Fail", "Error": "Two"},
        "I": {"Type": "Pass", "End": True},
    },
}


def distributed(processor: dict[str, Any] = ECHO, *, kind: str = "STANDARD", **fields: Any) -> dict[str, Any]:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
    state = {"Type": "Map", "ItemProcessor": {"ProcessorConfig": config, **processor}, "End": True, **fields}
    return {"StartAt": "D", "States": {"D": state}}


def test_the_parents_history_names_the_run_and_no_items(execute: Execute) -> None:
    execution = execute(distributed(ItemsPath="$.items"), {"items": [1, 2]})

    assert execution.types == [
        "ExecutionStarted",
        "MapStateEntered",
        "MapStateStarted",
        "MapRunStarted",
        "MapRunSucceeded",
        "MapStateSucceeded",
        "MapStateExited",
        "ExecutionSucceeded",
    ]
    assert execution.previous == [0, 0, 2, 3, 4, 5, 4, 7]  # the exit follows the start of the run, as recorded
    arn = execution.events[3]["mapRunStartedEventDetails"]["mapRunArn"]
    assert arn.startswith("arn:aws:states:us-east-1:000000000000:mapRun:machine/")
    assert execution.output == [1, 2]


def test_a_map_run_and_its_executions_can_be_looked_up(play: Play) -> None:
    async def scenario(emulated: Emulated) -> Any:
        execution = await emulated.run(distributed(ItemsPath="$.items", Label="L"), {"items": [1, 2, 3]})
        runs = await emulated("ListMapRuns", executionArn=execution.arn)
        arn = runs["mapRuns"][0]["mapRunArn"]
        children = await emulated("ListExecutions", mapRunArn=arn)
        return await emulated("DescribeMapRun", mapRunArn=arn), children["executions"]

    described, children = play(scenario)

    assert described["status"] == "SUCCEEDED"
    assert described["itemCounts"]["succeeded"] == 3
    assert len(children) == 3
    assert all(":execution:machine/L:" in child["executionArn"] for child in children)


def test_a_map_run_counts_items_apart_from_executions(play: Play) -> None:
    async def scenario(emulated: Emulated) -> Any:
        definition = distributed(ItemsPath="$.items", ItemBatcher={"MaxItemsPerBatch": 2})
        execution = await emulated.run(definition, {"items": [1, 2, 3]})
        runs = await emulated("ListMapRuns", executionArn=execution.arn)
        return await emulated("DescribeMapRun", mapRunArn=runs["mapRuns"][0]["mapRunArn"])

    described = play(scenario)

    names = ("total", "succeeded", "resultsWritten", "pending", "running", "failed")
    assert [described["itemCounts"][name] for name in names] == [3, 3, 3, 0, 0, 0]
    assert [described["executionCounts"][name] for name in names] == [2, 2, 2, 0, 0, 0]


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({"ToleratedFailureCount": 1}, [1, 3]),
        ({"ToleratedFailurePercentage": 34}, [1, 3]),
        ({"ToleratedFailurePercentage": 33}, None),
        ({"ToleratedFailureCount": 1, "ToleratedFailurePercentage": 33}, None),
        ({"ToleratedFailureCount": 1, "ToleratedFailurePercentage": 34}, [1, 3]),
        ({}, None),
    ],
)
@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_failures_are_tolerated_up_to_the_threshold(
    execute: Execute, fields: dict[str, Any], output: list[int] | None, kind: str
) -> None:
    definition = distributed(PICKY, kind=kind, ItemsPath="$.items", MaxConcurrency=1, **fields)

    execution = execute(definition, {"items": [1, 2, 3]})

    if output is not None:
        assert execution.output == output
    else:
        cause = "The specified tolerated failure threshold was exceeded"
        assert execution.error == ("States.ExceedToleratedFailureThreshold", cause)
        assert execution.types[-3:] == ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]


@pytest.mark.parametrize(
    ("body", "config", "items"),
    [
        ('[{"a":1},{"a":2}]', {"InputType": "JSON"}, [{"a": 1}, {"a": 2}]),
        ('{"x":{"y":[1]}}', {"InputType": "JSON", "ItemsPointer": "/x/y"}, [1]),
        ('{"a":1}\n{"a":2}\n', {"InputType": "JSONL"}, [{"a": 1}, {"a": 2}]),
        ('n,m\n1,"x, y"\n2,z\n', {"InputType": "CSV"}, [{"n": "1", "m": "x, y"}, {"n": "2", "m": "z"}]),
        (
            "1|2\n",
            {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "b"], "CSVDelimiter": "PIPE"},
            [{"a": "1", "b": "2"}],
        ),
        ("[1,2,3]", {"InputType": "JSON", "MaxItems": 2}, [1, 2]),
    ],
    ids=["json", "pointer", "jsonl", "csv", "csv with given headers", "at most"],
)
def test_items_are_read_from_s3(execute: Execute, body: str, config: dict[str, Any], items: list[Any]) -> None:
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": config,
        "Parameters": {"Bucket": "b", "Key.$": "$.key"},
    }

    execution = execute(
        distributed(ItemReader=reader), {"key": "k"}, {"s3:GetObject": lambda _params: {"Body": body.encode()}}
    )

    assert execution.output == items
    assert execution.events[2]["mapStateStartedEventDetails"] == {"length": 0}


def test_a_file_that_cannot_be_read_fails_the_map_run(execute: Execute) -> None:
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON", "ItemsPointer": "/nope"},
        "Parameters": {"Bucket": "b", "Key": "k"},
    }

    execution = execute(distributed(ItemReader=reader), {}, {"s3:GetObject": lambda _params: {"Body": b"{}"}})

    assert execution.types[3:] == ["MapRunStarted", "MapRunFailed", "MapStateFailed", "ExecutionFailed"]
    assert execution.error == (
        "States.ItemReaderFailed",
        "An error occurred while executing the state 'D' (entered at the event id #2). The provided"
        " ReaderConfig.ItemsPointer does not match any valid path in the JSON structure.",
    )


@pytest.mark.parametrize(
    ("where", "cause"),
    [
        ({"Bucket.$": "$.number", "Key": "k"}, "The value for the field 'Bucket' must be a STRING"),
        (None, "The field 'Bucket' is required but was missing"),
    ],
)
def test_s3_is_not_asked_without_a_place_to_read(execute: Execute, where: dict[str, Any] | None, cause: str) -> None:
    reader = {"Resource": "arn:aws:states:::s3:getObject", **({"Parameters": where} if where else {})}

    execution = execute(distributed(ItemReader=reader), {"number": 5})

    assert execution.types[3:] == ["MapRunStarted", "MapRunFailed", "MapStateFailed", "ExecutionFailed"]
    assert execution.error == ("States.ItemReaderFailed", cause)


def test_s3_is_not_asked_to_write_under_a_number(execute: Execute) -> None:
    where = {"Bucket": "out", "Prefix.$": "$.number"}
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": where}

    execution = execute(distributed(ItemsPath="$.items", ResultWriter=writer), {"items": [1], "number": 5})

    assert execution.types[4:] == ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]
    assert execution.error == ("States.ResultWriterFailed", "The value for the field 'Prefix' must be a STRING")


def test_a_listing_gives_objects_as_items(execute: Execute) -> None:
    found = {"ETag": '"e"', "LastModified": 1789180622.0, "Size": 2, "ChecksumAlgorithm": ["CRC32"]}
    pages = {
        None: {"Contents": [{"Key": "a", **found}], "IsTruncated": True, "NextContinuationToken": "t"},
        "t": {"Contents": [{"Key": "b", **found, "StorageClass": "GLACIER"}], "IsTruncated": False},
    }
    reader = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b"}}

    execution = execute(
        distributed(ItemReader=reader), {}, {"s3:ListObjectsV2": lambda params: pages[params.get("ContinuationToken")]}
    )

    told = {"Etag": '"e"', "LastModified": 1789180622, "Size": 2}
    assert execution.output == [
        {**told, "Key": "a", "StorageClass": "STANDARD"},
        {**told, "Key": "b", "StorageClass": "GLACIER"},
    ]


def test_batches_share_their_input(execute: Execute) -> None:
    batcher = {"MaxItemsPerBatch": 2, "BatchInput": {"who.$": "$.who"}}

    execution = execute(distributed(ItemsPath="$.items", ItemBatcher=batcher), {"items": [1, 2, 3], "who": "jane"})

    assert execution.output == [
        {"BatchInput": {"who": "jane"}, "Items": [1, 2]},
        {"BatchInput": {"who": "jane"}, "Items": [3]},
    ]


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_results_go_to_s3_with_a_manifest(play: Play, kind: str) -> None:
    written: dict[str, Any] = {}
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": "out", "Prefix": "runs"},
    }

    def put(params: dict[str, Any]) -> dict[str, Any]:
        written[params["Key"]] = json.loads(params["Body"])
        return {}

    machine = distributed(kind=kind, ItemsPath="$.items", ResultWriter=writer)
    execution = play(lambda emulated: emulated.run(machine, {"items": [1, 2]}), {"s3:PutObject": put})

    details = execution.output["ResultWriterDetails"]
    assert details["Bucket"] == "out"
    manifest = written[details["Key"]]
    [result] = manifest["ResultFiles"]["SUCCEEDED"]
    assert [(record["Input"], record["Output"]) for record in written[result["Key"]]] == [("1", "1"), ("2", "2")]


def test_the_item_is_in_the_childs_context(execute: Execute) -> None:
    state = {"Type": "Pass", "Output": "{% $states.context.Map.Item.Index %}", "End": True}
    definition = distributed({"StartAt": "I", "States": {"I": state}}, Items="{% $states.input.items %}")

    execution = execute({**definition, "QueryLanguage": "JSONata"}, {"items": ["a", "b"]})

    assert execution.output == [0, 1]


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_a_redrive_runs_only_the_children_that_failed(play: Play, kind: str) -> None:
    calls: list[bytes] = []

    def second_time(params: dict[str, Any]) -> dict[str, Any]:
        calls.append(params["Payload"])
        if params["Payload"] == b"2" and calls.count(b"2") == 1:
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": b'{"errorType":"E"}'}
        return {"StatusCode": 200, "Payload": params["Payload"]}

    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "f", "Payload.$": "$"},
        "OutputPath": "$.Payload",
        "End": True,
    }
    processor = {"StartAt": "T", "States": {"T": task}}
    definition = distributed(processor, kind=kind, ItemsPath="$.items", MaxConcurrency=1)

    async def scenario(emulated: Emulated) -> Execution:
        failed = await emulated.run(definition, {"items": [1, 2]})
        assert failed.status == "FAILED"
        await emulated("RedriveExecution", executionArn=failed.arn)
        return await emulated.end(failed.arn)

    execution = play(scenario, {"lambda:Invoke": second_time})

    assert execution.output == [1, 2]
    assert calls == [b"1", b"2", b"2"]
    assert "MapRunRedriven" in execution.types


def test_stopping_an_execution_stops_its_children(play: Play) -> None:
    waiting = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9999, "End": True}}}

    async def scenario(emulated: Emulated) -> list[str]:
        machine = await emulated.create(distributed(waiting, ItemsPath="$.items"))
        started = await emulated("StartExecution", stateMachineArn=machine, input='{"items": [1, 2]}')
        while emulated.count("WaitStateEntered") < 2:
            await asyncio.sleep(0.002)
        await emulated("StopExecution", executionArn=started["executionArn"])
        runs = await emulated("ListMapRuns", executionArn=started["executionArn"])
        children = await emulated("ListExecutions", mapRunArn=runs["mapRuns"][0]["mapRunArn"])
        return [child["status"] for child in children["executions"]]

    assert play(scenario) == ["ABORTED", "ABORTED"]


@pytest.mark.parametrize(("tolerated", "status"), [(2, "SUCCEEDED"), (1, "FAILED")])
def test_all_items_of_a_batch_that_fails_count_as_failed(execute: Execute, tolerated: int, status: str) -> None:
    choice = {"Variable": "$.Items[0]", "NumericEquals": 2, "Next": "F"}
    processor = {"StartAt": "C", "States": {**PICKY["States"], "C": {**PICKY["States"]["C"], "Choices": [choice]}}}
    batcher = {"MaxItemsPerBatch": 2}
    machine = distributed(processor, ItemsPath="$.items", ItemBatcher=batcher, ToleratedFailureCount=tolerated)

    execution = execute(machine, {"items": [1, 1, 2, 2, 3]})

    assert execution.status == status


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_a_child_sees_none_of_its_parents_variables(execute: Execute, kind: str) -> None:
    reads = {"StartAt": "I", "States": {"I": {"Type": "Pass", "Parameters": {"v.$": "$v"}, "End": True}}}
    states = distributed(reads, kind=kind, ItemsPath="$.items")["States"]
    machine = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"v": 7}, "Next": "D"}, **states}}

    assert execute(machine, {"items": [1]}).status == "FAILED"


def test_a_map_runs_concurrency_can_be_changed_while_it_runs(play: Play) -> None:
    begun: list[bytes] = []
    may_end = asyncio.Event()

    async def hold(params: dict[str, Any]) -> dict[str, Any]:
        begun.append(params["Payload"])
        if params["Payload"] != b"1":
            await may_end.wait()
        else:
            await changed.wait()
        return {"StatusCode": 200, "Payload": b"null"}

    changed = asyncio.Event()
    arguments = {"FunctionName": "f", "Payload.$": "$"}
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": arguments, "End": True}
    definition = distributed({"StartAt": "T", "States": {"T": task}}, ItemsPath="$.items", MaxConcurrency=1)

    async def scenario(emulated: Emulated) -> list[bytes]:
        arn = await start(emulated, definition, {"items": [1, 2, 3, 4]})
        await until(lambda: len(begun) == 1)
        [run] = (await emulated("ListMapRuns", executionArn=arn))["mapRuns"]
        await emulated("UpdateMapRun", mapRunArn=run["mapRunArn"], maxConcurrency=2)
        changed.set()
        await until(lambda: len(begun) == 3)
        await asyncio.sleep(0.05)
        by_then = list(begun)
        may_end.set()
        await emulated.end(arn)
        return by_then

    assert play(scenario, {"lambda:Invoke": hold}) == [b"1", b"2", b"3"]
