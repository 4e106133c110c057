"""Reads a queue, as the function's role: messages come as records and go once they are done with.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.events.patterns import compile_pattern
from mlfn_localstack.services.sqs.urls import url_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlfn_localstack.service import Gateway, Params, Result
    from mlfn_localstack.services.lambda_.event_sources.mapping import Document

PAGE = 10
LONGEST_WAIT_S = 20

Record = dict[str, Any]


class QueueReader:
    """One queue of one mapping."""

    def __init__(self, gateway: Gateway, queue: str, region: str) -> None:
        self._gateway = gateway
        self._queue = queue
        self._url = url_of(queue)
        self._region = region
        self._polling: asyncio.Task[Result] | None = None

    async def read(self, role: str, limit: int, wait_s: int) -> list[Record]:
        """The next messages, once there are some or a time is over.

        Raises:
            ServiceError: the queue is gone, or the role may not read it.
        """
        params = {
            "QueueUrl": self._url,
            "MaxNumberOfMessages": min(limit, PAGE),
            "WaitTimeSeconds": min(wait_s, LONGEST_WAIT_S),
            "MessageSystemAttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        }
        self._polling = asyncio.create_task(self._call("ReceiveMessage", params, role))
        try:
            await asyncio.wait((self._polling,))
            if self._polling.cancelled():
                return []
            answer = self._polling.result()
        finally:
            self._polling.cancel()
        return [self._record(message) for message in answer.get("Messages", ())]

    def interrupt(self) -> None:
        """Have whoever reads get nothing, at once."""
        if self._polling is not None:
            self._polling.cancel()

    async def delete(self, records: Sequence[Record], role: str) -> None:
        """Take messages out for good.

        Raises:
            ServiceError: the queue is gone, or the role may not write to it.
        """
        for start in range(0, len(records), PAGE):
            entries = [
                {"Id": str(at), "ReceiptHandle": record["receiptHandle"]}
                for at, record in enumerate(records[start : start + PAGE])
            ]
            await self._call("DeleteMessageBatch", {"QueueUrl": self._url, "Entries": entries}, role)

    async def visibility_s(self, role: str) -> int:
        """How long messages are hidden while they are worked on.

        Raises:
            ServiceError: the queue is gone, or the role may not look at it.
        """
        params = {"QueueUrl": self._url, "AttributeNames": ["VisibilityTimeout"]}
        answer = await self._call("GetQueueAttributes", params, role)
        return int(answer["Attributes"]["VisibilityTimeout"])

    async def try_access(self, role: str) -> None:
        """Ask for no message at all, which is refused for that, or before that because the role may not read.

        Raises:
            ServiceError: InvalidParameterValue, or why the role cannot read.
        """
        await self._call("ReceiveMessage", {"QueueUrl": self._url, "MaxNumberOfMessages": 0}, role)

    async def _call(self, operation: str, params: Params, role: str) -> Result:
        return await self._gateway.call("sqs", operation, params, principal=role)

    def _record(self, message: Mapping[str, Any]) -> Record:
        record: Record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {
                name: _attribute(attribute) for name, attribute in message.get("MessageAttributes", {}).items()
            },
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._queue,
            "awsRegion": self._region,
        }
        digest = message.get("MD5OfMessageAttributes")
        return record | ({"md5OfMessageAttributes": digest} if digest else {})


def wanted(document: Document, records: Iterable[Record]) -> list[Record]:
    """The records that a mapping's filters let through; bodies that are JSON are looked into."""
    patterns = [compile_pattern(each["Pattern"]) for each in document.get("FilterCriteria", {}).get("Filters", ())]
    return [
        record
        for record in records
        if not patterns or any(pattern({**record, "body": _parsed(record["body"])}) for pattern in patterns)
    ]


def _parsed(body: str) -> Any:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return body
    return parsed if isinstance(parsed, dict) else body


def _attribute(attribute: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": attribute["DataType"]}
    if "BinaryValue" in attribute:
        return {"binaryValue": base64.b64encode(attribute["BinaryValue"]).decode(), **shown}
    return {"stringValue": attribute["StringValue"], **shown}
