"""Reads one shard of a stream, as the function's role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.service import Gateway, Params, Result

PAGE = 1_000
_RESTART = {"ExpiredIteratorException", "TrimmedDataAccessException"}

Record = dict[str, Any]


class ShardReader:
    """Gives records after a sequence number; going on where it was costs one call."""

    def __init__(self, gateway: Gateway, stream: str, shard: str) -> None:
        self._gateway = gateway
        self._stream = stream
        self.shard = shard
        self._iterator: str | None = None
        self._at: str | None = None

    async def read(self, after: str | None, role: str, limit: int = PAGE) -> list[Record]:
        """The next records after a sequence number (None: from the oldest).

        Raises:
            ServiceError: the stream is gone, or the role may not read it.
        """
        if self._iterator is None or after != self._at:
            self._iterator = await self._seek(after, role)
        iterator, self._iterator = self._iterator, None
        try:
            answer = await self._call("GetRecords", {"ShardIterator": iterator, "Limit": limit}, role)
        except ServiceError as error:
            if error.code in _RESTART:
                return []
            raise
        records: list[Record] = answer["Records"]
        self._at = sequence_of(records[-1]) if records else after
        self._iterator = answer.get("NextShardIterator")
        return records

    async def _seek(self, after: str | None, role: str) -> str:
        place = {"StreamArn": self._stream, "ShardId": self.shard}
        if after is not None:
            exact = {**place, "ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
            try:
                return str((await self._call("GetShardIterator", exact, role))["ShardIterator"])
            except ServiceError as error:
                if error.code not in _RESTART:
                    raise
        oldest = {**place, "ShardIteratorType": "TRIM_HORIZON"}
        return str((await self._call("GetShardIterator", oldest, role))["ShardIterator"])

    async def _call(self, operation: str, params: Params, role: str) -> Result:
        return await self._gateway.call("dynamodbstreams", operation, params, principal=role)


async def shards_of(gateway: Gateway, stream: str, role: str) -> list[str]:
    """The ids of a stream's shards, parents first.

    Raises:
        ServiceError: the stream is gone, or the role may not read it.
    """
    answer = await gateway.call("dynamodbstreams", "DescribeStream", {"StreamArn": stream}, principal=role)
    return [shard["ShardId"] for shard in answer["StreamDescription"]["Shards"]]


async def last_sequence(reader: ShardReader, role: str) -> str | None:
    """The sequence number of the newest record there is now."""
    last: str | None = None
    while page := await reader.read(last, role):
        last = sequence_of(page[-1])
    return last


def sequence_of(record: Record) -> str:
    """A record's sequence number."""
    return str(record["dynamodb"]["SequenceNumber"])
