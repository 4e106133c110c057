"""TagQueue, UntagQueue, ListQueueTags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.sqs import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.sqs.model import SqsState

MAX_TAGS = 50


class TagOperations:
    """Tags of queues."""

    def __init__(self, state: SqsState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"TagQueue": self.tag, "UntagQueue": self.untag, "ListQueueTags": self.list}

    async def tag(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the tags are set."""
        queue = self._state.queue(params["QueueUrl"])
        tags = {**queue["Tags"], **params["Tags"]}
        if len(tags) > MAX_TAGS:
            raise errors.invalid_parameter(f"Too many tags added for queue {queue['Name']}.")
        self._state.put({**queue, "Tags": tags})
        return {}

    async def untag(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the tags are gone."""
        queue = self._state.queue(params["QueueUrl"])
        kept = {key: value for key, value in queue["Tags"].items() if key not in params["TagKeys"]}
        self._state.put({**queue, "Tags": kept})
        return {}

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """The tags."""
        tags = self._state.queue(params["QueueUrl"])["Tags"]
        return {"Tags": tags} if tags else {}
