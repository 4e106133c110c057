"""Where a base image's parts come from."""

from __future__ import annotations

import hashlib
from typing import IO, TYPE_CHECKING, Protocol

from mlfn.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENT_LIMIT = 4 << 20
"""No manifest or configuration is larger; the distribution specification asks registries to take 4 MiB."""

COPY_BLOCK = 1 << 20


class Source(Protocol):
    """Has one image, whole."""

    def document(self, wanted: str) -> bytes:
        """The manifest or index of a tag or digest, not verified.

        Raises:
            MlfnError: there is none.
        """

    def copy(self, digest: str, size: int, target: IO[bytes], progress: Callable[[int], None]) -> None:
        """Write a blob, verified.

        Raises:
            MlfnError: it cannot be had, or is not what its digest promises.
        """


def copy_verified(
    source: IO[bytes], digest: str, size: int, target: IO[bytes], progress: Callable[[int], None]
) -> None:
    """Copy a blob between files.

    Raises:
        BuildError: it is not what its digest promises.
    """
    found, copied = hashlib.sha256(), 0
    while piece := source.read(COPY_BLOCK):
        copied += len(piece)
        if copied > size:
            break
        found.update(piece)
        target.write(piece)
        progress(copied)
    if copied != size or f"sha256:{found.hexdigest()}" != digest:
        raise BuildError(
            f"The base image's blob {digest[:19]}… is not what its name says.",
            hint="The layout is damaged or was tampered with: make it again, for instance with mlfn base debian.",
        )
