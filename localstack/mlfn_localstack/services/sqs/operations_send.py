"""SendMessage and SendMessageBatch."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.sqs import errors
from mlfn_localstack.services.sqs.access import check_service
from mlfn_localstack.services.sqs.attributes import MAX_BYTES
from mlfn_localstack.services.sqs.batches import check_entries, each
from mlfn_localstack.services.sqs.content import check_content, size_of
from mlfn_localstack.services.sqs.digests import md5_of, md5_of_attributes
from mlfn_localstack.services.sqs.duplicates import content_token, scoped_token, unscoped_token
from mlfn_localstack.services.sqs.messages import Message, sequence_number
from mlfn_localstack.services.sqs.model import is_fifo, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.sqs.encryption import Encryption
    from mlfn_localstack.services.sqs.model import Queue, SqsState

_MAX_DELAY_S = 900
_ACTION = "sqs:SendMessage"
_KEY = "KmsMasterKeyId"


class SendOperations:
    """Messages on their way in."""

    def __init__(self, state: SqsState, encryption: Encryption) -> None:
        self._state = state
        self._encryption = encryption

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"SendMessage": self.send, "SendMessageBatch": self.send_batch}

    async def send(self, context: RequestContext, params: Params) -> Result:
        """The message's id and digests, once it is queued."""
        queue = self._queue(context, params)
        body = await self._sealed(context, queue, params)
        answer = self._take(context, queue, params, body)
        self._state.metrics.sent(queue["Name"], [size_of(params)])
        self._state.arrivals.notify(queue["Name"])
        return answer

    async def send_batch(self, context: RequestContext, params: Params) -> Result:
        """The same of up to ten messages, each of which may be refused."""
        queue = self._queue(context, params)
        entries = params["Entries"]
        check_entries(entries)
        size = sum(size_of(entry) for entry in entries)
        if size > MAX_BYTES:
            message = f"Batch requests cannot be longer than {MAX_BYTES} bytes. You have sent {size} bytes."
            raise ServiceError("BatchRequestTooLong", message)
        if is_fifo(queue):
            _check_tokens(queue, entries)
        bodies = {entry["Id"]: await self._sealed(context, queue, entry) for entry in entries}
        answer = each(entries, lambda entry: self._take(context, queue, entry, bodies[entry["Id"]], in_batch=True))
        done = {entry["Id"] for entry in answer.get("Successful", ())}
        self._state.metrics.sent(queue["Name"], [size_of(entry) for entry in entries if entry["Id"] in done])
        self._state.arrivals.notify(queue["Name"])
        return answer

    def _queue(self, context: RequestContext, params: Params) -> Queue:
        queue = self._state.queue(params["QueueUrl"])
        check_service(queue, self._state.arn(queue["Name"]), context, _ACTION)
        return queue

    async def _sealed(self, context: RequestContext, queue: Queue, entry: Params) -> str:
        """A message's body as it will lie in the queue."""
        body: str = entry.get("MessageBody") or ""
        return await self._encryption.sealed(context, queue, body) if _KEY in queue["Attributes"] else body

    def _take(
        self, context: RequestContext, queue: Queue, entry: Params, body: str, *, in_batch: bool = False
    ) -> Result:
        check_content(entry, number(queue, "MaximumMessageSize"), in_batch=in_batch)
        if not is_fifo(queue) and entry.get("MessageDeduplicationId") is not None:
            raise errors.not_of_this_queue(entry["MessageDeduplicationId"], "MessageDeduplicationId")
        delay_s = _delay(queue, entry)
        now = time.time()
        system = _system(context, entry)
        token = _token(queue, entry) if is_fifo(queue) else None
        known = None if token is None else self._known(queue["Name"], token, now)
        if known is None:
            stored = entry if body is entry["MessageBody"] else {**entry, "Sealed": body}
            known = self._add(queue, stored, system, now, now + delay_s)
            if token is not None:
                self._state.messages.duplicates.remember(queue["Name"], token, known, now)
        return _answer(entry, known, with_sequence=token is not None)

    def _known(self, queue: str, token: str, now: float) -> tuple[str, int] | None:
        """The message that is sent again, also if the scope of its token was the whole queue then."""
        duplicates, plain = self._state.messages.duplicates, unscoped_token(token)
        found = duplicates.find(queue, token, now)
        return found if found is not None or plain == token else duplicates.find(queue, plain, now)

    def _add(
        self, queue: Queue, entry: Params, system: dict[str, str], now: float, visible_at: float
    ) -> tuple[str, int]:
        if is_fifo(queue) and "MessageDeduplicationId" not in system:
            system = {**system, "MessageDeduplicationId": content_token(entry["MessageBody"])}
        message = Message(
            seq=0,
            queue=queue["Name"],
            id=str(uuid.uuid4()),
            body=entry.get("Sealed") or entry["MessageBody"],
            attributes=entry.get("MessageAttributes") or {},
            system=system,
            group=entry["MessageGroupId"] if is_fifo(queue) else None,
            sent_at=now,
            visible_at=visible_at,
        )
        return message.id, self._state.messages.add(message)


def _delay(queue: Queue, entry: Params) -> int:
    given = entry.get("DelaySeconds")
    if given is not None and not 0 <= given <= _MAX_DELAY_S:
        raise errors.invalid_value(given, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
    if is_fifo(queue):
        if given:
            raise errors.not_of_this_queue(given, "DelaySeconds")
        given = None
    return number(queue, "DelaySeconds") if given is None else int(given)


def _system(context: RequestContext, entry: Params) -> dict[str, str]:
    """What is known of a message beside what it holds."""
    system = {"SenderId": context.caller.user_id}
    if trace := context.trace:
        system["AWSTraceHeader"] = trace
    for name in ("MessageGroupId", "MessageDeduplicationId"):
        if entry.get(name) is not None:
            system[name] = entry[name]
    for name, attribute in (entry.get("MessageSystemAttributes") or {}).items():
        system[name] = attribute["StringValue"]
    return system


def _check_tokens(queue: Queue, entries: list[Params]) -> None:
    """Refuse a batch of which any message lacks what a queue that keeps order needs."""
    for entry in entries:
        try:
            _token(queue, entry)
        except ServiceError as error:
            raise errors.invalid_parameter(error.message) from error


def _token(queue: Queue, entry: Params) -> str:
    """What two messages have in common of which the second is not queued."""
    if entry.get("MessageGroupId") is None:
        raise errors.missing_parameter("MessageGroupId")
    token = entry.get("MessageDeduplicationId")
    if token is None:
        if queue["Attributes"]["ContentBasedDeduplication"] != "true":
            raise errors.invalid_parameter(
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
                "explicitly"
            )
        token = content_token(entry["MessageBody"])
    per_group = queue["Attributes"]["DeduplicationScope"] == "messageGroup"
    return scoped_token(token, entry["MessageGroupId"], per_group=per_group)


def _answer(entry: Params, message: tuple[str, int], *, with_sequence: bool) -> Result:
    answer = {"MessageId": message[0], "MD5OfMessageBody": md5_of(entry["MessageBody"])}
    for member, shown in (
        ("MessageAttributes", "MD5OfMessageAttributes"),
        ("MessageSystemAttributes", "MD5OfMessageSystemAttributes"),
    ):
        if entry.get(member):
            answer[shown] = md5_of_attributes(entry[member])
    return answer | ({"SequenceNumber": sequence_number(message[1])} if with_sequence else {})
