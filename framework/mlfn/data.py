"""`mlfn.open`: reads a file or an S3 object, and tells the audit trail which one it was."""

from __future__ import annotations

import io
import os

from mlfn.audit.codec import fit
from mlfn.errors import DataError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

opened: dict[str, None] = {}
"""References opened in the current call, in order; the runtime empties it before each."""
REFERENCE_LIMIT = 200
_digests: dict[tuple[str, int, int, int], str] = {}


def open(uri: str | os.PathLike[str], mode: str = "rb") -> IO[Any]:
    """A readable file of a path or `s3://bucket/key[?versionId=…]`; the call's record names it and its version.

    Raises:
        DataError: the object cannot be read.
        OSError: the file cannot be read.
    """
    name = os.fspath(uri)
    if mode not in ("r", "rt", "rb"):
        raise DataError(f"{name} is opened with mode {mode!r}.", hint='mlfn.open reads: use "rb" or "r".')
    file, reference = _s3(name) if name.startswith("s3://") else _local(name)
    opened[fit(reference, REFERENCE_LIMIT)] = None
    return file if mode == "rb" else io.TextIOWrapper(file, encoding="utf-8")


def references() -> list[str]:
    """What the current call has opened."""
    return list(opened)


def _local(path: str) -> tuple[Any, str]:
    file = io.open(path, "rb")  # noqa: SIM115, UP020 - the caller closes it; `open` is ours here
    try:
        digest = _file_digest(file)
    except BaseException:
        file.close()
        raise
    return file, f"{os.path.relpath(path)}#{digest}"


def _file_digest(file: Any) -> str:
    """SHA-256 of a file, read once as long as it does not change."""
    from hashlib import file_digest  # noqa: PLC0415 - only for models that read files

    status = os.fstat(file.fileno())
    key = (file.name, status.st_ino, status.st_mtime_ns, status.st_size)
    if (digest := _digests.get(key)) is None:
        digest = _digests[key] = file_digest(file, "sha256").hexdigest()
        file.seek(0)
    return digest


def _s3(uri: str) -> tuple[Any, str]:
    from mlfn.runtime.s3 import get_object  # noqa: PLC0415 - only for models that read objects

    bucket, _, rest = uri[5:].partition("/")
    key, mark, version = rest.partition("?versionId=")
    if not bucket or not key:
        raise DataError(f"{uri} names no object.", hint="Write s3://bucket/key or s3://bucket/key?versionId=….")
    found = get_object(bucket, key, version if mark else None, os.environ)
    name = f"{bucket}/{key}@{found.version}" if found.version else f"{bucket}/{key}"
    return io.BytesIO(found.body), f"{name}#{found.etag}"
