"""DeleteMessage, ChangeMessageVisibility, and both in batches."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mlfn_localstack.services.sqs import errors
from mlfn_localstack.services.sqs.access import check_service
from mlfn_localstack.services.sqs.batches import check_entries, each
from mlfn_localstack.services.sqs.model import is_fifo
from mlfn_localstack.services.sqs.receipts import receipt_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.sqs.messages import Message
    from mlfn_localstack.services.sqs.model import Queue, SqsState

MAX_VISIBILITY_S = 43_200


class ReceiptOperations:
    """What becomes of messages that somebody has received."""

    def __init__(self, state: SqsState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "DeleteMessage": self.delete,
            "DeleteMessageBatch": self.delete_batch,
            "ChangeMessageVisibility": self.change,
            "ChangeMessageVisibilityBatch": self.change_batch,
        }

    async def delete(self, context: RequestContext, params: Params) -> Result:
        """Nothing, once the message is gone; also if it was gone before."""
        self._delete(self._queue(context, params, "sqs:DeleteMessage"), params)
        return {}

    async def delete_batch(self, context: RequestContext, params: Params) -> Result:
        """Which messages are gone."""
        queue = self._queue(context, params, "sqs:DeleteMessage")
        check_entries(params["Entries"])
        return each(params["Entries"], lambda entry: self._delete(queue, entry))

    async def change(self, context: RequestContext, params: Params) -> Result:
        """Nothing, once the message is hidden for so long from now on."""
        self._change(self._queue(context, params, "sqs:ChangeMessageVisibility"), params)
        return {}

    async def change_batch(self, context: RequestContext, params: Params) -> Result:
        """Which messages are hidden for so long."""
        queue = self._queue(context, params, "sqs:ChangeMessageVisibility")
        check_entries(params["Entries"])
        return each(params["Entries"], lambda entry: self._change(queue, entry))

    def _queue(self, context: RequestContext, params: Params, action: str) -> Queue:
        queue = self._state.queue(params["QueueUrl"])
        check_service(queue, self._state.arn(queue["Name"]), context, action)
        return queue

    def _delete(self, queue: Queue, entry: Params) -> Result:
        """A handle that is not the last one any more succeeds, and deletes nothing."""
        message, is_last = self._message(queue, entry)
        if message is None:
            return {}
        if is_fifo(queue) and not (is_last and message.is_in_flight(time.time())):
            handle = entry["ReceiptHandle"]
            raise errors.invalid_value(handle, "ReceiptHandle", "The receipt handle has expired.")
        if is_last:
            self._state.messages.remove(message)
            self._state.metrics.deleted(queue["Name"], 1)
            self._state.arrivals.notify(queue["Name"])  # the next one of its group may be received now
        return {}

    def _change(self, queue: Queue, entry: Params) -> Result:
        visibility_s, now = entry.get("VisibilityTimeout"), time.time()
        if visibility_s is None:
            raise errors.missing_parameter("VisibilityTimeout")
        if not 0 <= visibility_s <= MAX_VISIBILITY_S:
            reason = "VisibilityTimeout must be an integer between 0 and 43200"
            raise errors.invalid_value(visibility_s, "VisibilityTimeout", reason)
        message, is_last = self._message(queue, entry)
        if message is not None and not is_fifo(queue) and not message.is_in_flight(now):
            return {}  # too late, which AWS does not mind
        if message is None or (is_fifo(queue) and not is_last) or not message.is_in_flight(now):
            reason = "Message does not exist or is not available for visibility timeout change."
            raise errors.invalid_value(entry["ReceiptHandle"], "ReceiptHandle", reason)
        if now + visibility_s > (message.last_received or now) + MAX_VISIBILITY_S:
            reason = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"
            raise errors.invalid_value(visibility_s, "VisibilityTimeout", reason)
        self._state.messages.show_at(message, now + visibility_s)
        self._state.arrivals.notify(queue["Name"])
        return {}

    def _message(self, queue: Queue, entry: Params) -> tuple[Message | None, bool]:
        """The message of a handle, if it is still there, and whether the handle is of its last receipt."""
        receipt = receipt_of(entry["ReceiptHandle"], queue["Name"])
        message = self._state.messages.find(queue["Name"], receipt.message)
        return message, message is not None and message.receipt == receipt.nonce
