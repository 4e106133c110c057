"""A pipeline over the lines of an object in S3: its states in a distributed map, a child execution for each line."""

from __future__ import annotations

import json
from typing import Any

from mlfn_engine.canonical import canonical
from mlfn_engine.pipelines.states.jsonata import wrapped
from mlfn_engine.pipelines.states.line_time import limited
from mlfn_engine.values import EXPRESS_LIMIT_S

_INPUT = "$states.input.input"
_ITEM = "$states.context.Map.Item"


def batch_machine(definition: str, timeout_s: int) -> str:
    """The definition of a machine that runs a pipeline's for each line, and writes to S3 what each gave.

    Lines that fail, or take longer than `timeout_s`, are kept with their errors: the run goes on.
    """
    own = json.loads(definition)
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS" if timeout_s <= EXPRESS_LIMIT_S else "STANDARD"}
    lines: dict[str, Any] = {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSONL"},
            "Arguments": {"Bucket": wrapped(f"{_INPUT}.bucket"), "Key": wrapped(f"{_INPUT}.key")},
        },
        "ItemSelector": {
            "input": wrapped(f"{_ITEM}.Value"),
            "line": wrapped(f"{_ITEM}.Index"),
            "mlfn": wrapped("$states.input.mlfn"),
        },
        "MaxConcurrency": wrapped(f"{_INPUT}.at_once"),
        "ToleratedFailurePercentage": 100,
        "ItemProcessor": {
            "ProcessorConfig": config,
            "StartAt": own["StartAt"],
            "States": limited(own["States"], timeout_s),
        },
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Arguments": {"Bucket": wrapped(f"{_INPUT}.bucket"), "Prefix": wrapped(f"{_INPUT}.results")},
        },
        "End": True,
    }
    return canonical({"QueryLanguage": "JSONata", "StartAt": "Lines", "States": {"Lines": lines}})
