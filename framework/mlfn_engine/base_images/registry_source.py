"""Base images in a registry (OCI Distribution Specification 1.1)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

from mlfn.errors import TargetError
from mlfn_engine.base_images.sources import DOCUMENT_LIMIT
from mlfn_engine.oci.media_types import INDEX_TYPES, MANIFEST_TYPES
from mlfn_engine.registries.connection import Registry, RegistryConnection
from mlfn_engine.registries.credentials import stored_authorization
from mlfn_engine.registries.download import BlobDownload, served_something_else

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_engine.base_images.references import RegistryReference

_ACCEPT = ", ".join((*MANIFEST_TYPES, *INDEX_TYPES))


@dataclass(frozen=True, slots=True)
class RegistrySource:
    """A repository of a registry."""

    connection: RegistryConnection
    repository: str

    def document(self, wanted: str) -> bytes:
        """The manifest or index of a tag or digest."""
        url = f"/v2/{self.repository}/manifests/{quote(wanted, safe=':')}"
        answer = self.connection.request("GET", url, {"Accept": _ACCEPT})
        if answer.status in {401, 403, 404}:
            raise TargetError(
                f"The registry {self.connection.registry.endpoint} has no {self.repository}:{wanted} "
                f"that you may read (HTTP {answer.status}).",
                hint="Check the reference; where it is private, log in with docker, podman or skopeo login.",
            )
        if answer.status != 200:
            raise TargetError(
                f"The registry {self.connection.registry.endpoint} answers HTTP {answer.status}: {answer.error}",
                hint="Try again later.",
            )
        if len(answer.body) > DOCUMENT_LIMIT:
            raise served_something_else(self.connection.registry.endpoint, wanted)
        return answer.body

    def copy(self, digest: str, size: int, target: IO[bytes], progress: Callable[[int], None]) -> None:
        """Write a blob, verified."""
        download = BlobDownload(
            connection=self.connection, repository=self.repository, digest=digest, size=size, progress=progress
        )
        download.run(target)


def registry_of(reference: RegistryReference) -> Registry:
    """The registry of a reference, with the credentials that other tools keep for it."""
    return Registry(endpoint=reference.endpoint, authorization=stored_authorization(reference.host, os.environ))
