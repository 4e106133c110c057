"""ReceiveMessage: at once, or when something comes."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.sqs import errors
from mlfn_localstack.services.sqs.access import check_service
from mlfn_localstack.services.sqs.content import check_token
from mlfn_localstack.services.sqs.digests import md5_of, md5_of_attributes
from mlfn_localstack.services.sqs.encryption import is_sealed
from mlfn_localstack.services.sqs.messages import sequence_number
from mlfn_localstack.services.sqs.model import is_fifo, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.sqs.encryption import Encryption
    from mlfn_localstack.services.sqs.message_attributes import Attributes
    from mlfn_localstack.services.sqs.messages import Message
    from mlfn_localstack.services.sqs.model import Queue, SqsState
    from mlfn_localstack.services.sqs.receiving import Received, Receiver

_RANGES = {"MaxNumberOfMessages": (1, 10), "WaitTimeSeconds": (0, 20), "VisibilityTimeout": (0, 43_200)}
_REASONS = {"WaitTimeSeconds": "Must be >= {} and <= {}, if provided."}
_SHOWN = (
    "SenderId",
    "SentTimestamp",
    "ApproximateReceiveCount",
    "ApproximateFirstReceiveTimestamp",
    "SequenceNumber",
    "MessageDeduplicationId",
    "MessageGroupId",
    "AWSTraceHeader",
    "DeadLetterQueueSourceArn",
)


class ReceiveOperations:
    """Messages on their way out."""

    def __init__(self, state: SqsState, receiver: Receiver, encryption: Encryption) -> None:
        self._state = state
        self._receiver = receiver
        self._encryption = encryption

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"ReceiveMessage": self.receive}

    async def receive(self, context: RequestContext, params: Params) -> Result:
        """Messages, hidden from others until they are deleted or their time is over."""
        queue = self._state.queue(params["QueueUrl"])
        check_service(queue, self._state.arn(queue["Name"]), context, "sqs:ReceiveMessage")
        _check(params)
        check_token("ReceiveRequestAttemptId", params.get("ReceiveRequestAttemptId"))
        if "KmsMasterKeyId" in queue["Attributes"]:
            await self._encryption.check(context, queue)
        taken = await self._wait(context, queue, params)
        self._state.metrics.received(queue["Name"], len(taken))
        opened = [await self._opened(context, queue, one) if is_sealed(one.body) else one for one, _ in taken]
        shown = [_shown(one, handle, params) for one, (_, handle) in zip(opened, taken, strict=True)]
        return {"Messages": shown} if shown else {}

    async def _opened(self, context: RequestContext, queue: Queue, message: Message) -> Message:
        return replace(message, body=await self._encryption.opened(context, queue, message.body))

    async def _wait(self, context: RequestContext, queue: Queue, params: Params) -> list[Received]:
        loop = asyncio.get_running_loop()
        wait_s = params.get("WaitTimeSeconds")
        ends = loop.time() + (number(queue, "ReceiveMessageWaitTimeSeconds") if wait_s is None else wait_s)
        name = queue["Name"]
        while True:
            taken = self._take(queue, params)
            left_s = ends - loop.time()
            if taken or left_s <= 0 or self._state.arrivals.closed:
                return taken
            now = time.time()
            following = self._state.messages.next_visible(name, now)
            await self._state.arrivals.wait(name, left_s if following is None else min(left_s, following - now))
            if context.is_client_gone():
                return []
            queue = self._state.queue(params["QueueUrl"])

    def _take(self, queue: Queue, params: Params) -> list[Received]:
        given = params.get("VisibilityTimeout")
        visibility_s = number(queue, "VisibilityTimeout") if given is None else int(given)
        attempt = params.get("ReceiveRequestAttemptId") if is_fifo(queue) else None
        repeated = None if attempt is None else self._receiver.repeat(queue, attempt, visibility_s)
        if repeated:
            return repeated
        taken = self._receiver.take(queue, int(params.get("MaxNumberOfMessages") or 1), visibility_s)
        if attempt is not None and taken:
            self._receiver.note(queue, attempt, taken)
        return taken


def _check(params: Params) -> None:
    for name, (least, most) in _RANGES.items():
        value = params.get(name)
        if value is not None and not least <= value <= most:
            reason = _REASONS.get(name, "Must be between {} and {}, if provided.").format(least, most)
            raise errors.invalid_value(value, name, reason)
    for member in ("AttributeNames", "MessageSystemAttributeNames"):
        for name in params.get(member) or ():
            if name not in (*_SHOWN, "All"):
                raise errors.unknown_attribute(name)


def _shown(message: Message, handle: str, params: Params) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "MessageId": message.id,
        "ReceiptHandle": handle,
        "MD5OfBody": md5_of(message.body),
        "Body": message.body,
    }
    wanted = {*(params.get("AttributeNames") or ()), *(params.get("MessageSystemAttributeNames") or ())}
    system = {name: value for name, value in _system(message).items() if name in wanted or "All" in wanted}
    attributes = _selected(message.attributes, params.get("MessageAttributeNames") or ())
    if system:
        shown["Attributes"] = system
    if attributes:
        shown |= {"MessageAttributes": attributes, "MD5OfMessageAttributes": md5_of_attributes(attributes)}
    return shown


def _system(message: Message) -> dict[str, str]:
    first = time.time() if message.first_received is None else message.first_received
    system = {
        **message.system,
        "SentTimestamp": str(int(message.sent_at * 1000)),
        "ApproximateReceiveCount": str(message.receives + 1),
        "ApproximateFirstReceiveTimestamp": str(int(first * 1000)),
    }
    return system | ({"SequenceNumber": sequence_number(message.seq)} if message.group is not None else {})


def _selected(attributes: Attributes, wanted: Iterable[str]) -> Attributes:
    """Those that are asked for by name, by `prefix.*`, or all of them."""
    names = set(wanted)
    if names & {"All", "*", ".*"}:
        return attributes
    prefixes = tuple(name.removesuffix(".*") for name in names if name.endswith(".*"))
    return {
        name: attribute
        for name, attribute in attributes.items()
        if name in names or (prefixes and name.startswith(prefixes))
    }
