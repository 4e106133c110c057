"""Objects small and large, overwritten and deleted, in a bucket with versions and in one without."""

from __future__ import annotations

import hashlib
from random import Random
from typing import Any

from tests.faults.emulator.kill.tally import Tally

PLAIN, VERSIONED = "plain-objects", "versioned-objects"
LARGE = 1_100_000
"""Over the size above which a body goes to a file while it is received."""


class S3Load:
    """One client that writes objects; the call under way at the kill may have happened or not."""

    def __init__(self, client: Any) -> None:
        self.name = "s3"
        self.tally = Tally()
        self._client = client
        self._objects: dict[str, str | None] = {}
        """Key → digest of its content, None once deleted."""
        self._pending: dict[str, str | None] = {}
        self._versions: dict[str, str] = {}
        self._calls = 0

    def prepare(self) -> None:
        """Two buckets."""
        for bucket in (PLAIN, VERSIONED):
            self._client.create_bucket(Bucket=bucket)
        self._client.put_bucket_versioning(Bucket=VERSIONED, VersioningConfiguration={"Status": "Enabled"})

    def work(self, round_number: int, rng: Random) -> None:
        """One put or delete."""
        self._calls += 1
        prefix = f"r{round_number:04}/"
        key = prefix + str(rng.randrange(12))
        known = [name for name, digest in self._objects.items() if digest and name.startswith(prefix)]
        if self._calls % 40 == 0:
            self._put(key, rng.randbytes(LARGE))
        elif known and rng.random() < 0.15:
            self._delete(rng.choice(known))
        elif rng.random() < 0.2:
            self._put_version(prefix, rng.randbytes(200))
        else:
            self._put(key, rng.randbytes(rng.choice((0, 10, 3000, 60_000))))
        self.tally.acknowledged += 1

    def check(self, round_number: int) -> None:
        """Every object of the round, byte by byte; deleted ones are gone; every version is there."""
        prefix = f"r{round_number:04}/"
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=PLAIN, Prefix=prefix)
        listed = {entry["Key"] for page in pages for entry in page.get("Contents", ())}
        mine = {key for key in self._objects if key.startswith(prefix)} | set(self._pending)
        for key in sorted(listed | mine):
            found = self._digest(key) if key in listed else None
            if key in self._pending and found == self._pending[key]:
                self._objects[key] = found
            elif found != self._objects.get(key):
                self.tally.lost.append(f"{key}: {self._objects.get(key)} became {found}")
        self._pending.clear()
        self._check_versions(prefix)

    def finish(self) -> None:
        """Every object once more."""
        for key, digest in self._objects.items():
            if digest is not None and self._digest(key) != digest:
                self.tally.lost.append(f"{key} changed after its round")

    def _put(self, key: str, body: bytes) -> None:
        digest = hashlib.sha256(body).hexdigest()
        self._pending = {key: digest}
        self._client.put_object(Bucket=PLAIN, Key=key, Body=body)
        self._objects[key] = digest
        self._pending.clear()

    def _delete(self, key: str) -> None:
        self._pending = {key: None}
        self._client.delete_object(Bucket=PLAIN, Key=key)
        self._objects[key] = None
        self._pending.clear()

    def _put_version(self, prefix: str, body: bytes) -> None:
        answer = self._client.put_object(Bucket=VERSIONED, Key=f"{prefix}v", Body=body)
        self._versions[answer["VersionId"]] = hashlib.md5(body, usedforsecurity=False).hexdigest()

    def _check_versions(self, prefix: str) -> None:
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=VERSIONED, Prefix=prefix)
        found = {entry["VersionId"]: entry["ETag"].strip('"') for page in pages for entry in page.get("Versions", ())}
        for version, etag in self._versions.items():
            if found.get(version) != etag:
                self.tally.lost.append(f"{prefix}v: version {version}")
        self._versions.clear()

    def _digest(self, key: str) -> str:
        try:
            body = self._client.get_object(Bucket=PLAIN, Key=key)["Body"].read()
        except Exception as error:  # listed, and yet it cannot be read: the digest of nothing says so
            return repr(error)
        return hashlib.sha256(body).hexdigest()
