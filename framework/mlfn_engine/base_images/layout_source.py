"""Base images in an OCI image layout on this machine: a directory, or a tar of one."""

from __future__ import annotations

import tarfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from mlfn.errors import BuildError
from mlfn_engine.base_images.sources import DOCUMENT_LIMIT, copy_verified

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

INDEX = "index.json"


@dataclass(frozen=True, slots=True)
class LayoutSource:
    """An OCI image layout (OCI Image Layout Specification 1.0)."""

    path: Path

    def document(self, wanted: str) -> bytes:
        """The layout's index, or a manifest by digest."""
        with self._opened(INDEX if not wanted.startswith("sha256:") else _blob(wanted)) as file:
            return file.read(DOCUMENT_LIMIT)

    def copy(self, digest: str, size: int, target: IO[bytes], progress: Callable[[int], None]) -> None:
        """Write a blob, verified."""
        with self._opened(_blob(digest)) as file:
            copy_verified(file, digest, size, target, progress)

    @contextmanager
    def _opened(self, name: str) -> Iterator[IO[bytes]]:
        with ExitStack() as stack:
            try:
                file = self._open(name, stack)
            except (OSError, KeyError, tarfile.TarError) as error:
                raise _no_layout(self.path, name, error) from error
            yield file

    def _open(self, name: str, stack: ExitStack) -> IO[bytes]:
        if self.path.is_dir():
            return stack.enter_context((self.path / name).open("rb"))
        return _member(stack.enter_context(tarfile.open(self.path)), name)


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    for member in archive:
        if member.name.removeprefix("./") == name and member.isfile():
            file = archive.extractfile(member)
            if file is not None:
                return file
    raise KeyError(name)


def _no_layout(path: Path, name: str, error: Exception) -> BuildError:
    if not path.exists():
        problem = f"The base image {path} does not exist."
    elif name.startswith("blobs/") and isinstance(error, FileNotFoundError | KeyError):
        problem = f"{path} holds another image than before, or only part of one: it has no {name[:25]}…."
    elif isinstance(error, OSError) and not isinstance(error, FileNotFoundError | tarfile.TarError):
        problem = f"The base image {path} cannot be read: {error.strerror or error}."
    else:
        problem = f"{path} is no OCI image layout: it has no {name}."
    return BuildError(
        problem,
        hint="Make one with mlfn base debian, or with skopeo copy docker://… oci:path; then mlfn lock.",
    )
