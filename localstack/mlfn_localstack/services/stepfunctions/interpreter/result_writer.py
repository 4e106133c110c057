"""Results of a distributed map into S3.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.asl.failure import ErrorName, StateError
from mlfn_localstack.services.stepfunctions.asl.json_text import dump

if TYPE_CHECKING:
    from mlfn_localstack.services.stepfunctions.asl.flow_jsonata import JsonataFlow
    from mlfn_localstack.services.stepfunctions.asl.flow_jsonpath import JsonPathFlow
    from mlfn_localstack.services.stepfunctions.interpreter.loop import Stay
    from mlfn_localstack.services.stepfunctions.interpreter.world import Ended


async def write_results(
    stay: Stay, flow: JsonPathFlow | JsonataFlow, map_run: str, ends: list[tuple[str, Ended]]
) -> dict[str, Any]:
    """Write the results and a manifest; where that is.

    Raises:
        StateError: States.ResultWriterFailed.
    """
    writer = stay.state["ResultWriter"]
    target = flow.template(writer.get("Arguments", writer.get("Parameters", {})), "ResultWriter/Arguments")
    bucket, prefix = target["Bucket"], target.get("Prefix", "").rstrip("/")
    folder = "/".join(part for part in (prefix, map_run.rsplit(":", 1)[1]) if part)
    files: dict[str, list[dict[str, Any]]] = {"SUCCEEDED": [], "FAILED": [], "PENDING": []}
    for name, ended in ends:
        files["SUCCEEDED" if ended.status == "SUCCEEDED" else "FAILED"].append(_record(stay, name, ended))
    manifest: dict[str, Any] = {"DestinationBucket": bucket, "MapRunArn": map_run, "ResultFiles": {}}
    for status, records in files.items():
        manifest["ResultFiles"][status] = []
        if records:
            key, body = f"{folder}/{status}_0.json", dump(records).encode()
            await _put(stay, bucket, key, body)
            manifest["ResultFiles"][status].append({"Key": key, "Size": len(body)})
    await _put(stay, bucket, f"{folder}/manifest.json", dump(manifest).encode())
    return {"MapRunArn": map_run, "ResultWriterDetails": {"Bucket": bucket, "Key": f"{folder}/manifest.json"}}


def _record(stay: Stay, name: str, ended: Ended) -> dict[str, Any]:
    fields = {
        "Cause": ended.cause,
        "Error": ended.error,
        "ExecutionArn": ended.description.get("executionArn"),
        "Input": ended.description.get("input"),
        "Name": name,
        "Output": ended.output,
        "StateMachineArn": f"{stay.run.machine_arn}/{stay.frame.work['label']}",
        "Status": ended.status,
    }
    return {key: value for key, value in fields.items() if value is not None}


async def _put(stay: Stay, bucket: str, key: str, body: bytes) -> None:
    params = {"Bucket": bucket, "Key": key, "Body": body}
    try:
        await stay.run.world.call("s3", "PutObject", params, principal=stay.run.role)
    except ServiceError as error:
        raise StateError(ErrorName.RESULT_WRITER, error.message) from error
