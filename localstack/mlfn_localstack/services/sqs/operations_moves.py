"""StartMessageMoveTask, CancelMessageMoveTask, ListMessageMoveTasks."""

from __future__ import annotations

import base64
import binascii
import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.sqs import errors
from mlfn_localstack.services.sqs.attributes import redrive_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.sqs.model import Queue, SqsState
    from mlfn_localstack.services.sqs.moves import Move, Moves

MAX_PER_S = 500
MAX_LISTED = 10


class MoveOperations:
    """Messages on their way back."""

    def __init__(self, state: SqsState, moves: Moves) -> None:
        self._state = state
        self._moves = moves

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "StartMessageMoveTask": self.start,
            "CancelMessageMoveTask": self.cancel,
            "ListMessageMoveTasks": self.list,
        }

    async def start(self, _context: RequestContext, params: Params) -> Result:
        """The handle of a move that has begun."""
        source = self._queue(params["SourceArn"], "SourceArn")
        if params.get("DestinationArn"):
            self._queue(params["DestinationArn"], "DestinationArn")
        rate = params.get("MaxNumberOfMessagesPerSecond")
        if rate is not None and not 1 <= rate <= MAX_PER_S:
            raise errors.invalid_value(rate, "MaxNumberOfMessagesPerSecond", f"Must be between 1 and {MAX_PER_S}.")
        arn = params["SourceArn"]
        if not any((redrive_of(each["Attributes"]) or ("",))[0] == arn for each in self._state.all()):
            raise errors.invalid_parameter("Source queue must be configured as a Dead Letter Queue.")
        if any(move["Status"] == "RUNNING" for move in self._moves.of(arn)):
            message = (
                "There is already a task running. "
                "Only one active task is allowed for a source queue arn at a given time."
            )
            raise errors.invalid_parameter(message)
        now = time.time()
        move: Move = {
            "TaskHandle": _new_handle(arn),
            "Status": "RUNNING",
            "SourceArn": arn,
            "ApproximateNumberOfMessagesMoved": 0,
            "ApproximateNumberOfMessagesToMove": self._state.messages.counts(source["Name"], now).visible,
            "StartedTimestamp": int(now * 1000),
            **{name: params[name] for name in ("DestinationArn", "MaxNumberOfMessagesPerSecond") if params.get(name)},
        }
        self._moves.forget(self._moves.of(arn)[MAX_LISTED - 1 :])
        self._moves.put(move)
        return {"TaskHandle": move["TaskHandle"]}

    async def cancel(self, _context: RequestContext, params: Params) -> Result:
        """How many messages have been moved, and stay so."""
        self._queue(_source_of(params["TaskHandle"]), "SourceArn")
        move = self._moves.find(params["TaskHandle"])
        if move is None:
            raise ServiceError("ResourceNotFoundException", "Task does not exist.", status=404)
        if move["Status"] != "RUNNING":
            raise errors.invalid_parameter(f"Task cannot be cancelled: it is {move['Status']}.")
        self._moves.put({**move, "Status": "CANCELLED"})
        return {"ApproximateNumberOfMessagesMoved": move["ApproximateNumberOfMessagesMoved"]}

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """The newest moves out of a queue."""
        self._queue(params["SourceArn"], "SourceArn")
        limit = params.get("MaxResults") or 1
        if not 1 <= limit <= MAX_LISTED:
            raise errors.invalid_value(limit, "MaxResults", f"Must be between 1 and {MAX_LISTED}.")
        return {"Results": [_shown(move) for move in self._moves.of(params["SourceArn"])[:limit]]}

    def _queue(self, arn: str, member: str) -> Queue:
        queue = self._state.find_arn(arn)
        if queue is None:
            message = f"The resource that you specified for the {member} parameter doesn't exist."
            raise ServiceError("ResourceNotFoundException", message, status=404)
        return queue


def _new_handle(source: str) -> str:
    """As AWS makes them: what it is called, and out of which queue it moves."""
    return base64.b64encode(json.dumps({"taskId": str(uuid.uuid4()), "sourceArn": source}).encode()).decode()


def _source_of(handle: str) -> str:
    """The queue that a handle's move takes messages from.

    Raises:
        ServiceError: InvalidParameterValue: it is no handle.
    """
    try:
        return str(json.loads(base64.b64decode(handle, validate=True))["sourceArn"])
    except (binascii.Error, ValueError, TypeError, KeyError, RecursionError) as error:
        raise errors.invalid_parameter("Value for parameter TaskHandle is invalid.") from error


def _shown(move: Move) -> dict[str, Any]:
    """A move's handle is told only while it could be cancelled."""
    hidden = () if move["Status"] == "RUNNING" else ("TaskHandle",)
    return {name: value for name, value in move.items() if name not in hidden}
