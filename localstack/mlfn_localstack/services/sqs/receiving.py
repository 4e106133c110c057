"""Takes messages out for somebody to work on, and sends on those that have been taken too often.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from __future__ import annotations

import time
from dataclasses import replace
from math import inf, nextafter
from typing import TYPE_CHECKING

from mlfn_localstack.services.sqs import errors
from mlfn_localstack.services.sqs.attributes import redrive_of
from mlfn_localstack.services.sqs.duplicates import DEDUPLICATION_S
from mlfn_localstack.services.sqs.messages import Message
from mlfn_localstack.services.sqs.model import is_fifo, number
from mlfn_localstack.services.sqs.receipts import Receipt, new_nonce

if TYPE_CHECKING:
    from mlfn_localstack.services.sqs.model import Queue, SqsState

MAX_IN_FLIGHT = 120_000

Received = tuple[Message, str]
"""A message as it was before, and the handle of this receipt."""


class Receiver:
    """Receives messages of any queue."""

    def __init__(self, state: SqsState) -> None:
        self._state = state
        self._attempts: dict[tuple[str, str], tuple[float, list[tuple[int, str]]]] = {}

    def take(self, queue: Queue, limit: int, visibility_s: float) -> list[Received]:
        """Up to so many messages, hidden from others for a while (durable with the next commit)."""
        name, now = queue["Name"], time.time()
        messages = self._state.messages
        messages.expire(name, now - number(queue, "MessageRetentionPeriod"))
        taken: list[Received] = []
        while len(taken) < limit:
            found = messages.free(name, now, limit - len(taken), in_order=is_fifo(queue))
            if not found:
                break
            self._check_in_flight(queue, now)
            for message in found:
                if not self._sent_on(queue, message, now):
                    nonce = new_nonce()
                    # after `now` in any case: a message taken in this round is not found again in it
                    messages.receive(message, nonce, now, max(now + visibility_s, nextafter(now, inf)))
                    receipt = Receipt(queue=name, message=message.id, nonce=nonce)
                    taken.append((message, receipt.handle()))
        return taken

    def repeat(self, queue: Queue, attempt: str, visibility_s: float) -> list[Received] | None:
        """What an attempt received a short while ago, if nobody has done anything to it since."""
        at, taken = self._attempts.get((queue["Name"], attempt), (0.0, []))
        now = time.time()
        if now - at > DEDUPLICATION_S:
            return None
        messages = self._state.messages.by_seq(seq for seq, _ in taken)
        nonces = dict(taken)
        if len(messages) != len(taken) or any(
            message.receipt != nonces[message.seq] or not message.is_in_flight(now) for message in messages
        ):
            return None
        for message in messages:
            self._state.messages.show_at(message, now + visibility_s)
        return [
            (
                replace(message, receives=message.receives - 1),
                Receipt(queue=message.queue, message=message.id, nonce=nonces[message.seq]).handle(),
            )
            for message in messages
        ]

    def note(self, queue: Queue, attempt: str, taken: list[Received]) -> None:
        """Remember what an attempt received."""
        now = time.time()
        self._attempts = {key: value for key, value in self._attempts.items() if now - value[0] <= DEDUPLICATION_S}
        stored = self._state.messages.by_seq(message.seq for message, _ in taken)
        self._attempts[queue["Name"], attempt] = (now, [(each.seq, each.receipt or "") for each in stored])

    def _check_in_flight(self, queue: Queue, now: float) -> None:
        if self._state.messages.has_in_flight(queue["Name"], now, MAX_IN_FLIGHT):
            raise errors.over_limit(f"The maximum number of in flight messages is reached: {MAX_IN_FLIGHT}.")

    def _sent_on(self, queue: Queue, message: Message, now: float) -> bool:
        """Whether a message went to the dead-letter queue instead of being received once more."""
        redrive = redrive_of(queue["Attributes"])
        if redrive is None or message.receives < redrive[1]:
            return False
        target = self._state.find_arn(redrive[0])
        if target is None:
            return False
        source = self._state.arn(queue["Name"])
        sent_at = now if is_fifo(queue) else message.sent_at
        self._state.messages.remove(message)
        self._state.messages.add(
            replace(
                message,
                queue=target["Name"],
                system={**message.system, "DeadLetterQueueSourceArn": source},
                sent_at=sent_at,
                visible_at=now,
            )
        )
        self._state.arrivals.notify(target["Name"])
        return True
