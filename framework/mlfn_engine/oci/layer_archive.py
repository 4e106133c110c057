"""Layer tars: the same bytes for the same files, whoever packs them, wherever and whenever."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from mlfn.errors import BuildError
from mlfn_engine.cache import unreadable
from mlfn_engine.oci.compression import GzipWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from typing_extensions import Buffer

    from mlfn_engine.images.values import PlannedFile

COPY_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerBlob:
    """A packed layer: digests (`sha256:…`) of the blob and of the tar inside it."""

    digest: str
    size: int
    diff_id: str


def pack(files: Iterable[PlannedFile], target: IO[bytes], epoch: int, progress: Callable[[int], None]) -> LayerBlob:
    """Write a gzipped tar of these files, sorted, each directory once before what is in it; never whole in memory."""
    with Packing(target) as packing:
        _add(packing.tar, files, epoch, progress)
    return packing.blob


class Packing:
    """A layer being written: what is added to `tar` is gzipped and digested; `blob` tells what came of it."""

    def __init__(self, target: IO[bytes]) -> None:
        self._blob = _Digesting(target.write)
        self._packed = GzipWriter(self._blob)
        self._content = _Digesting(self._packed.write)
        self.tar = tarfile.open(  # noqa: SIM115  closed in __exit__
            fileobj=self._content, mode="w|", format=tarfile.PAX_FORMAT, bufsize=COPY_BLOCK
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._packed.abandon()
            return
        self.tar.close()
        self._packed.close()

    @property
    def blob(self) -> LayerBlob:
        """The finished layer."""
        return LayerBlob(digest=self._blob.digest, size=self._blob.size, diff_id=self._content.digest)


class _Digesting(io.RawIOBase):
    """Passes bytes on and keeps their digest and count."""

    def __init__(self, write: Callable[[bytes], int]) -> None:
        super().__init__()
        self._write = write
        self._hash = hashlib.sha256()
        self.size = 0

    @property
    def digest(self) -> str:
        return f"sha256:{self._hash.hexdigest()}"

    def write(self, data: Buffer, /) -> int:
        content = bytes(data)
        self._hash.update(content)
        self.size += len(content)
        return self._write(content)


def _add(tar: tarfile.TarFile, files: Iterable[PlannedFile], epoch: int, progress: Callable[[int], None]) -> None:
    made: set[str] = set()
    done = 0
    for file in sorted(files, key=lambda each: each.path.split("/")):
        for directory in _parents(file.path):
            if directory not in made:
                made.add(directory)
                tar.addfile(_entry(directory, epoch, mode=0o755, kind=tarfile.DIRTYPE))
        done += _add_file(tar, file, epoch)
        progress(done)


def _add_file(tar: tarfile.TarFile, file: PlannedFile, epoch: int) -> int:
    entry = _entry(file.path, epoch, mode=file.mode)
    if isinstance(file.source, bytes) and stat.S_ISLNK(file.mode):
        entry.type, entry.mode, entry.linkname = tarfile.SYMTYPE, stat.S_IMODE(file.mode), file.source.decode()
        tar.addfile(entry)
        return 0
    if isinstance(file.source, bytes):
        entry.size = len(file.source)
        tar.addfile(entry, io.BytesIO(file.source))
        return entry.size
    with _opened(file.source) as source:
        entry.size = os.fstat(source.fileno()).st_size
        try:
            tar.addfile(entry, source)
        except OSError as error:
            if str(error) != "unexpected end of data":
                raise
            raise BuildError(f"{file.source} got shorter while it was packed.", hint="Build again.") from error
    return entry.size


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise unreadable(path, error) from error


def _parents(path: str) -> list[str]:
    parts = Path(path).parts[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _entry(name: str, epoch: int, *, mode: int, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.mode, entry.mtime, entry.type = mode, epoch, kind
    return entry
