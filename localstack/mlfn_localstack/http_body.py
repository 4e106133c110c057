"""Receiving a request's body: by length or in chunks, into memory or into a file, never beyond its limit."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlfn_localstack.http import SpooledBody
from mlfn_localstack.http_head import MalformedRequestError

if TYPE_CHECKING:
    from mlfn_localstack.http_head import RequestHead

MAX_CHUNK_LINE = 4_096
MAX_TRAILER_BYTES = 16_384
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[\t\x20-\x7e]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLimit:
    """How large a body may be, and where it goes."""

    max_bytes: int
    spool_dir: Path | None = None
    """Bodies larger than `spool_above` go to a file here; None: memory only."""
    spool_above: int = 1 << 20
    too_large: str = "Request body too large."
    error_type: str = "RequestEntityTooLargeException"


class MemoryBody:
    """A body kept in memory."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self.data += data

    def discard(self) -> None:
        """Forget what came."""
        self.data.clear()


class FileBody:
    """A body written to a file as it comes, digested on the way unless the digest would be of no use."""

    def __init__(self, directory: Path, *, digested: bool = True) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=directory, prefix="upload-")
        self._file = os.fdopen(descriptor, "wb")
        self._path = Path(name)
        self._size = 0
        self._sha256 = hashlib.sha256() if digested else None

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self._file.write(data)
        if self._sha256 is not None:
            self._sha256.update(data)
        self._size += len(data)

    def finish(self) -> SpooledBody:
        """The complete body."""
        self._file.close()
        sha256 = None if self._sha256 is None else self._sha256.hexdigest()
        return SpooledBody(path=self._path, size=self._size, sha256=sha256)

    def discard(self) -> None:
        """Remove the file."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def remove_unfinished(directory: Path) -> None:
    """Remove bodies that were being received when the emulator was last killed."""
    for pattern in ("upload-*", "decoded-*"):
        for file in directory.glob(pattern):
            file.unlink()


def whole_body(head: RequestHead, limit: BodyLimit, buffer: bytearray) -> bytes | None:
    """The body at the front of `buffer`, if all of it is there and belongs in memory; it is removed from there."""
    size = head.content_length
    if head.chunked or len(buffer) < size or size > limit.max_bytes:
        return None
    if limit.spool_dir is not None and size > limit.spool_above:
        return None
    body = bytes(buffer[:size])
    del buffer[:size]
    return body


def _sink(head: RequestHead, limit: BodyLimit) -> MemoryBody | FileBody:
    if limit.spool_dir is None or not (head.chunked or head.content_length > limit.spool_above):
        return MemoryBody()
    in_chunks = (head.header("x-amz-content-sha256") or "").startswith("STREAMING-")
    return FileBody(limit.spool_dir, digested=not in_chunks)


class BodyReader:
    """The body of one request, fed with what the connection receives."""

    def __init__(self, head: RequestHead, limit: BodyLimit) -> None:
        self._limit = limit
        self._chunked = head.chunked
        self._remaining = head.content_length
        self._in_trailer = False
        self._after_chunk = False
        self._trailer_bytes = 0
        self.received = 0
        if head.content_length > limit.max_bytes:
            raise MalformedRequestError(413, limit.too_large, limit.error_type)
        self.sink = _sink(head, limit)

    def feed(self, buffer: bytearray) -> bool:
        """Take what belongs to the body from the front of `buffer`; True once it is complete.

        Raises:
            MalformedRequestError: the framing is broken or the body too large.
        """
        if not self._chunked:
            self._take(buffer)
            return self._remaining == 0
        while True:
            if self._remaining:
                if not buffer:
                    return False
                self._take(buffer)
                self._after_chunk = self._remaining == 0
            elif self._in_trailer:
                return self._skip_trailer(buffer)
            elif not self._next_chunk(buffer):
                return False

    def _take(self, buffer: bytearray) -> None:
        size = min(len(buffer), self._remaining)
        if size:
            self.received += size
            if self.received > self._limit.max_bytes:
                raise MalformedRequestError(413, self._limit.too_large, self._limit.error_type)
            self.sink.write(bytes(buffer[:size]))
            del buffer[:size]
            self._remaining -= size

    def _next_chunk(self, buffer: bytearray) -> bool:
        if self._after_chunk:
            if len(buffer) < 2:
                return False
            if buffer[:2] != b"\r\n":
                raise MalformedRequestError(400, "A chunk is longer than its size says.")
            del buffer[:2]
            self._after_chunk = False
        end = buffer.find(b"\r\n")
        if end < 0:
            if len(buffer) > MAX_CHUNK_LINE:
                raise MalformedRequestError(400, "A chunk's size line is too long.")
            return False
        match = _CHUNK_SIZE.fullmatch(bytes(buffer[:end]))
        if not match:
            raise MalformedRequestError(400, "A chunk's size is not a hexadecimal number.")
        del buffer[: end + 2]
        self._remaining = int(match[1], 16)
        self._in_trailer = self._remaining == 0
        return True

    def _skip_trailer(self, buffer: bytearray) -> bool:
        """Trailers of the transfer coding carry nothing we may trust: drop them up to the empty line."""
        while (end := buffer.find(b"\r\n")) >= 0:
            self._trailer_bytes += end + 2
            del buffer[: end + 2]
            if end == 0:
                return True
        if self._trailer_bytes + len(buffer) > MAX_TRAILER_BYTES:
            raise MalformedRequestError(400, "The trailer is too long.")
        return False
