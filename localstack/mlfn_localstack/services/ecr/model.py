"""What ECR keeps: repositories, their images and tags, and which blobs are in which repository."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.blobs import Blobs
from mlfn_localstack.services.ecr.errors import no_repository

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn_localstack.service import Environment

_SCHEMA = """
CREATE TABLE IF NOT EXISTS ecr_images (
    repository TEXT, digest TEXT, media_type TEXT, manifest BLOB, size INTEGER, pushed_at REAL,
    PRIMARY KEY (repository, digest)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ecr_tags (
    repository TEXT, tag TEXT, digest TEXT, PRIMARY KEY (repository, tag)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ecr_blobs (
    repository TEXT, digest TEXT, PRIMARY KEY (repository, digest)) WITHOUT ROWID;
"""

Repository = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """A manifest in a repository."""

    digest: str
    media_type: str
    manifest: bytes
    size: int
    pushed_at: float


class EcrState:
    """ECR's tables and blobs."""

    def __init__(self, environment: Environment) -> None:
        self.account_id = environment.account_id
        self.region = environment.region
        self.blobs = Blobs(environment.state_dir / "blobs" / "sha256")
        self.blobs.remove_drafts()
        self.repositories = environment.store.documents("ecr-repository")
        self._settings = environment.store.documents("ecr-setting")
        self._store = environment.store
        self._store.script(_SCHEMA)

    def repository(self, name: str) -> Repository:
        """A repository.

        Raises:
            ServiceError: RepositoryNotFoundException.
        """
        repository: Repository | None = self.repositories.get(name)
        if repository is None:
            raise no_repository(name, self.account_id)
        return repository

    def setting(self, name: str) -> str | None:
        """A setting of the registry, if it was ever set."""
        value: str | None = self._settings.get(name)
        return value

    def set_setting(self, name: str, value: str) -> None:
        """Set it."""
        self._settings.put(name, value)

    def images(self, repository: str) -> list[StoredImage]:
        """All images of a repository, the oldest first."""
        rows = self._store.execute(
            "SELECT digest, media_type, manifest, size, pushed_at FROM ecr_images WHERE repository=?"
            " ORDER BY pushed_at, digest",
            (repository,),
        )
        return [_image(row) for row in rows.fetchall()]

    def image(self, repository: str, reference: str) -> StoredImage | None:
        """An image by digest or tag."""
        digest = reference if ":" in reference else self.tags(repository).get(reference)
        row = self._store.execute(
            "SELECT digest, media_type, manifest, size, pushed_at FROM ecr_images WHERE repository=? AND digest=?",
            (repository, digest),
        ).fetchone()
        return None if row is None else _image(row)

    def tags(self, repository: str) -> dict[str, str]:
        """Tag -> digest."""
        rows = self._store.execute("SELECT tag, digest FROM ecr_tags WHERE repository=? ORDER BY tag", (repository,))
        return dict(rows.fetchall())

    def put_image(self, repository: str, image: StoredImage, tag: str | None) -> None:
        """Add an image, and let a tag point to it."""
        self._store.execute(
            "INSERT OR IGNORE INTO ecr_images VALUES (?, ?, ?, ?, ?, ?)",
            (repository, image.digest, image.media_type, image.manifest, image.size, image.pushed_at),
        )
        if tag is not None:
            self._store.execute("INSERT OR REPLACE INTO ecr_tags VALUES (?, ?, ?)", (repository, tag, image.digest))

    def remove_tag(self, repository: str, tag: str) -> None:
        """Remove a tag; its image stays."""
        self._store.execute("DELETE FROM ecr_tags WHERE repository=? AND tag=?", (repository, tag))

    def remove_image(self, repository: str, digest: str) -> None:
        """Remove an image and its tags."""
        self._store.execute("DELETE FROM ecr_tags WHERE repository=? AND digest=?", (repository, digest))
        self._store.execute("DELETE FROM ecr_images WHERE repository=? AND digest=?", (repository, digest))

    def has_blob(self, repository: str, digest: str) -> bool:
        """True if the repository has the blob."""
        row = self._store.execute(
            "SELECT 1 FROM ecr_blobs WHERE repository=? AND digest=?", (repository, digest)
        ).fetchone()
        return row is not None and self.blobs.has(digest.removeprefix("sha256:"))

    def link_blob(self, repository: str, digest: str) -> None:
        """Note that a repository has a blob."""
        self._store.execute("INSERT OR IGNORE INTO ecr_blobs VALUES (?, ?)", (repository, digest))

    async def remove_repository(self, name: str) -> None:
        """Remove a repository with everything in it; blobs that nobody else has go too, once that is durable."""
        digests = [row[0] for row in self._store.execute("SELECT digest FROM ecr_blobs WHERE repository=?", (name,))]
        for table in ("ecr_tags", "ecr_images", "ecr_blobs"):
            self._store.execute(f"DELETE FROM {table} WHERE repository=?", (name,))  # noqa: S608 - the names above
        self.repositories.delete(name)
        await self._store.durable()
        self._remove_orphans(digests)

    async def remove_unused_blobs(self, repository: str, manifests: Iterable[bytes]) -> None:
        """Remove the blobs of deleted manifests that no image of the repository refers to any more."""
        kept = {digest for image in self.images(repository) for digest in referenced(image.manifest)}
        unused = {digest for manifest in manifests for digest in referenced(manifest)} - kept
        for digest in unused:
            self._store.execute("DELETE FROM ecr_blobs WHERE repository=? AND digest=?", (repository, digest))
        await self._store.durable()
        self._remove_orphans(unused)

    def _remove_orphans(self, digests: Iterable[str]) -> None:
        for digest in digests:
            if not self._store.execute("SELECT 1 FROM ecr_blobs WHERE digest=?", (digest,)).fetchone():
                self.blobs.remove(digest.removeprefix("sha256:"))

    async def durable(self) -> None:
        """Return once everything written is committed."""
        await self._store.durable()


def referenced(manifest: bytes) -> set[str]:
    """The digests of a manifest's configuration and layers; an index, which may hold anything there, names none."""
    document = json.loads(manifest)
    if "manifests" in document:
        return set()
    return {part["digest"] for part in (document["config"], *document["layers"])}


def _image(row: tuple[str, str, bytes, int, float]) -> StoredImage:
    digest, media_type, manifest, size, pushed_at = row
    return StoredImage(digest=digest, media_type=media_type, manifest=manifest, size=size, pushed_at=pushed_at)


def now() -> float:
    """The time, to the millisecond."""
    return round(time.time(), 3)
