"""ListStreams, DescribeStream, GetShardIterator and GetRecords."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb.stream_log import StreamInfo, StreamLog, position_of, sequence_number
from mlfn_localstack.services.dynamodbstreams.errors import invalid, trimmed, unknown_shard, unknown_stream
from mlfn_localstack.services.dynamodbstreams.model import IteratorType, ShardIterator, decode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_MAX_PAGE = 100
_MAX_RECORDS = 1000


class StreamOperations:
    """Operations on streams."""

    def __init__(self, log: StreamLog) -> None:
        self._log = log

    def operations(self) -> Mapping[str, Operation]:
        """Every operation by its name."""
        return {
            "ListStreams": self.list_streams,
            "DescribeStream": self.describe,
            "GetShardIterator": self.get_iterator,
            "GetRecords": self.get_records,
        }

    async def list_streams(self, _: RequestContext, params: Params) -> Result:
        """The streams of all tables, or of one."""
        limit, table, after = (
            params.get("Limit", _MAX_PAGE),
            params.get("TableName"),
            params.get("ExclusiveStartStreamArn"),
        )
        streams = [info for info in self._log.all() if table in (None, info.table_name) and info.arn > (after or "")]
        page = streams[: min(limit, _MAX_PAGE)]
        result: Result = {
            "Streams": [
                {"StreamArn": info.arn, "TableName": info.table_name, "StreamLabel": info.label} for info in page
            ]
        }
        if len(streams) > len(page):
            result["LastEvaluatedStreamArn"] = page[-1].arn
        return result

    async def describe(self, _: RequestContext, params: Params) -> Result:
        """A stream and its shard."""
        info = self._stream(params.get("StreamArn"))
        # The one shard of a stream is nobody's child.
        shown = params.get("ExclusiveStartShardId") != info.shard_id and not params.get("ShardFilter")
        description = {
            "StreamArn": info.arn,
            "StreamLabel": info.label,
            "StreamStatus": "ENABLED" if info.closed_at is None else "DISABLED",
            "StreamViewType": info.view,
            "CreationRequestDateTime": info.created_at,
            "TableName": info.table_name,
            "KeySchema": info.key_schema,
            "Shards": [self._shard(info)] if shown else [],
        }
        return {"StreamDescription": description}

    async def get_iterator(self, _: RequestContext, params: Params) -> Result:
        """Where to begin to read."""
        info = self._stream(params.get("StreamArn"))
        shard = params.get("ShardId")
        if shard != info.shard_id:
            raise unknown_shard(str(shard), info.arn)
        position = self._position(info, params)
        return {"ShardIterator": ShardIterator(arn=info.arn, position=position, issued_at=time.time()).encode()}

    async def get_records(self, _: RequestContext, params: Params) -> Result:
        """The next records, and where to go on; nowhere once a closed shard is read to its end."""
        iterator = decode(params.get("ShardIterator"), time.time())
        info = self._stream(iterator.arn)
        limit = params.get("Limit", _MAX_RECORDS)
        if not 1 <= limit <= _MAX_RECORDS:
            raise invalid(f"Limit must be between 1 and {_MAX_RECORDS}")
        found = self._log.read(info, iterator.position, limit)
        result: Result = {"Records": [record for _, record in found]}
        position = found[-1][0] + 1 if found else iterator.position
        if info.closed_at is None or self._log.read(info, position, 1):
            result["NextShardIterator"] = replace(iterator, position=position, issued_at=time.time()).encode()
        return result

    def _stream(self, arn: Any) -> StreamInfo:
        info = self._log.find(str(arn))
        if info is None:
            raise unknown_stream(str(arn))
        return info

    def _shard(self, info: StreamInfo) -> dict[str, Any]:
        ends = self._log.ends(info)
        start = ends[0] if ends else self._log.next_position()
        sequences = {"StartingSequenceNumber": sequence_number(start)}
        if info.closed_at is not None:
            sequences["EndingSequenceNumber"] = sequence_number(ends[1] if ends else start)
        return {"ShardId": info.shard_id, "SequenceNumberRange": sequences}

    def _position(self, info: StreamInfo, params: Params) -> int:
        kind, sequence = params.get("ShardIteratorType"), params.get("SequenceNumber")
        if kind == IteratorType.TRIM_HORIZON:
            return 0
        if kind == IteratorType.LATEST:
            return self._log.next_position()
        if kind == IteratorType.AT_TIMESTAMP:
            return self._log.position_at(info, _moment(params))
        if kind not in list(IteratorType):
            raise invalid(f"Invalid ShardIteratorType: {kind}")
        position = position_of(str(sequence))
        if position is None or position < 0:
            raise invalid(f"Invalid SequenceNumber: {sequence}")
        start = position if kind == IteratorType.AT_SEQUENCE_NUMBER else position + 1
        if start < self._log.horizon():
            raise trimmed(str(sequence))
        return start


def _moment(params: Params) -> float:
    given = params.get("Timestamp")
    if given is None:
        raise invalid("Timestamp is required with the ShardIteratorType AT_TIMESTAMP")
    if given.timestamp() > time.time():
        raise invalid("Timestamp must not be in the future")
    return float(given.timestamp())
