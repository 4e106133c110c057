"""The audit table in DynamoDB: one conditional PutItem an item, signed here, over one kept-alive connection."""

from __future__ import annotations

from time import monotonic, sleep

from mlfn.jsontext import decode, encode
from mlfn.runtime.aws import AwsClient, AwsError
from mlfn.runtime.http import ExchangeError
from mlfn.runtime.sinks import CollisionError, SinkUnavailableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn.audit.item import Item

_TARGET = "DynamoDB_20120810.PutItem"
_CONDITION = '"ConditionExpression":"attribute_not_exists(pk)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"'
_RETRYABLE = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
    }
)
_FIRST_PAUSE_S = 0.01
_LEAST_ATTEMPT_S = 0.02


class DynamoDBSink:
    """Puts items with `attribute_not_exists(pk)`: the same item again is a success, another one a collision."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._client = AwsClient("dynamodb", environ)
        self._start = f'{{"TableName":{encode(environ["MLFN_AUDIT_TABLE"])},{_CONDITION},"Item":'

    def write(self, item: str, timeout_s: float) -> None:
        """Put an item, trying again until `timeout_s` is over."""
        body = f"{self._start}{item}}}".encode()
        deadline, pause = monotonic() + timeout_s, _FIRST_PAUSE_S
        while True:
            problem = self._attempt(item, body, deadline)
            if problem is None:
                return
            if deadline - monotonic() < pause + _LEAST_ATTEMPT_S:
                raise SinkUnavailableError(problem)
            sleep(pause)
            pause *= 2

    def _attempt(self, item: str, body: bytes, deadline: float) -> str | None:
        """Why the item is not durable yet, or None."""
        # Half of what is left: a lost packet must not use up the time for a second attempt.
        timeout_s = max((deadline - monotonic()) / 2, _LEAST_ATTEMPT_S)
        try:
            self._client.call(_TARGET, body, timeout_s=timeout_s)
        except ExchangeError as error:
            return str(error)
        except AwsError as error:
            if error.code == "ConditionalCheckFailedException":
                return _settled(decode(item), error)
            if error.status >= 500 or error.code in _RETRYABLE:
                return str(error)
            raise SinkUnavailableError(str(error)) from error
        return None


def _settled(item: Item, error: AwsError) -> str | None:
    """Compare with the item that is there: an earlier attempt of ours is a success."""
    try:
        held = decode(error.body.decode()).get("Item")
    except (ValueError, AttributeError):
        held = None
    if held is None:
        return "the table did not show the item it holds"
    if held.get("h") != item.get("h"):
        raise CollisionError(item["pk"]["S"]) from error
    return None
