"""The record of a batch that was given up, for the mapping's bucket, queue or topic.

https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-errors.html
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.lambda_.destinations import Kind, Notice, deliver, kind_of, record_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_localstack.service import Gateway
    from mlfn_localstack.services.lambda_.event_sources.mapping import Document
    from mlfn_localstack.services.lambda_.event_sources.shard_reader import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Discarded:
    """A batch that was given up."""

    shard: str
    records: Sequence[Record]
    payload: str
    """The event that the function got, or would have got."""
    condition: str
    attempts: int
    request_id: str
    response: dict[str, Any] | None


async def send(gateway: Gateway, document: Document, role: str, discarded: Discarded) -> None:
    """Write what happened into the mapping's destination, if it has one.

    Raises:
        ServiceError: as the destination answers.
    """
    destination = document["DestinationConfig"]["OnFailure"].get("Destination")
    if not destination:
        return
    now = datetime.now(UTC)
    if kind_of(destination) is not Kind.S3:
        notice = Notice(body=record_text(_record(document, discarded, now)))
        await deliver(gateway, destination, notice, role)
        return
    key = f"aws/lambda/{document['UUID']}/{discarded.shard}/{now:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
    body = json.dumps({**_record(document, discarded, now), "payload": discarded.payload}).encode()
    params = {"Bucket": destination.rpartition(":::")[2], "Key": key, "Body": body, "ContentType": "application/json"}
    await gateway.call("s3", "PutObject", params, principal=role)


def _record(document: Document, discarded: Discarded, now: datetime) -> dict[str, Any]:
    first, last = discarded.records[0]["dynamodb"], discarded.records[-1]["dynamodb"]
    response = {} if discarded.response is None else {"responseContext": discarded.response}
    return {
        "requestContext": {
            "requestId": discarded.request_id,
            "functionArn": document["FunctionArn"],
            "condition": discarded.condition,
            "approximateInvokeCount": discarded.attempts,
        },
        **response,
        "version": "1.0",
        "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "DDBStreamBatchInfo": {
            "shardId": discarded.shard,
            "startSequenceNumber": first["SequenceNumber"],
            "endSequenceNumber": last["SequenceNumber"],
            "approximateArrivalOfFirstRecord": _arrival(first),
            "approximateArrivalOfLastRecord": _arrival(last),
            "batchSize": len(discarded.records),
            "streamArn": document["EventSourceArn"],
        },
    }


def _arrival(change: dict[str, Any]) -> str:
    return datetime.fromtimestamp(change["ApproximateCreationDateTime"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
