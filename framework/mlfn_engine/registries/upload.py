"""Upload one blob: whole when it is small, in pieces that can be taken up again when it is not, or not at all.

Not at all where another repository of the registry gives it: "Mounting a blob from another repository",
https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

from mlfn.errors import TargetError
from mlfn_engine.cache import hash_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlfn_engine.registries.connection import Answer, RegistryConnection

CHUNK = 8 << 20
"""Larger blobs go up in pieces of this size, so that a broken connection costs one piece."""

ATTEMPTS = 5
_OCTETS = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobUpload:
    """The upload of a file as a blob of a repository."""

    connection: RegistryConnection
    repository: str
    digest: str
    path: Path
    progress: Callable[[int], None]

    def run(self) -> None:
        """Upload it; a session that the registry has lost is begun anew.

        Raises:
            TargetError: the registry refuses, or loses every session.
        """
        for _ in range(ATTEMPTS):
            session = self._begin()
            with self.path.open("rb") as file:
                stored = self._send(session, file, self.path.stat().st_size)
            if stored is not None:
                return check_stored(stored, self.digest)
        raise TargetError(
            f"The registry lost the upload of a layer to {self.repository!r} {ATTEMPTS} times.",
            hint="Look at the registry's own log, then push again: what it has already is not sent twice.",
        )

    def mount(self, source: str) -> bool:
        """Whether the registry could take the blob from another of its repositories, and has."""
        url = f"/v2/{self.repository}/blobs/uploads/?mount={quote(self.digest)}&from={quote(source, safe='')}"
        answer = self.connection.request("POST", url, {"Content-Length": "0"})
        if answer.status == 201:
            check_stored(answer, self.digest)
            return True
        if answer.status == 202 and answer.location:  # an upload has begun instead, which nobody will go on with
            self.connection.request("DELETE", answer.location)
        return False

    def _begin(self) -> str:
        answer = self.connection.request("POST", f"/v2/{self.repository}/blobs/uploads/", {"Content-Length": "0"})
        if answer.status != 202:
            raise refused(answer, f"begin an upload to {self.repository!r}")
        return answer.location

    def _send(self, session: str, file: IO[bytes], size: int) -> Answer | None:
        """The registry's answer to the last request; None when the session is lost."""
        if size <= CHUNK:
            return self._finish(session, file.read())
        offset = failures = 0
        while offset < size:
            answer = self._patch(session, file, offset)
            if answer.status != 202:
                failures += 1
                answer = self.connection.request("GET", session)
            if answer.status not in {202, 204} or failures > ATTEMPTS:
                return None
            session, offset = answer.location or session, _received(answer)
            self.progress(offset)
        return self._finish(session, b"")

    def _patch(self, session: str, file: IO[bytes], offset: int) -> Answer:
        file.seek(offset)
        piece = file.read(CHUNK)
        headers = {"Content-Type": _OCTETS, "Content-Range": f"{offset}-{offset + len(piece) - 1}"}
        answer = self.connection.request("PATCH", session, headers, piece, once=True)
        if answer.status in {400, 401, 403, 413}:
            raise refused(answer, f"store a layer in {self.repository!r}")
        return answer

    def _finish(self, session: str, content: bytes) -> Answer | None:
        url = f"{session}{'&' if '?' in session else '?'}digest={quote(self.digest)}"
        headers = {"Content-Type": _OCTETS, "Content-Length": str(len(content))}
        answer = self.connection.request("PUT", url, headers, content, once=True)
        if answer.broken or answer.status in {404, 416, 429} or answer.status >= 500:
            return None
        if answer.status != 201:
            if f"sha256:{hash_file(self.path)}" != self.digest:
                raise DamagedBlobError(self.digest)
            raise refused(answer, f"store a layer in {self.repository!r}")
        return answer


class DamagedBlobError(Exception):
    """A blob on this machine is no longer what its name says."""

    def __init__(self, digest: str) -> None:
        super().__init__(digest)
        self.digest = digest


def check_stored(answer: Answer, digest: str) -> None:
    """Hold the registry to what it was given.

    Raises:
        TargetError: it names another digest.
    """
    stored = answer.headers.get("docker-content-digest", digest)
    if stored != digest:
        raise TargetError(
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
        f"The registry refused to {doing}: {answer.error.rstrip('.')} (HTTP {answer.status}).",
        hint="Look at the registry's own log, then push again.",
    )


def _received(answer: Answer) -> int:
    """How many bytes the session holds: `0-99` is 100; `0-0` is none, for nobody sends a single byte."""
    _, _, last = answer.headers.get("range", "").partition("-")
    return int(last) + 1 if last.isdecimal() and last != "0" else 0
