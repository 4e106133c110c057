"""What S3 keeps: buckets as documents, object versions in a table, content as files named by digest."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import secrets
import time
import zlib
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlfn_localstack.blobs import Blobs
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3.errors import deleted, invalid_version, no_bucket, no_key, no_version
from mlfn_localstack.services.s3.upload_parts import UploadParts
from mlfn_localstack.store import following

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from mlfn_localstack.service import Environment
    from mlfn_localstack.services.s3.content import Content

_SCHEMA = """
CREATE TABLE IF NOT EXISTS s3_versions (
    bucket TEXT, key TEXT, number INTEGER, version TEXT, delete_marker INTEGER, etag TEXT, size INTEGER,
    sha256 TEXT, modified REAL, properties TEXT, PRIMARY KEY (bucket, key, number)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS s3_by_content ON s3_versions (sha256);
"""
_COLUMNS = "bucket, key, number, version, delete_marker, etag, size, sha256, modified, properties"
NULL_VERSION = "null"
_ID_BODY_BYTES = 20
_NUMBER_BYTES = 8
_BATCH = 500
"""Versions that a list looks at at a time."""
_SWEPT = 100
"""Contents that are looked after at a time, while nobody else is answered."""

Bucket = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of an object; the highest number of a key is its latest."""

    bucket: str
    key: str
    number: int
    version: str
    delete_marker: bool
    etag: str
    size: int
    sha256: str
    modified: float
    properties: dict[str, Any] = field(default_factory=dict)
    """Metadata, tags, lock: members of GetObject's answer by name."""


class S3State:
    """Buckets, versions and their content."""

    def __init__(self, environment: Environment) -> None:
        self.region = environment.region
        self.account_id = environment.account_id
        self.buckets = environment.store.documents("s3-bucket")
        self.uploads = environment.store.documents("s3-upload")
        self.parts = UploadParts(environment.store, self.uploads)
        self.blobs = Blobs(environment.state_dir / "objects" / "sha256")
        self.blobs.remove_drafts()
        self._store = environment.store
        self._store.script(_SCHEMA)

    def bucket(self, name: str) -> Bucket:
        """A bucket.

        Raises:
            ServiceError: NoSuchBucket.
        """
        bucket: Bucket | None = self.buckets.get(name)
        if bucket is None:
            raise no_bucket(name)
        return bucket

    def latest(self, bucket: str, key: str) -> Version | None:
        """The latest version of a key, which may be a delete marker."""
        rows = self._select("bucket=? AND key=? ORDER BY number DESC LIMIT 1", bucket, key)
        return rows[0] if rows else None

    def find(self, bucket: str, key: str, version: str | None, *, method: str = "GET") -> Version:
        """The object, or one version of it; `method` is what a refusal because of a delete marker names.

        Raises:
            ServiceError: NoSuchBucket, NoSuchKey, NoSuchVersion, InvalidArgument or MethodNotAllowed.
        """
        found = self.find_any(bucket, key, version)
        if found.delete_marker:
            raise deleted(key, found.version, method=method if version is not None else None)
        return found

    def find_any(self, bucket: str, key: str, version: str | None) -> Version:
        """The latest version, or one of them, be it a delete marker.

        Raises:
            ServiceError: NoSuchBucket, NoSuchKey, NoSuchVersion or InvalidArgument.
        """
        self.bucket(bucket)
        if version is None:
            found = self.latest(bucket, key)
            if found is None:
                raise no_key(key)
            return found
        named = self.version(bucket, key, version)
        if named is not None:
            return named
        self.check_version_id(bucket, version)
        raise no_version(key, version)

    def check_version_id(self, bucket: str, version: str) -> None:
        """Refuse an id that no version of this bucket can have.

        Raises:
            ServiceError: InvalidArgument.
        """
        versioned = "VersioningConfiguration" in self.bucket(bucket)["Settings"]
        if version != NULL_VERSION and not (versioned and _is_version_id(version)):
            raise invalid_version(version)

    def versions_of(self, bucket: str, key: str) -> list[Version]:
        """All versions of a key, the newest first."""
        return self._select("bucket=? AND key=? ORDER BY number DESC", bucket, key)

    def versions(self, bucket: str, prefix: str, after: str) -> Iterator[Version]:
        """The versions of the keys below a prefix and after a key, by key the newest first, as they are asked for."""
        condition, places = _keys(prefix, after)
        while found := self._select(f"bucket=? {condition} ORDER BY key, number DESC LIMIT ?", bucket, *places, _BATCH):
            yield from found
            yield from self._older(found[-1])
            condition, places = _keys(prefix, found[-1].key)

    def _older(self, version: Version) -> list[Version]:
        where = "bucket=? AND key=? AND number<? ORDER BY number DESC"
        return self._select(where, version.bucket, version.key, version.number)

    def objects(self, bucket: str, prefix: str, after: str, limit: int) -> list[Version]:
        """The latest versions that are objects, by key, below a prefix and after a key."""
        condition, places = _keys(prefix, after)
        is_latest = "delete_marker=0 AND number=(SELECT max(number) FROM s3_versions AS other"
        same = "other.bucket=s3_versions.bucket AND other.key=s3_versions.key"
        where = f"bucket=? {condition} AND {is_latest} WHERE {same}) ORDER BY key LIMIT ?"
        return self._select(where, bucket, *places, limit)

    def is_empty(self, bucket: str) -> bool:
        """True if the bucket has no version of any object."""
        return not self._select("bucket=? LIMIT 1", bucket)

    def add(self, version: Version) -> None:
        """Write a version (its number decides which is the latest)."""
        self._store.execute(
            "INSERT OR REPLACE INTO s3_versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(version.bucket, version.key, version.number, version.version, int(version.delete_marker)),
                *(version.etag, version.size, version.sha256, version.modified, json.dumps(version.properties)),
            ),
        )

    def remove(self, version: Version) -> None:
        """Remove a version; its content goes with `sweep`."""
        self._store.execute(
            "DELETE FROM s3_versions WHERE bucket=? AND key=? AND number=?",
            (version.bucket, version.key, version.number),
        )

    def null_version(self, bucket: str, key: str) -> Version | None:
        """The version without an id that an unversioned or suspended bucket overwrites."""
        return self.version(bucket, key, NULL_VERSION)

    def version(self, bucket: str, key: str, version: str) -> Version | None:
        """The version with that id, if there is one."""
        rows = self._select("bucket=? AND key=? AND version=?", bucket, key, version)
        return rows[0] if rows else None

    @asynccontextmanager
    async def needed(self, content: Content) -> AsyncIterator[None]:
        """Have content, which has been stored, go again if what it was stored for is refused."""
        try:
            yield
        except ServiceError:
            await self.sweep({content.sha256})
            raise

    async def sweep(self, sha256s: set[str]) -> None:
        """Remove content that no version has any more, once that is durable."""
        sha256s = sha256s - {""}
        if not sha256s:
            return
        await self._store.durable()
        for number, sha256 in enumerate(sha256s, 1):
            if not self._is_used(sha256):
                self.blobs.remove(sha256)
            if number % _SWEPT == 0:  # an upload may have had 10,000 parts
                await asyncio.sleep(0)

    def _is_used(self, sha256: str) -> bool:
        used = self._store.execute("SELECT 1 FROM s3_versions WHERE sha256=? LIMIT 1", (sha256,)).fetchone()
        return used is not None or self.parts.hold(sha256)

    def _select(self, condition: str, *args: object) -> list[Version]:
        rows = self._store.execute(f"SELECT {_COLUMNS} FROM s3_versions WHERE {condition}", args)  # noqa: S608 - conditions are ours
        return [_version(row) for row in rows.fetchall()]


def _version(row: tuple[Any, ...]) -> Version:
    return Version(
        bucket=row[0],
        key=row[1],
        number=row[2],
        version=row[3],
        delete_marker=bool(row[4]),
        etag=row[5],
        size=row[6],
        sha256=row[7],
        modified=row[8],
        properties=json.loads(row[9]),
    )


def _keys(prefix: str, after: str) -> tuple[str, list[str]]:
    """The condition on keys below a prefix and after a key, within which nothing else is looked at; its parameters."""
    end = following(prefix)
    first, place = ("AND key>?", after) if after >= prefix else ("AND key>=?", prefix)
    return (f"{first} AND key<?", [place, end]) if end else (first, [place])


def next_number() -> int:
    """A number above all that were given before: the time in nanoseconds."""
    return time.time_ns()


def new_version_id(number: int) -> str:
    """A fresh id for a version of that number, as long as S3's; its last bytes tell it from one somebody made up."""
    body = number.to_bytes(_NUMBER_BYTES, "big") + secrets.token_bytes(_ID_BODY_BYTES - _NUMBER_BYTES)
    return base64.urlsafe_b64encode(body + zlib.crc32(body).to_bytes(4, "big")).decode()


def number_of(version: str) -> int | None:
    """The number of the version that had this id, be it gone or not; None if S3 did not give it."""
    return int.from_bytes(base64.urlsafe_b64decode(version)[:_NUMBER_BYTES], "big") if _is_version_id(version) else None


def _is_version_id(text: str) -> bool:
    try:
        raw = base64.urlsafe_b64decode(text)
    except (binascii.Error, ValueError):
        return False
    body, check = raw[:_ID_BODY_BYTES], raw[_ID_BODY_BYTES:]
    return check == zlib.crc32(body).to_bytes(4, "big")
