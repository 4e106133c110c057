"""DynamoDB Streams: the records of changed items, read shard by shard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.dynamodb.stream_log import StreamLog
from mlfn_localstack.services.dynamodbstreams.operations_streams import StreamOperations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.http import Route
    from mlfn_localstack.service import Environment, Operation


class DynamoDbStreams:
    """The service."""

    name = "dynamodbstreams"

    def __init__(self, environment: Environment) -> None:
        self._operations = StreamOperations(StreamLog(environment.store, environment.region)).operations()

    def operations(self) -> Mapping[str, Operation]:
        """Every supported operation."""
        return self._operations

    def routes(self) -> Sequence[Route]:
        """None: everything goes through the wire protocol."""
        return ()

    async def start(self) -> None:
        """Nothing is under way."""

    async def stop(self) -> None:
        """Nothing to let go of."""
