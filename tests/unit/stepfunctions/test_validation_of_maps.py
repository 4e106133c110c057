"""What is said of maps that cannot be."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.stepfunctions.diagnosis import problems

END = {"Type": "Pass", "End": True}
INNER = {"StartAt": "A", "States": {"A": END}}
MAP = {"Type": "Map", "ItemProcessor": INNER, "End": True}
SPREAD = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
CONFIG = "at /States/S/ItemProcessor/ProcessorConfig"
READ = "arn:aws:states:::s3:getObject"
WRITE = "arn:aws:states:::s3:putObject"


@pytest.mark.parametrize(
    ("config", "fields", "problem"),
    [
        ({"Mode": "DISTRIBUTED"}, {}, f"These fields are required: [ExecutionType] {CONFIG}"),
        (
            {"Mode": "DISTRIBUTED", "ExecutionType": "FAST"},
            {},
            f"Value should be one of the following: [STANDARD, EXPRESS] {CONFIG}/ExecutionType",
        ),
        ({"Mode": "INLINE", "ExecutionType": "EXPRESS"}, {}, f"Field 'ExecutionType' is not supported {CONFIG}"),
        (
            SPREAD,
            {"ItemReader": {"Resource": WRITE}},
            "The field 'Resource' does not match any of the allowed values at /States/S/ItemReader/Resource",
        ),
        (
            SPREAD,
            {"ResultWriter": {"Resource": READ, "Parameters": {"Bucket": "b"}}},
            "The field 'Resource' does not match any of the allowed values at /States/S/ResultWriter/Resource",
        ),
        (
            SPREAD,
            {"ItemReader": {"Resource": READ, "ReaderConfig": {"InputType": "XML"}}},
            "Value should be one of the following: [CSV, JSON, JSONL, MANIFEST, PARQUET]"
            " at /States/S/ItemReader/ReaderConfig/InputType",
        ),
        (
            SPREAD,
            {"ItemReader": {"Resource": READ, "ReaderConfig": {"InputType": "JSON", "CSVHeaderLocation": "FIRST_ROW"}}},
            "Field 'CSVHeaderLocation' is not supported at /States/S/ItemReader/ReaderConfig",
        ),
        (
            SPREAD,
            {"ItemReader": {"Resource": READ, "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "GIVEN"}}},
            "These fields are required: [CSVHeaders] at /States/S/ItemReader/ReaderConfig",
        ),
        *(
            (SPREAD, {"ItemReader": {"Resource": READ, **fields}}, f"{problem} at /States/S/ItemReader{where}")
            for fields, problem, where in (
                ({"ReaderConfig": []}, "Expected value of type Object", "/ReaderConfig"),
                ({"ReaderConfig": {"MaxItem": 1}}, "Field 'MaxItem' is not supported", "/ReaderConfig"),
                ({"ReaderConfig": {"MaxItems": "5"}}, "Expected value of type Integer", "/ReaderConfig/MaxItems"),
                (
                    {"ReaderConfig": {"MaxItems": 5, "MaxItemsPath": "$.n"}},
                    "There should only be one of the following fields: [MaxItems, MaxItemsPath]",
                    "/ReaderConfig",
                ),
                (
                    {"ReaderConfig": {"CSVDelimiter": ";"}},
                    "Value should be one of the following: [COMMA, PIPE, SEMICOLON, SPACE, TAB]",
                    "/ReaderConfig/CSVDelimiter",
                ),
                (
                    {"ReaderConfig": {"CSVHeaderLocation": "GIVEN", "CSVHeaders": "a"}},
                    "Expected value of type Array",
                    "/ReaderConfig/CSVHeaders",
                ),
                ({"Parameters": {"Bucket": "b"}}, "The field 'Key' is required but was missing", "/Parameters"),
                ({"Arguments": {}}, "Field 'Arguments' is not supported", ""),
                (
                    {"Parameters": {"Bucket": "b", "Key.$": "k"}},
                    "The value for the field 'Key.$' must be a valid JSONPath or a valid intrinsic function call",
                    "/Parameters",
                ),
            )
        ),
        (SPREAD, {"ItemReader": {}}, "These fields are required: [Resource] at /States/S/ItemReader"),
        (SPREAD, {"ItemReader": {"Resource": 1}}, "Expected value of type String at /States/S/ItemReader/Resource"),
        *(
            (SPREAD, {"ResultWriter": fields}, f"{problem} at /States/S/ResultWriter{where}")
            for fields, problem, where in (
                ({}, "Value cannot be empty", ""),
                ([], "Expected value of type Object", ""),
                ({"Resource": WRITE}, "These fields are required: [Parameters]", ""),
                ({"Parameters": {"Bucket": "b"}}, "These fields are required: [Resource]", ""),
                (
                    {"Resource": WRITE, "Parameters": {"Prefix": "p"}},
                    "The field 'Bucket' is required but was missing",
                    "/Parameters",
                ),
                (
                    {"WriterConfig": {"Transformation": "SQUASH"}},
                    "Value should be one of the following: [NONE, COMPACT, FLATTEN]",
                    "/WriterConfig/Transformation",
                ),
                (
                    {"WriterConfig": {"OutputType": "CSV"}},
                    "Value should be one of the following: [JSON, JSONL]",
                    "/WriterConfig/OutputType",
                ),
            )
        ),
        *(
            (SPREAD, {"ItemBatcher": fields}, f"{problem} at /States/S/ItemBatcher{where}")
            for fields, problem, where in (
                ("all", "Expected value of type Object", ""),
                ({"MaxItemsPerBatch": 0}, "Minimum value is 1", "/MaxItemsPerBatch"),
                ({"MaxInputBytesPerBatch": 262_145}, "Maximum value is 262144", "/MaxInputBytesPerBatch"),
                ({"MaxItemsPerBatch": "{% 1 %}"}, "Expected value of type Integer", "/MaxItemsPerBatch"),
                ({"MaxItems": 1}, "Field 'MaxItems' is not supported", ""),
            )
        ),
        (SPREAD, {"Label": "x" * 41}, "INVALID_LABEL_NAME: Label name exceeds the 40-character limit"),
    ],
)
def test_a_mistake_in_a_map_is_placed(config: dict[str, Any], fields: dict[str, Any], problem: str) -> None:
    state = {**MAP, "ItemProcessor": {**INNER, "ProcessorConfig": config}, **fields}

    [found] = problems({"StartAt": "S", "States": {"S": state}})

    assert problem in found


def test_what_a_distributed_map_reads_batches_and_writes_may_be_computed() -> None:
    fields = {
        "ItemReader": {
            "Resource": READ,
            "Arguments": "{% $states.input.where %}",
            "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "MaxItems": "{% 5 %}"},
        },
        "ItemBatcher": {"MaxItemsPerBatch": "{% 10 %}", "BatchInput": {"of": "{% $states.input.where %}"}},
        "ResultWriter": {"Resource": WRITE, "Arguments": {"Bucket": "{% $states.input.out %}"}, "WriterConfig": {}},
    }
    state = {**MAP, "ItemProcessor": {**INNER, "ProcessorConfig": SPREAD}, **fields}

    assert problems({"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": state}}) == []


def test_two_maps_have_two_labels() -> None:
    spread = {**INNER, "ProcessorConfig": SPREAD}
    first = {"Type": "Map", "Label": "l", "ItemProcessor": spread, "Next": "T"}
    second = {
        "Type": "Map",
        "Label": "l",
        "ItemProcessor": {**spread, "StartAt": "B", "States": {"B": END}},
        "End": True,
    }

    assert problems({"StartAt": "S", "States": {"S": first, "T": second}}) == [
        "DUPLICATE_LABEL_NAME: Duplicate Label name: l at /States/T/Label"
    ]
