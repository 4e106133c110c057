"""The object-locked bucket that checkpoints are kept in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
_AT_ONCE = 16


class BucketClient(Protocol):
    """What keeping checkpoints needs of boto3's S3 client."""

    def put_object(self, **request: Any) -> Mapping[str, Any]:
        """`PutObject`."""

    def get_object(self, **request: Any) -> Mapping[str, Any]:
        """`GetObject`."""

    def list_object_versions(self, **request: Any) -> Mapping[str, Any]:
        """`ListObjectVersions`."""


def put_once(client: BucketClient, bucket: str, key: str, data: bytes) -> bool:
    """Put a JSON object into a locked bucket; False if there is one of that key already."""
    try:
        client.put_object(
            Bucket=bucket,
            Key=key,
            Body=data,
            IfNoneMatch="*",
            ContentType="application/json",
            ChecksumAlgorithm="SHA256",  # a put into a locked bucket needs a checksum
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in _TAKEN:
            return False
        raise
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointBucket:
    """The checkpoints of one trail by number, each written once."""

    client: BucketClient
    name: str
    trail: str
    """The trail's origin: a bucket may hold those of several."""

    def put(self, number: int, data: bytes) -> bool:
        """Keep a checkpoint; False if there is one of that number already."""
        return put_once(self.client, self.name, self.key(number), data)

    def get(self, number: int) -> bytes | None:
        """A checkpoint by its number, if there is one."""
        try:
            answer = self.client.get_object(Bucket=self.name, Key=self.key(number))
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise
        data: bytes = answer["Body"].read()
        return data

    def key(self, number: int) -> str:
        """An object's key."""
        return f"{self.trail}/{number:010d}.json"

    def all(self) -> Iterator[StoredCheckpoint]:
        """Every checkpoint as it was first written, in the order of their numbers."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for page in self._pages():
                yield from pool.map(self._stored, page)

    def _pages(self) -> Iterator[list[tuple[str, list[str]]]]:
        """Keys with their versions, the oldest first; a delete marker hides a version and takes none away."""
        request: dict[str, Any] = {"Bucket": self.name, "Prefix": f"{self.trail}/"}
        versions: dict[str, list[str]] = {}
        while True:
            answer = self.client.list_object_versions(**request)
            for entry in answer.get("Versions", ()):
                versions.setdefault(entry["Key"], []).insert(0, entry["VersionId"])
            for entry in answer.get("DeleteMarkers", ()):
                versions.setdefault(entry["Key"], []).append("deleted")
            last = answer.get("NextKeyMarker") if answer.get("IsTruncated") else None
            # The versions of the last key of a page may go on in the next.
            whole = sorted(key for key in versions if last is None or key < last)
            yield [(key, versions.pop(key)) for key in whole]
            if last is None:
                return
            request |= {"KeyMarker": last, "VersionIdMarker": answer["NextVersionIdMarker"]}

    def _stored(self, entry: tuple[str, list[str]]) -> StoredCheckpoint:
        key, versions = entry
        answer = self.client.get_object(Bucket=self.name, Key=key, VersionId=versions[0])
        return StoredCheckpoint(key=key, data=answer["Body"].read(), changes=len(versions) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCheckpoint:
    """The first version of an object in the bucket."""

    key: str
    data: bytes
    changes: int
    """How often it has been overwritten or deleted since, in vain."""
