"""What the audit table's stream tells of records that somebody changed or deleted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = "tampering"
_REWRITTEN = ("W#", "K#")
"""Partitions that the sealer derives from the bucket and writes again as it goes on; `verify` believes none of it."""
_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})


class NotesClient(Protocol):
    """What keeping notes needs of boto3's S3 client."""

    def put_object(self, **request: Any) -> Mapping[str, Any]:
        """`PutObject`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """Notes on tampering, in the bucket that the checkpoints are in.

    It is locked: who may write to the table, and even the account's owner, cannot delete a note before its time.
    """

    client: NotesClient
    bucket: str

    def keep(self, change: Mapping[str, Any]) -> bool:
        """Keep a note on a change; False if there is one already."""
        try:
            self.client.put_object(
                Bucket=self.bucket,
                Key=note_key(change),
                Body=json.dumps(change, sort_keys=True, separators=(",", ":")).encode(),
                IfNoneMatch="*",
                ContentType="application/json",
                ChecksumAlgorithm="SHA256",  # a put into a locked bucket needs a checksum
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _TAKEN:
                return False
            raise
        return True


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
