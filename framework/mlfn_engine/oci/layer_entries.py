"""The entries of packed layers, read as a stream: nothing is written, nothing grows without a limit."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, TypeVar, cast

from mlfn.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

UNPACKED_LIMIT = 10 << 30
"""Lambda takes images of up to 10 GB, unpacked (AWS Lambda quotas)."""

ENTRY_LIMIT = 1_000_000
_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
T = TypeVar("T")


@contextmanager
def layer_entries(blob: Path, name: str) -> Iterator[Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]]:
    """The entries of a gzipped layer in order, each with the archive to read its content from.

    Raises:
        BuildError: it is no such archive, or too large to be an image's.
    """
    try:
        with gzip.open(blob) as stream, tarfile.open(fileobj=_limited(stream, name), mode="r|") as archive:
            yield _counted(archive, name)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BuildError(f"A layer of {name} is damaged: {error}.", hint="Pull or build it anew.") from error


def inner_path(name: str) -> str:
    """An entry's path without what archives put before it: `./usr/` is `usr`."""
    return "/".join(part for part in name.split("/") if part not in {"", "."})


def hidden(path: str) -> tuple[str, bool] | None:
    """What a whiteout hides of the layers below: a path, and whether only what is in it; None for other entries."""
    directory, _, name = path.rpartition("/")
    if name == _OPAQUE:
        return directory, True
    if name.startswith(_WHITEOUT):
        return f"{directory}/{name.removeprefix(_WHITEOUT)}".lstrip("/"), False
    return None


@dataclass(slots=True)
class Whiteouts:
    """What a layer hides of the layers below it, and of those alone, wherever in the layer it says so."""

    _whole: set[str] = field(default_factory=set)
    _inside: set[str] = field(default_factory=set)

    def add(self, path: str) -> bool:
        """Whether an entry is a whiteout, which counts from now on."""
        gone = hidden(path)
        if gone is not None:
            (self._inside if gone[1] else self._whole).add(gone[0])
        return gone is not None

    def left(self, lower: Mapping[str, T]) -> dict[str, T]:
        """What is still seen of the layers below, by path."""
        return {path: each for path, each in lower.items() if not self._hides(path)}

    def _hides(self, path: str) -> bool:
        if path in self._whole:
            return True
        above = path.split("/")[:-1]
        names = ("/".join(above[:count]) for count in range(len(above) + 1))
        return any(name in self._inside or name in self._whole for name in names)


class _Limited(io.RawIOBase):
    """A file that refuses to go on for ever."""

    def __init__(self, stream: gzip.GzipFile, name: str) -> None:
        super().__init__()
        self._stream = stream
        self._name = name
        self._left = UNPACKED_LIMIT

    def read(self, size: int = -1, /) -> bytes:
        content = self._stream.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise too_large(self._name)
        return content


def _limited(stream: gzip.GzipFile, name: str) -> IO[bytes]:
    return cast("IO[bytes]", _Limited(stream, name))  # tarfile only reads it


def too_large(name: str) -> BuildError:
    """The error of a layer that cannot be part of an image."""
    return BuildError(
        f"A layer of {name} unpacks to more than Lambda's limit of {UNPACKED_LIMIT >> 30} GB, or to too many files.",
        hint="Take another base image; this one is damaged or meant to do harm.",
    )


def _counted(archive: tarfile.TarFile, name: str) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]:
    for number, member in enumerate(archive):
        if number > ENTRY_LIMIT:
            raise too_large(name)
        yield member, archive
        archive.members.clear()  # type: ignore[attr-defined]  # a stream keeps every header otherwise
