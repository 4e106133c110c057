"""Which repositories of a registry hold a blob, as far as pushes from this machine have shown."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_engine.cache import write

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

KEPT = 4
"""Repositories that are remembered for each blob, the latest first; the first that still has it will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBlobs:
    """What is known of one registry, in a directory of the build cache; losing it costs uploads only."""

    directory: Path

    def elsewhere(self, digest: str, repository: str) -> tuple[str, ...]:
        """Other repositories that have held a blob."""
        return tuple(each for each in self._read(digest) if each != repository)

    def note(self, digests: Iterable[str], repository: str) -> None:
        """Remember that a repository holds these blobs."""
        for digest in digests:
            known = self._read(digest)
            if known[:1] != [repository]:
                latest = [repository, *(each for each in known if each != repository)][:KEPT]
                write(self._file(digest), json.dumps(latest).encode())

    def forget(self, digest: str, repository: str) -> None:
        """A repository has turned out not to give a blob away."""
        write(self._file(digest), json.dumps([each for each in self._read(digest) if each != repository]).encode())

    def _read(self, digest: str) -> list[str]:
        try:
            found = json.loads(self._file(digest).read_bytes())
        except (FileNotFoundError, ValueError):
            return []
        return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []

    def _file(self, digest: str) -> Path:
        return self.directory / digest.removeprefix("sha256:")


def known_blobs(cache: Path, endpoint: str) -> KnownBlobs:
    """What is known of the registry at an endpoint."""
    return KnownBlobs(directory=cache / "pushed" / hashlib.sha256(endpoint.encode()).hexdigest()[:16])
