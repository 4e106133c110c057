"""The content-addressed cache that all apps share: whole files or nothing, safe for several builds at once."""

from __future__ import annotations

import hashlib
import importlib
import os
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from mlfn.errors import BuildError
from mlfn_engine.fingerprint import fingerprint, settled, signature

if TYPE_CHECKING:
    from collections.abc import Iterator

fcntl: Any = importlib.import_module("fcntl") if os.name == "posix" else None
"""Elsewhere two builds may make the same layer twice, to the same end."""

MEMO_FROM_BYTES = 64 << 10
"""Smaller files are quicker hashed than looked up."""


def cache_dir() -> Path:
    """Where builds keep what they can use again: `$MLFN_CACHE`, else `mlfn` in the user's cache directory."""
    if chosen := os.environ.get("MLFN_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mlfn"


@contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears under its name only when it is complete and on the disk."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".tmp-", delete=False) as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise unwritable(path, error) from error


def write(path: Path, content: bytes) -> Path:
    """Keep these bytes under this name, all or nothing."""
    with written(path) as file:
        file.write(content)
    return path


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Inside, nobody else, in this process or another, is inside with the same path."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("wb")
    except OSError as error:
        raise unwritable(path, error) from error
    with file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def discard(layout: Path, digest: str) -> None:
    """Forget a blob, and the image in whose layout it was found."""
    (layout / "index.json").unlink(missing_ok=True)
    for directory in (layout, layout.parents[1]):
        (directory / "blobs" / digest.replace(":", "/")).unlink(missing_ok=True)


def unwritable(path: Path, error: OSError) -> BuildError:
    """The error of a cache that cannot be written."""
    return BuildError(
        f"The build cache cannot be written: {error.strerror or error} ({path}).",
        hint="Free some space, or set MLFN_CACHE to a directory you can write.",
    )


def unreadable(path: Path, error: OSError) -> BuildError:
    """The error of a file of the project that cannot be read."""
    return BuildError(
        f"{path} cannot be read: {error.strerror or error}.", hint="Put it back, or make it readable; then build again."
    )


class FileDigests:
    """SHA-256 of files, remembered for large ones as long as their inodes stay the same, change time included."""

    def __init__(self, cache: Path) -> None:
        self._directory = cache / "digests"

    def digest(self, path: Path) -> str:
        """SHA-256 (hex) of a file.

        Raises:
            BuildError: it cannot be read.
        """
        try:
            return self._digest(path, path.stat().st_size)
        except OSError as error:
            raise unreadable(path, error) from error

    def _digest(self, path: Path, size: int) -> str:
        if size < MEMO_FROM_BYTES:
            return hashlib.sha256(path.read_bytes()).hexdigest()
        memo = self._directory / hashlib.sha256(os.fsencode(path.absolute())).hexdigest()
        began_ns, before = time.time_ns(), signature(str(path))
        seen = f"{fingerprint([before])} "
        if memo.exists() and (known := memo.read_text()).startswith(seen):
            return known.removeprefix(seen)
        found = hash_file(path)
        if settled(before, began_ns):
            write(memo, (seen + found).encode())
        return found


def hash_file(path: Path) -> str:
    """SHA-256 (hex) of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
