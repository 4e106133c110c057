"""Zip archives, unpacked once per digest into a read-only tree."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.execution.unpack import make_read_only, remove_tree

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

MAX_UNZIPPED_BYTES = 262_144_000
"""250 MB, AWS Lambda quotas."""


def check_archive(path: Path) -> None:
    """Refuse what is no zip archive, is too large, or has entries that leave it.

    Raises:
        ServiceError: as Lambda words it.
    """
    from zipfile import BadZipFile, ZipFile  # noqa: PLC0415 - half a megabyte, of no use where functions are images

    try:
        with ZipFile(path) as archive:
            entries = archive.infolist()
    except BadZipFile as error:
        raise errors.invalid_parameter(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        ) from error
    size = sum(entry.file_size for entry in entries)
    if size > MAX_UNZIPPED_BYTES:
        message = f"Unzipped size must be smaller than {MAX_UNZIPPED_BYTES} bytes"
        raise errors.invalid_parameter(message)
    for entry in entries:
        name = PurePosixPath(entry.filename)
        if name.is_absolute() or ".." in name.parts:
            raise errors.invalid_parameter(
                f"Could not unzip uploaded file: entry {entry.filename!r} leaves the archive."
            )


def unpack_archive(path: Path, target: Path) -> Path:
    """The tree of an archive, unpacking it if need be (blocking)."""
    from zipfile import ZipFile  # noqa: PLC0415 - see check_archive

    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=target.parent))
    try:
        with ZipFile(path) as archive:
            for entry in archive.infolist():
                _extract(archive, entry, partial)
        make_read_only(partial)
        partial.rename(target)
    finally:
        if partial.exists():
            remove_tree(partial)
    return target


def _extract(archive: ZipFile, entry: ZipInfo, root: Path) -> None:
    extracted = Path(archive.extract(entry, root))
    mode = (entry.external_attr >> 16) & 0o777
    if mode and extracted.is_file():
        extracted.chmod(mode)
