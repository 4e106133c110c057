"""Results of a distributed map: how they are formatted, and where they are written in S3.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.asl.failure import ErrorName, StateError
from mlfn_localstack.services.stepfunctions.asl.json_text import dump, parse
from mlfn_localstack.services.stepfunctions.clock import instant
from mlfn_localstack.services.stepfunctions.interpreter.s3_location import located

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.asl.flow_jsonata import JsonataFlow
    from mlfn_localstack.services.stepfunctions.asl.flow_jsonpath import JsonPathFlow
    from mlfn_localstack.services.stepfunctions.interpreter.stay import Stay
    from mlfn_localstack.services.stepfunctions.interpreter.world import Ended

_TOLD = (
    *("cause", "error", "executionArn", "input", "inputDetails", "name", "output", "outputDetails", "redriveCount"),
    *("redriveStatus", "redriveStatusReason", "startDate", "stateMachineArn", "status", "stopDate"),
)
"""What a record tells of a child execution, in DescribeExecution's names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What became of a map run's inputs."""

    map_run: str
    ends: tuple[Ended, ...]
    """Those that were worked on, in the order of the inputs."""
    pending: tuple[str, ...]
    """The inputs that nobody worked on because too much had failed."""

    def outputs(self) -> list[Any]:
        """The outputs of the child executions that succeeded."""
        return [parse(ended.output or "null") for ended in self.ends if ended.status == "SUCCEEDED"]


def exports(stay: Stay) -> bool:
    """Whether the state's results go to S3."""
    return "Resource" in stay.state.get("ResultWriter", {})


def formatted(stay: Stay, results: Results) -> Any:
    """The results as the state hands them on, if they do not go to S3."""
    config = stay.state.get("ResultWriter", {}).get("WriterConfig", {})
    chosen = _transformed(results, config.get("Transformation", "COMPACT"))
    return _lines(chosen) if config.get("OutputType") == "JSONL" else chosen


async def write_results(stay: Stay, flow: JsonPathFlow | JsonataFlow, results: Results) -> dict[str, Any]:
    """Write the results and a manifest; where that is.

    Raises:
        StateError: States.ResultWriterFailed.
    """
    writer = stay.state["ResultWriter"]
    config = writer.get("WriterConfig", {})
    given = flow.template(writer.get("Arguments", writer.get("Parameters", {})), "ResultWriter/Arguments")
    target = located(given, ("Bucket",), ErrorName.RESULT_WRITER)
    bucket, prefix = target["Bucket"], target.get("Prefix", "").rstrip("/")
    folder = "/".join(part for part in (prefix, results.map_run.rsplit(":", 1)[1]) if part)
    files = {
        "FAILED": [_record(ended) for ended in results.ends if ended.status != "SUCCEEDED"],
        "PENDING": [_waiting(text) for text in results.pending],
        "SUCCEEDED": _transformed(results, config.get("Transformation", "NONE")),
    }
    manifest: dict[str, Any] = {"DestinationBucket": bucket, "MapRunArn": results.map_run, "ResultFiles": {}}
    for status, found in files.items():
        manifest["ResultFiles"][status] = []
        if found:
            key = f"{folder}/{status}_0.json"
            body = (_lines(found) if config.get("OutputType") == "JSONL" else dump(found)).encode()
            await _put(stay, bucket, key, body)
            manifest["ResultFiles"][status].append({"Key": key, "Size": len(body)})
    await _put(stay, bucket, f"{folder}/manifest.json", dump(manifest).encode())
    return {"MapRunArn": results.map_run, "ResultWriterDetails": {"Bucket": bucket, "Key": f"{folder}/manifest.json"}}


def _transformed(results: Results, transformation: str) -> list[Any]:
    if transformation == "NONE":
        return [_record(ended) for ended in results.ends if ended.status == "SUCCEEDED"]
    outputs = results.outputs()
    if transformation == "FLATTEN":
        return [item for output in outputs for item in (output if isinstance(output, list) else [output])]
    return outputs


def _lines(values: list[Any]) -> str:
    return "".join(f"{dump(value)}\n" for value in values)


def _record(ended: Ended) -> dict[str, Any]:
    told = {name: ended.description[name] for name in _TOLD if name in ended.description}
    return {name[0].upper() + name[1:]: _written(value) for name, value in told.items()}


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant(value.timestamp())
    if isinstance(value, dict):
        return {name[0].upper() + name[1:]: item for name, item in value.items()}
    return value


def _waiting(text: str) -> dict[str, Any]:
    return {"Input": text, "InputDetails": {"Included": True}, "Status": "PENDING"}


async def _put(stay: Stay, bucket: str, key: str, body: bytes) -> None:
    params = {"Bucket": bucket, "Key": key, "Body": body}
    try:
        await stay.run.world.call("s3", "PutObject", params, principal=stay.run.role)
    except ServiceError as error:
        raise StateError(ErrorName.RESULT_WRITER, error.message) from error
