"""A blob's content as a file on disk: read from S3 part by part, so that it is never in memory as a whole."""

from __future__ import annotations

from hashlib import sha256
from tempfile import TemporaryFile
from time import sleep

from mlfn.errors import DataError
from mlfn.runtime.http import ExchangeError
from mlfn.runtime.s3 import code_of, get_range

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import IO

    from mlfn.runtime.http import Answer, Connection

PART = 4 * 1024 * 1024
_PAUSES_S = (0.1, 0.4)
_PARTIAL = 206
_SERVER_ERROR = 500


def as_file(place: tuple[str, str], size: int, digest: str, environ: Mapping[str, str]) -> IO[bytes]:
    """The object at a bucket and key, at its beginning; it is gone from the disk once closed.

    Raises:
        DataError: S3 does not give it, it is not what its digest says, or the disk has no room for it.
    """
    file = TemporaryFile(prefix="mlfn-blob-")  # noqa: SIM115 - its reader closes it
    found = sha256()
    try:
        for part in _parts(place, size, environ):
            found.update(part)
            file.write(part)
        if found.hexdigest() != digest:
            raise DataError("The content of a blob is not what its digest says.", hint="Make or upload it again.")
        file.seek(0)
    except OSError as error:
        file.close()
        hint = "Declare more room: @model(ephemeral_storage_mb=…)."
        raise DataError(f"A blob of {size:,} bytes does not fit on the disk: {error.strerror}.", hint=hint) from error
    except BaseException:
        file.close()
        raise
    return file


def _parts(place: tuple[str, str], size: int, environ: Mapping[str, str]) -> Iterator[bytes]:
    connections: dict[str, Connection] = {}
    try:
        for offset in range(0, size, PART):
            yield _part(place, (offset, min(offset + PART, size) - 1), environ, connections)
    finally:
        for connection in connections.values():
            connection.close()


def _part(
    place: tuple[str, str], ends: tuple[int, int], environ: Mapping[str, str], connections: dict[str, Connection]
) -> bytes:
    """One part, asked for three times if S3 is in trouble."""
    said = ""
    for pause_s in (*_PAUSES_S, None):
        try:
            answer: Answer = get_range((*place, ""), *ends, environ, connections)
        except ExchangeError as error:
            said = str(error)
        else:
            if answer.status == _PARTIAL:
                return answer.body
            said = code_of(answer)
            if answer.status < _SERVER_ERROR:
                break
        if pause_s is not None:
            sleep(pause_s)
    raise DataError(f"s3://{'/'.join(place)}: {said}.", hint="Try again, or upload the blob again.")
