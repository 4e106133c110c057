"""Which globals a model's pickled artefacts import, and which of them no model needs."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Protocol

from mlfn.errors import BuildError
from mlfn_engine.artefacts.pickle_reading import PickleError, read_names
from mlfn_engine.cache import FileDigests, write
from mlfn_engine.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlfn_engine.remote_asset import RemoteAsset

SUFFIXES = frozenset({".pkl", ".pickle", ".joblib", ".sav", ".dill", ".pt", ".pth", ".ckpt"})
_READING = 1
"""Counts up whenever other names begin to be found."""

_UNPACKED_LIMIT = 4 << 30
_PROTOCOLS = tuple(bytes([0x80, number]) for number in range(2, 6))
# fmt: off
_DANGEROUS_MODULES = frozenset({
    "_pickle", "asyncio", "cloudpickle", "code", "codeop", "ctypes", "dill", "ftplib", "http", "importlib",
    "marshal", "multiprocessing", "nt", "os", "pdb", "pickle", "pip", "posix", "pty", "runpy", "shutil",
    "smtplib", "socket", "subprocess", "sys", "threading", "timeit", "types", "urllib", "webbrowser",
})
_DANGEROUS_BUILTINS = frozenset({
    "__import__", "breakpoint", "compile", "eval", "exec", "getattr", "globals", "input", "open", "setattr",
    "vars",
})
# fmt: on
_BUILTINS = frozenset(
    ["eval", "exec", "compile", "__import__", "getattr", "setattr", "open", "input", "breakpoint", "globals", "vars"]
)
_BUILTINS = frozenset({"builtins", "__builtin__"})


@dataclass(frozen=True, slots=True)
class PickleReader:
    """Finds what artefacts import, once for each content."""

    cache: Path

    def names(self, path: Path) -> tuple[str, ...] | None:
        """The globals that loading an artefact imports; None for a file that is no pickle.

        Raises:
            BuildError: it is a pickle that cannot be followed.
        """
        if path.suffix.lower() not in SUFFIXES:
            return None
        kept = self.cache / "pickles" / f"{FileDigests(self.cache).digest(path)}-{_READING}.json"
        if kept.is_file():
            found = json.loads(kept.read_bytes())
            return None if found is None else tuple(found)
        names = _names(path)
        write(kept, canonical(names).encode())
        return names


def is_pickled(asset: RemoteAsset) -> bool:
    """Whether an object in S3 is called as pickles are."""
    return PurePosixPath(asset.name).suffix.lower() in SUFFIXES


def dangerous(names: tuple[str, ...], allowed: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the names that run whatever the file says, unless the project allows them."""
    return tuple(name for name in names if name not in allowed and _is_dangerous(name))


def dangerous_artefact(path: str, names: tuple[str, ...]) -> BuildError:
    """The error of an artefact that would run more than a model needs."""
    return BuildError(
        f"{path} would import {', '.join(names)} when it is loaded, with which it can do anything.",
        hint="Find out who made it. If you trust it, name these under [tool.mlfn]: "
        f"allow-pickle = {json.dumps(list(names))}.",
    )


def _is_dangerous(name: str) -> bool:
    module, _, attribute = name.partition(".")
    if module in _BUILTINS:
        return attribute.split(".")[0] in _DANGEROUS_BUILTINS
    return module in _DANGEROUS_MODULES


def _names(path: Path) -> tuple[str, ...] | None:
    names: set[str] = set()
    try:
        with _opened(path) as files:
            for file in files:
                if not _is_pickle(file):
                    return None
                read_names(file, names)
    except (PickleError, OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        raise BuildError(
            f"{path.name} is a pickle that cannot be followed to its end: {error}.",
            hint="Save it again, uncompressed or with gzip; or keep weights in a format without code, such as ONNX.",
        ) from error
    return tuple(sorted(names))


def _is_pickle(file: IO[bytes]) -> bool:
    start = file.read(2)
    file.seek(0)
    return start in _PROTOCOLS or (start[:1] in b"(]}cd" and len(start) > 1)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@contextmanager
def _opened(path: Path) -> Iterator[list[IO[bytes]]]:
    """The pickles in a file: itself, what it compresses (joblib), or a member of its archive (torch)."""
    with path.open("rb") as file:
        start = file.read(6)
        file.seek(0)
        if start.startswith(b"PK"):
            with zipfile.ZipFile(file) as archive:
                members = [name for name in archive.namelist() if name.endswith(".pkl")]
                yield [_whole(archive.open(name)) for name in members]
        elif start.startswith(b"\x1f\x8b"):
            with gzip.open(file) as unzipped:
                yield [_whole(unzipped)]
        elif start.startswith(b"BZh"):
            with bz2.open(file) as inner:
                yield [_whole(inner)]
        elif start.startswith(b"\xfd7zXZ"):
            with lzma.open(file) as expanded:
                yield [_whole(expanded)]
        elif start.startswith(b"x"):
            yield [_inflated(file)]
        else:
            yield [file]


def _whole(file: _Readable) -> IO[bytes]:
    content = file.read(_UNPACKED_LIMIT + 1)
    if len(content) > _UNPACKED_LIMIT:
        raise PickleError(f"it unpacks to more than {_UNPACKED_LIMIT >> 30} GB")
    return io.BytesIO(content)


def _inflated(file: IO[bytes]) -> IO[bytes]:
    inflate = zlib.decompressobj()
    content = inflate.decompress(file.read(), _UNPACKED_LIMIT)
    if inflate.unconsumed_tail:
        raise PickleError(f"it unpacks to more than {_UNPACKED_LIMIT >> 30} GB")
    return io.BytesIO(content)
