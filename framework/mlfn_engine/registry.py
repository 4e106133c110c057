"""Push images to a registry (OCI Distribution Specification 1.1): only what it lacks, resumed where it broke off."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

from mlfn.errors import TargetError
from mlfn_engine.builders.image_documents import MANIFEST_TYPE
from mlfn_engine.registry_connection import Answer, Registry, RegistryConnection

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import ImageArtifact

CHUNK = 8 << 20
"""Larger blobs go up in pieces of this size, so that a broken connection costs one piece."""

ATTEMPTS = 5

__all__ = ["Pushed", "Registry", "push"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What a push sent."""

    digest: str
    """`sha256:…` of the manifest, as the registry has it."""
    blobs: int
    """How many blobs the registry lacked."""
    uploaded_bytes: int
    """Blobs and manifest; nothing when the registry had the image under this tag already."""


def push(image: ImageArtifact, registry: Registry, *, repository: str, tag: str, reporter: Reporter) -> Pushed:
    """Upload what the repository lacks of an image and tag it; the tag appears when everything is there.

    Raises:
        TargetError: the registry refuses, does not answer, or stores something else than it was given.
    """
    with RegistryConnection(registry) as connection:
        return _Push(connection, image, repository, reporter).run(tag)


@dataclass(frozen=True, slots=True)
class _Push:
    connection: RegistryConnection
    image: ImageArtifact
    repository: str
    reporter: Reporter

    def run(self, tag: str) -> Pushed:
        manifest = self._blob(self.image.digest).read_bytes()
        if self._tagged(tag):
            self.reporter.report(self.image.function, "the registry has the image")
            return Pushed(digest=self.image.digest, blobs=0, uploaded_bytes=0)
        document = json.loads(manifest)
        missing = [blob for blob in (*document["layers"], document["config"]) if not self._exists(blob["digest"])]
        total = sum(blob["size"] for blob in missing) + len(manifest)
        sent = 0
        for blob in missing:
            self.reporter.report(self.image.function, "pushing", done=sent, total=total)
            self._upload(blob["digest"], blob["size"])
            sent += blob["size"]
        self._put_manifest(tag, manifest)
        self.reporter.report(self.image.function, "pushed", done=total, total=total)
        return Pushed(digest=self.image.digest, blobs=len(missing), uploaded_bytes=total)

    def _blob(self, digest: str) -> Path:
        return self.image.location / "blobs" / digest.replace(":", "/")

    def _url(self, rest: str) -> str:
        return f"/v2/{self.repository}/{rest}"

    def _tagged(self, tag: str) -> bool:
        answer = self.connection.request("HEAD", self._url(f"manifests/{tag}"), {"Accept": MANIFEST_TYPE})
        return answer.status == 200 and answer.headers.get("docker-content-digest") == self.image.digest

    def _exists(self, digest: str) -> bool:
        answer = self.connection.request("HEAD", self._url(f"blobs/{digest}"))
        if answer.status not in {200, 404}:
            raise refused(answer, f"look for a layer in {self.repository}")
        return answer.status == 200

    def _upload(self, digest: str, size: int) -> None:
        """One blob; a session that the registry has lost is begun anew."""
        for _ in range(ATTEMPTS):
            session = self._begin()
            with self._blob(digest).open("rb") as file:
                if size <= CHUNK:
                    answer = self._finish(session, digest, file, size)
                else:
                    answer = self._upload_chunks(session, digest, file, size)
            if answer is not None:
                return self._check_stored(answer, digest)
        raise TargetError(
            f"The registry lost the upload of a layer of {self.image.function!r} {ATTEMPTS} times.",
            hint="Look at the registry's own log, then push again: what it has already is not sent twice.",
        )

    def _begin(self) -> str:
        answer = self.connection.request("POST", self._url("blobs/uploads/"), {"Content-Length": "0"})
        if answer.status != 202:
            raise refused(answer, f"begin an upload to {self.repository}")
        return answer.location

    def _upload_chunks(self, session: str, digest: str, file: IO[bytes], size: int) -> Answer | None:
        offset = 0
        while offset < size:
            file.seek(offset)
            piece = file.read(CHUNK)
            headers = {
                "Content-Type": "application/octet-stream",
                "Content-Range": f"{offset}-{offset + len(piece) - 1}",
            }
            answer = self.connection.request("PATCH", session, headers, piece, once=True)
            if answer.status != 202:
                answer = self.connection.request("GET", session)
            if answer.status not in {202, 204}:
                return None
            session, offset = answer.location, _received(answer)
        return self._finish(session, digest, file, 0)

    def _finish(self, session: str, digest: str, file: IO[bytes], size: int) -> Answer | None:
        mark = "&" if "?" in session else "?"
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        body = file.read(size) if size else b""
        answer = self.connection.request("PUT", f"{session}{mark}digest={quote(digest)}", headers, body, once=True)
        if answer.status in {404, 416} or answer.status >= 500 or answer.broken:
            return None
        if answer.status != 201:
            raise refused(answer, f"store a layer in {self.repository}")
        return answer

    def _check_stored(self, answer: Answer, digest: str) -> None:
        stored = answer.headers.get("docker-content-digest", digest)
        if stored != digest:
            raise _altered(digest, stored)

    def _put_manifest(self, tag: str, manifest: bytes) -> None:
        headers = {"Content-Type": MANIFEST_TYPE}
        answer = self.connection.request("PUT", self._url(f"manifests/{tag}"), headers, manifest)
        if answer.status != 201:
            raise refused(answer, f"tag an image in {self.repository}")
        self._check_stored(answer, self.image.digest)


def _received(answer: Answer) -> int:
    """How many bytes the session holds: `Range: 0-99` is 100, and some registries leave it out for none."""
    _, _, last = answer.headers.get("range", "").partition("-")
    return int(last) + 1 if last.isdecimal() and last != "0" else 0


def _altered(digest: str, stored: str) -> TargetError:
    return TargetError(
        f"The registry stored {stored} where {digest} was sent.",
        hint="Something between here and the registry changes data; do not use the image.",
    )


def refused(answer: Answer, doing: str) -> TargetError:
    """The error of an answer that a push cannot go on from."""
    if answer.status in {401, 403}:
        return TargetError(
            f"The registry does not let you {doing} (HTTP {answer.status}).",
            hint="Check the credentials and what they may do; an ECR token lasts twelve hours.",
        )
    if answer.status == 404:
        return TargetError(f"The registry has no repository to {doing}.", hint="Create it first: mlfn deploy does.")
    return TargetError(
        f"The registry refused to {doing}: {answer.error} (HTTP {answer.status}).",
        hint="Look at the registry's own log, then push again.",
    )
