"""CreateQueue, DeleteQueue, GetQueueUrl, ListQueues, PurgeQueue."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from mlfn_localstack.services.sqs import attributes, errors
from mlfn_localstack.services.sqs.access import check_service
from mlfn_localstack.services.sqs.paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.sqs.model import Queue, SqsState

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_FIFO = ".fifo"


class QueueOperations:
    """Queues as a whole."""

    def __init__(self, state: SqsState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "CreateQueue": self.create,
            "DeleteQueue": self.delete,
            "GetQueueUrl": self.get_url,
            "ListQueues": self.list,
            "PurgeQueue": self.purge,
        }

    async def create(self, context: RequestContext, params: Params) -> Result:
        """The URL of a new queue, or of the one that there is if it has these attributes."""
        name, given = params["QueueName"], attributes.normal(params.get("Attributes") or {})
        fifo = _is_fifo(name, given)
        attributes.check(given, fifo=fifo)
        existing = self._state.find(name)
        if existing is not None:
            _check_same(existing, given)
            return {"QueueUrl": self._state.url(context, name)}
        wanted = attributes.initial(given, fifo=fifo)
        attributes.check_throughput(wanted)
        self._state.check_redrive(name, wanted)
        self._state.check_name_is_free(name)
        now = int(time.time())
        self._state.put(
            {
                "Name": name,
                "Attributes": wanted,
                "Tags": dict(params.get("tags") or {}),
                "Created": now,
                "Modified": now,
                "Purged": 0.0,
            }
        )
        return {"QueueUrl": self._state.url(context, name)}

    async def delete(self, context: RequestContext, params: Params) -> Result:
        """Nothing, once the queue and its messages are gone."""
        self._state.delete(self._queue(context, params, "sqs:DeleteQueue"))
        return {}

    async def get_url(self, context: RequestContext, params: Params) -> Result:
        """The URL of a queue."""
        owner = params.get("QueueOwnerAWSAccountId") or context.account_id
        if owner != context.account_id or self._state.find(params["QueueName"]) is None:
            raise errors.no_queue()
        return {"QueueUrl": self._state.url(context, params["QueueName"])}

    async def list(self, context: RequestContext, params: Params) -> Result:
        """The URLs of all queues whose names begin so."""
        names = [queue["Name"] for queue in self._state.all(params.get("QueueNamePrefix") or "")]
        return page(names, [self._state.url(context, name) for name in names], params, "QueueUrls")

    async def purge(self, context: RequestContext, params: Params) -> Result:
        """Nothing, once all messages are gone."""
        queue, now = self._queue(context, params, "sqs:PurgeQueue"), time.time()
        if now - queue["Purged"] < self._state.pause_s:
            raise errors.purge_in_progress(queue["Name"])
        self._state.messages.clear(queue["Name"])
        self._state.put({**queue, "Purged": now})
        return {}

    def _queue(self, context: RequestContext, params: Params, action: str) -> Queue:
        queue = self._state.queue(params["QueueUrl"])
        check_service(queue, self._state.arn(queue["Name"]), context, action)
        return queue


def _is_fifo(name: str, given: Mapping[str, str]) -> bool:
    plain = name.removesuffix(_FIFO)
    if _NAME.fullmatch(plain) is None or len(name) > 80:
        raise errors.invalid_parameter(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )
    fifo = given.get("FifoQueue")
    if fifo not in (None, "true", "false"):
        raise errors.invalid_attribute("FifoQueue")
    if fifo == "false" and plain == name:
        raise errors.unknown_attribute("FifoQueue")
    wanted = fifo == "true"
    if wanted and plain == name:
        raise errors.invalid_parameter(
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or "
            "underscores, must end with .fifo suffix and be 1 to 80 in length."
        )
    if plain != name and not wanted:
        raise errors.invalid_parameter(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )
    return wanted


def _check_same(existing: Queue, given: Mapping[str, str]) -> None:
    for attribute, value in given.items():
        if value != existing["Attributes"].get(attribute, ""):
            raise errors.queue_exists(attribute)
