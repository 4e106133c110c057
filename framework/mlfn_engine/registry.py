"""Push images to a registry (OCI Distribution Specification 1.1): only what it lacks, resumed where it broke off."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mlfn.errors import BuildError
from mlfn_engine.cache import discard
from mlfn_engine.images.signature_names import ATTACHED, signature_tag
from mlfn_engine.oci.media_types import MANIFEST_TYPE
from mlfn_engine.registries.connection import Registry, RegistryConnection
from mlfn_engine.registries.known_blobs import known_blobs
from mlfn_engine.registries.upload import BlobUpload, DamagedBlobError, check_stored, refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlfn_engine.images.values import ImageArtifact
    from mlfn_engine.registries.known_blobs import KnownBlobs
    from mlfn_engine.reporting import Reporter

__all__ = ["Pushed", "Registry", "push"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What a push sent."""

    digest: str
    """`sha256:…` of the manifest, as the registry has it."""
    blobs: int
    """How many blobs the repository lacked."""
    mounted: int = 0
    """How many of them another repository of the registry gave."""
    uploaded_bytes: int
    """Blobs and manifest; nothing when the registry had the image under this tag already."""


def push(image: ImageArtifact, registry: Registry, *, repository: str, tag: str, reporter: Reporter) -> Pushed:
    """Upload what the repository lacks of an image and tag it; the tag appears when everything is there.

    Raises:
        TargetError: the registry refuses, does not answer, or stores something else than it was given.
        BuildError: the image is no longer in the cache.
    """
    try:
        with RegistryConnection(registry) as connection:
            known = known_blobs(image.location.parent.parent, registry.endpoint)
            return _Push(connection, image, repository, reporter, known).run(tag)
    except FileNotFoundError as error:
        raise BuildError(
            f"The image of {image.function!r} is no longer in the build cache.", hint="Build it again: mlfn build."
        ) from error
    except DamagedBlobError as error:
        discard(image.location, error.digest)
        raise BuildError(
            f"The layer {error.digest[:19]}… of {image.function!r} was damaged in the build cache, and is removed.",
            hint="Run it again: the layer is made anew. If it happens again, check the disk.",
        ) from error


@dataclass(frozen=True, slots=True)
class _Push:
    connection: RegistryConnection
    image: ImageArtifact
    repository: str
    reporter: Reporter
    known: KnownBlobs

    def run(self, tag: str) -> Pushed:
        manifest = self._path(self.image.digest).read_bytes()
        if self._has(f"manifests/{quote(tag)}", self.image.digest):
            self._push_signature()
            self.reporter.report(self.image.function, "the registry has the image")
            return Pushed(digest=self.image.digest, blobs=0, uploaded_bytes=0)
        document = json.loads(manifest)
        blobs = (*document["layers"], document["config"])
        lacking = [blob for blob in blobs if not self._has_blob(blob["digest"])]
        missing = [blob for blob in lacking if not self._mount(blob["digest"])]
        total = sum(blob["size"] for blob in missing)
        self._upload(missing, total)
        self._put_manifest(tag, self.image.digest, manifest)
        self._push_signature()
        self.known.note((blob["digest"] for blob in blobs), self.repository)
        self.reporter.report(self.image.function, "pushed", done=total, total=total)
        return Pushed(
            digest=self.image.digest,
            blobs=len(lacking),
            mounted=len(lacking) - len(missing),
            uploaded_bytes=total + len(manifest),
        )

    def _path(self, digest: str) -> Path:
        return self.image.location / "blobs" / digest.replace(":", "/")

    def _has_blob(self, digest: str) -> bool:
        return self._has(f"blobs/{digest}", digest)

    def _has(self, what: str, digest: str) -> bool:
        answer = self.connection.request("HEAD", f"/v2/{self.repository}/{what}", {"Accept": MANIFEST_TYPE})
        if answer.status not in {200, 404}:
            raise refused(answer, f"look into {self.repository!r}")
        return answer.status == 200 and answer.headers.get("docker-content-digest", digest) == digest

    def _mount(self, digest: str) -> bool:
        """Whether another repository of the registry gives a blob."""
        upload = self._blob_upload(digest, lambda _: None)
        for source in self.known.elsewhere(digest, self.repository):
            if upload.mount(source):
                return True
            self.known.forget(digest, source)
        return False

    def _blob_upload(self, digest: str, progress: Callable[[int], None]) -> BlobUpload:
        return BlobUpload(
            connection=self.connection,
            repository=self.repository,
            digest=digest,
            path=self._path(digest),
            progress=progress,
        )

    def _upload(self, missing: list[dict[str, Any]], total: int) -> None:
        sent = 0
        for blob in missing:
            before = sent

            def progress(done: int, before: int = before) -> None:
                self.reporter.report(self.image.function, "pushing", done=before + done, total=total)

            progress(0)
            self._blob_upload(blob["digest"], progress).run()
            sent += blob["size"]

    def _push_signature(self) -> None:
        attached = self.image.location / ATTACHED
        if attached.is_file():
            digest = attached.read_text()
            manifest = self._path(digest).read_bytes()
            document = json.loads(manifest)
            blobs = (*document["layers"], document["config"])
            self._upload([blob for blob in blobs if not self._has_blob(blob["digest"])], 0)
            self._put_manifest(signature_tag(self.image.digest), digest, manifest)

    def _put_manifest(self, tag: str, digest: str, manifest: bytes) -> None:
        url = f"/v2/{self.repository}/manifests/{quote(tag)}"
        answer = self.connection.request("PUT", url, {"Content-Type": MANIFEST_TYPE}, manifest)
        if answer.status != 201:
            raise refused(answer, f"tag an image in {self.repository!r}")
        check_stored(answer, digest)
