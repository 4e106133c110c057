"""Shard iterators: a place in a shard, good for 15 minutes, opaque to the client."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from enum import StrEnum

from mlfn_localstack.services.dynamodbstreams.errors import expired_iterator, invalid

_LIFE_S = 15 * 60


class IteratorType(StrEnum):
    """Where in a shard to begin."""

    AT_SEQUENCE_NUMBER = "AT_SEQUENCE_NUMBER"
    AFTER_SEQUENCE_NUMBER = "AFTER_SEQUENCE_NUMBER"
    TRIM_HORIZON = "TRIM_HORIZON"
    LATEST = "LATEST"
    AT_TIMESTAMP = "AT_TIMESTAMP"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardIterator:
    """The next position to read in the shard of a stream."""

    arn: str
    position: int
    issued_at: float

    def encode(self) -> str:
        """The text a client gets."""
        state = json.dumps([self.position, self.issued_at])
        return f"{self.arn}|1|{base64.b64encode(state.encode()).decode()}"


def decode(text: object, now: float) -> ShardIterator:
    """The iterator a client sent.

    Raises:
        ServiceError: it is malformed, or older than 15 minutes.
    """
    try:
        arn, _, state = str(text).split("|")
        position, issued_at = json.loads(base64.b64decode(state, validate=True))
        iterator = ShardIterator(arn=arn, position=int(position), issued_at=float(issued_at))
    except (ValueError, TypeError, binascii.Error) as error:
        raise invalid("Invalid ShardIterator") from error
    if iterator.issued_at < now - _LIFE_S:
        raise expired_iterator()
    return iterator
