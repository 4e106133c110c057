"""What the audit table's stream tells of records that somebody changed or deleted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_audit.bucket import put_once

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_audit.bucket import BucketClient

FOLDER = "tampering"
_REWRITTEN = ("W#", "K#")
"""Partitions that the sealer derives from the bucket and writes again as it goes on; `verify` believes none of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """Notes on tampering, in the bucket that the checkpoints are in.

    It is locked: who may write to the table, and even the account's owner, cannot delete a note before its time.
    """

    client: BucketClient
    bucket: str

    def keep(self, change: Mapping[str, Any]) -> bool:
        """Keep a note on a change; False if there is one already."""
        data = json.dumps(change, sort_keys=True, separators=(",", ":")).encode()
        return put_once(self.client, self.bucket, note_key(change), data)


def is_tampering(change: Mapping[str, Any]) -> bool:
    """Whether a stream record tells of a record's change or of its deletion before it expired."""
    partition = str(change["dynamodb"]["Keys"]["pk"]["S"])
    match change["eventName"]:
        case "MODIFY":
            return not partition.startswith(_REWRITTEN)
        case "REMOVE":
            return not _expired(change)
    return False


def note_key(change: Mapping[str, Any]) -> str:
    """Where the note on a change lies: the same however often the stream tells of it."""
    return f"{FOLDER}/{change['dynamodb']['SequenceNumber']}.json"


def _expired(change: Mapping[str, Any]) -> bool:
    """DynamoDB names itself where it deletes what has expired
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html).
    """
    identity = change.get("userIdentity") or {}
    kind, principal = identity.get("type"), identity.get("principalId")
    return (kind, principal) == ("Service", "dynamodb.amazonaws.com")
