"""Zip archives, unpacked once per digest into a read-only tree."""

from __future__ import annotations

import errno
import tempfile
import zlib
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.execution.unpack import make_read_only, remove_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zipfile import ZipFile, ZipInfo

MAX_UNZIPPED_BYTES = 262_144_000
"""250 MB, AWS Lambda quotas."""


EXTENSIONS = "extensions"
"""Where a layer has programs that Lambda starts beside the runtime."""


def check_archive(path: Path) -> None:
    """Refuse what is no zip archive, is too large, or has entries that leave it.

    Raises:
        ServiceError: as Lambda words it.
    """
    with _readable():
        entries = _entries(path)
    size = _size(entries)
    if size > MAX_UNZIPPED_BYTES:
        message = f"Unzipped size must be smaller than {MAX_UNZIPPED_BYTES} bytes"
        raise errors.invalid_parameter(message)
    for entry in entries:
        name = PurePosixPath(entry.filename)
        if name.is_absolute() or ".." in name.parts:
            raise errors.invalid_parameter(
                f"Could not unzip uploaded file: entry {entry.filename!r} leaves the archive."
            )


def check_together(paths: Sequence[Path]) -> None:
    """Refuse a function's archive and those of its layers if they are too large together.

    Raises:
        ServiceError: as Lambda words it.
    """
    size = sum(_size(_entries(path)) for path in paths)
    if size > MAX_UNZIPPED_BYTES:
        raise errors.invalid_parameter(
            "Function code combined with layers exceeds the maximum allowed size of "
            f"{MAX_UNZIPPED_BYTES} bytes. The actual size is {size} bytes."
        )


def has_extensions(path: Path) -> bool:
    """Whether a layer's archive has programs that are to run beside the runtime."""
    parts = (PurePosixPath(entry.filename).parts for entry in _entries(path) if not entry.is_dir())
    return any(each[0] == EXTENSIONS and len(each) > 1 for each in parts)


def unpack_archives(paths: Sequence[Path], target: Path) -> Path:
    """The tree of one archive or of several, of which later ones lie on top, unpacking them if need be (blocking)."""
    from zipfile import ZipFile  # noqa: PLC0415 - half a megabyte, of no use where functions are images

    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=target.parent))
    try:
        for path in paths:
            with _readable(), ZipFile(path) as archive:
                for entry in archive.infolist():
                    _extract(archive, entry, partial)
        make_read_only(partial)
        partial.rename(target)
    finally:
        if partial.exists():
            remove_tree(partial)
    return target


@contextmanager
def _readable() -> Iterator[None]:
    """Say of what zipfile cannot read what Lambda says of it: broken, encrypted, compressed or named in its own way."""
    from zipfile import BadZipFile  # noqa: PLC0415 - see unpack_archives

    try:
        yield
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.ENAMETOOLONG:
            raise  # the disk's fault
        message = "Could not unzip uploaded file. Please check your file, then try to upload again."
        raise errors.invalid_parameter(message) from error


def _entries(path: Path) -> list[ZipInfo]:
    from zipfile import ZipFile  # noqa: PLC0415 - see unpack_archives

    with ZipFile(path) as archive:
        return archive.infolist()


def _size(entries: Sequence[ZipInfo]) -> int:
    return sum(entry.file_size for entry in entries)


def _extract(archive: ZipFile, entry: ZipInfo, root: Path) -> None:
    _make_way(root, entry)
    extracted = Path(archive.extract(entry, root))
    mode = (entry.external_attr >> 16) & 0o777
    if mode and extracted.is_file():
        extracted.chmod(mode)


def _make_way(root: Path, entry: ZipInfo) -> None:
    """Remove what an archive below has where this one has something else."""
    path = root
    for part in PurePosixPath(entry.filename).parts:
        path = path / part
        if path.is_file() and (path != root / entry.filename or entry.is_dir()):
            path.unlink()
    if not entry.is_dir():
        if path.is_dir():
            remove_tree(path)
        path.unlink(missing_ok=True)
