"""Where a distributed map's items come from and its results go to, as AWS documents it."""

from __future__ import annotations

import gzip
import io
import json
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functional.stepfunctions.conftest import Emulated, Execution, Neighbour, Play

    Execute = Callable[..., Execution]

PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
FUSSY = {
    "StartAt": "C",
    "States": {
        "C": {"Type": "Choice", "Choices": [{"Variable": "$", "IsString": True, "Next": "F"}], "Default": "P"},
        "F": {"Type": "Fail", "Error": "Text", "Cause": "no text"},
        "P": {"Type": "Pass", "End": True},
    },
}
"""Fails for a string."""


def machine(processor: dict[str, Any] = PASS, **fields: Any) -> dict[str, Any]:
    config = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    state = {"Type": "Map", "MaxConcurrency": 1, "Label": "L", "ItemProcessor": {**processor, **config}, "End": True}
    return {"StartAt": "M", "States": {"M": {**state, **fields}}}


def reading(action: str = "getObject", **config: Any) -> dict[str, Any]:
    parameters = {"Bucket": "b", "Key": "k"} if action == "getObject" else {"Bucket": "b", "Prefix": "p"}
    return machine(
        ItemReader={"Resource": f"arn:aws:states:::s3:{action}", "ReaderConfig": config, "Parameters": parameters}
    )


def bucket(files: dict[str, bytes]) -> dict[str, Neighbour]:
    """S3 with these files, by bucket and key."""

    def get(params: dict[str, Any]) -> dict[str, Any]:
        return {"Body": files[f"{params['Bucket']}/{params['Key']}"]}

    def listing(params: dict[str, Any]) -> dict[str, Any]:
        start = f"{params['Bucket']}/{params['Prefix']}"
        found = {name.partition("/")[2]: len(body) for name, body in files.items() if name.startswith(start)}
        told = {"ETag": '"e"', "LastModified": 1.0}
        return {"Contents": [{"Key": key, "Size": size, **told} for key, size in found.items()], "IsTruncated": False}

    return {"s3:GetObject": get, "s3:ListObjectsV2": listing}


INVENTORY = {
    "sourceBucket": "b",
    "destinationBucket": "arn:aws:s3:::lists",
    "fileFormat": "CSV",
    "fileSchema": "Bucket, Key, Size",
    "files": [{"key": "data/1.csv.gz"}, {"key": "data/2.csv.gz"}],
}
LISTS = {
    "b/k": json.dumps(INVENTORY).encode(),
    "lists/data/1.csv.gz": gzip.compress(b'"b","one.png","7"\n"b","two.png","8"\n'),
    "lists/data/2.csv.gz": gzip.compress(b'"b","three.png","9"\n'),
}


@pytest.mark.parametrize(
    "config", [{"InputType": "MANIFEST"}, {"ManifestType": "S3_INVENTORY"}], ids=["by its input", "by its manifest"]
)
def test_an_inventory_gives_the_objects_in_its_lists(execute: Execute, config: dict[str, Any]) -> None:
    execution = execute(reading(**config), {}, bucket(LISTS))

    assert execution.output == [
        {"Bucket": "b", "Key": "one.png", "Size": "7"},
        {"Bucket": "b", "Key": "two.png", "Size": "8"},
        {"Bucket": "b", "Key": "three.png", "Size": "9"},
    ]


def test_a_manifest_of_athenas_gives_what_is_in_its_files(execute: Execute) -> None:
    files = {"b/k": b"s3://out/1\ns3://out/dir/2\n", "out/1": b'{"n":1}\n{"n":2}\n', "out/dir/2": b'{"n":3}\n'}

    execution = execute(reading(ManifestType="ATHENA_DATA", InputType="JSONL"), {}, bucket(files))

    assert execution.output == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_a_flattened_listing_gives_what_is_in_the_objects(execute: Execute) -> None:
    files = {"b/p/": b"", "b/p/1.csv": b"n;m\n1;2\n", "b/p/2.csv": b"n;m\n3;4\n5;6\n", "b/q": b"n;m\n7;8\n"}
    config = {"InputType": "CSV", "CSVDelimiter": "SEMICOLON", "Transformation": "LOAD_AND_FLATTEN", "MaxItems": 2}

    execution = execute(reading("listObjectsV2", **config), {}, bucket(files))

    assert execution.output == [{"n": "1", "m": "2"}, {"n": "3", "m": "4"}]


@pytest.mark.parametrize(
    ("config", "body", "cause"),
    [
        ({"InputType": "MANIFEST"}, b"{}", "Attempting to read the MANIFEST file failed: 'fileFormat'"),
        (
            {"InputType": "MANIFEST"},
            b'{"fileFormat": "ORC"}',
            "Attempting to read the MANIFEST file failed: its lists are ORC, not CSV",
        ),
    ],
    ids=["no inventory", "of another format"],
)
def test_a_file_that_cannot_be_read_fails_the_map_run(
    execute: Execute, config: dict[str, Any], body: bytes, cause: str
) -> None:
    execution = execute(reading(**config), {}, bucket({"b/k": body}))

    assert execution.error == ("States.ItemReaderFailed", cause)
    assert execution.types[-3:] == ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]


def test_the_rows_of_a_parquet_file_are_items(execute: Execute) -> None:
    import pyarrow  # noqa: PLC0415 - half a second to import
    from pyarrow import parquet  # noqa: PLC0415

    rows = [
        {"n": 1, "text": "a", "at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "price": Decimal("1.50"), "raw": b"x"},
        {"n": 2, "text": None, "at": None, "price": Decimal("2.00"), "raw": None},
    ]
    file = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(rows), file)

    execution = execute(reading(InputType="PARQUET"), {}, bucket({"b/k": file.getvalue()}))

    assert execution.output == [
        {"n": 1, "text": "a", "at": "2026-01-02T03:04:05+00:00", "price": 1.5, "raw": "eA=="},
        {"n": 2, "text": None, "at": None, "price": 2, "raw": None},
    ]


def test_what_is_no_parquet_file_fails_the_map_run(execute: Execute) -> None:
    execution = execute(reading(InputType="PARQUET"), {}, bucket({"b/k": b"PAR1"}))

    assert execution.error[0] == "States.ItemReaderFailed"
    assert str(execution.error[1]).startswith("Attempting to read the PARQUET file failed: ")


def test_parquet_files_need_pyarrow(execute: Execute, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    execution = execute(reading(InputType="PARQUET"), {}, bucket({"b/k": b"PAR1"}))

    cause = "The emulator reads Parquet files with the package pyarrow, which is not installed."
    assert execution.error == ("States.ItemReaderFailed", cause)


ITEMS = [[1, 2], [3], 4]
CONFIGS = [("COMPACT", ITEMS), ("FLATTEN", [1, 2, 3, 4])]


@pytest.mark.parametrize(("transformation", "expected"), CONFIGS)
def test_results_are_handed_on_transformed(execute: Execute, transformation: str, expected: list[Any]) -> None:
    writer = {"WriterConfig": {"Transformation": transformation, "OutputType": "JSON"}}

    assert execute(machine(ResultWriter=writer), ITEMS).output == expected


def test_results_are_handed_on_as_lines(execute: Execute) -> None:
    writer = {"WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"}}

    assert execute(machine(ResultWriter=writer), ITEMS).output == "1\n2\n3\n4\n"


@pytest.fixture
def written() -> dict[str, str]:
    """What was put to S3, by the last part of its key."""
    return {}


@pytest.fixture
def export(play: Play, written: dict[str, str]) -> Callable[..., Execution]:
    """Run a map whose results go to S3."""

    def put(params: dict[str, Any]) -> dict[str, Any]:
        written[params["Key"].rsplit("/", 1)[1]] = params["Body"].decode()
        return {}

    def run(items: list[Any], *, config: dict[str, Any] | None = None, **fields: Any) -> Execution:
        writer: dict[str, Any] = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "out"}}
        if config is not None:
            writer["WriterConfig"] = config
        definition = machine(FUSSY, ResultWriter=writer, **fields)

        async def scenario(emulated: Emulated) -> Execution:
            return await emulated.run(definition, items)

        execution: Execution = play(scenario, {"s3:PutObject": put})
        return execution

    return run


@pytest.mark.parametrize(("transformation", "expected"), CONFIGS)
def test_results_are_exported_transformed(
    export: Callable[..., Execution], written: dict[str, str], transformation: str, expected: list[Any]
) -> None:
    export(ITEMS, config={"Transformation": transformation, "OutputType": "JSONL"})

    assert [json.loads(line) for line in written["SUCCEEDED_0.json"].splitlines()] == expected


def test_an_exported_record_describes_its_execution(export: Callable[..., Execution], written: dict[str, str]) -> None:
    export([4])

    [record] = json.loads(written["SUCCEEDED_0.json"])
    assert (record["Input"], record["Output"], record["Status"]) == ("4", "4", "SUCCEEDED")
    assert record["InputDetails"] == record["OutputDetails"] == {"Included": True}
    assert record["RedriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"
    assert record["StartDate"].endswith("Z")
    assert sorted(record) == [
        *("ExecutionArn", "Input", "InputDetails", "Name", "Output", "OutputDetails", "RedriveCount"),
        *("RedriveStatus", "RedriveStatusReason", "StartDate", "StateMachineArn", "Status", "StopDate"),
    ]


def test_what_failed_and_what_was_not_begun_is_exported_too(
    export: Callable[..., Execution], written: dict[str, str]
) -> None:
    execution = export([1, "text", 2])

    assert execution.error[0] == "States.ExceedToleratedFailureThreshold"
    [failed] = json.loads(written["FAILED_0.json"])
    [pending] = json.loads(written["PENDING_0.json"])
    assert (failed["Error"], failed["Cause"], failed["Input"]) == ("Text", "no text", '"text"')
    assert pending == {"Input": "2", "InputDetails": {"Included": True}, "Status": "PENDING"}
    files = json.loads(written["manifest.json"])["ResultFiles"]
    assert {status: len(found) for status, found in files.items()} == {"FAILED": 1, "PENDING": 1, "SUCCEEDED": 1}


def test_results_that_cannot_be_written_fail_the_map_run(execute: Execute) -> None:
    def refuse(_params: dict[str, Any]) -> dict[str, Any]:
        raise ServiceError("NoSuchBucket", "The specified bucket does not exist")

    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "out"}}

    execution = execute(machine(ResultWriter=writer), [1], {"s3:PutObject": refuse})

    assert execution.error == ("States.ResultWriterFailed", "The specified bucket does not exist")
    assert execution.types[-3:] == ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]
