"""gzip that uses every core and gives the same bytes however many there are."""

from __future__ import annotations

import os
import zlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from mlfn_engine.oci.packing import BLOCK, LEVEL

WINDOW = 32 << 10
"""DEFLATE looks back this far, so each block is primed with the end of the one before it."""

_HEADER = bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])
"""RFC 1952: DEFLATE, no name, no time, no system."""


class Sink(Protocol):
    """Takes bytes."""

    def write(self, data: bytes, /) -> int:
        """Take these."""


class GzipWriter:
    """A gzip stream of one member: what is written is cut into blocks that are compressed side by side."""

    def __init__(self, target: Sink) -> None:
        self._target = target
        self._pool = ThreadPoolExecutor(max_workers=os.cpu_count() or 1)
        self._queue: deque[Future[bytes]] = deque()
        self._limit = 2 * (os.cpu_count() or 1)
        self._block = bytearray()
        self._window = b""
        self._checksum = 0
        self._size = 0
        target.write(_HEADER)

    def write(self, data: bytes) -> int:
        """Compress more bytes."""
        self._checksum = zlib.crc32(data, self._checksum)
        self._size += len(data)
        self._block += data
        while len(self._block) > BLOCK:
            self._submit(bytes(self._block[:BLOCK]), last=False)
            del self._block[:BLOCK]
        return len(data)

    def close(self) -> None:
        """Finish the stream; the target stays open."""
        self._submit(bytes(self._block), last=True)
        self._drain(0)
        self._pool.shutdown()
        self._target.write(self._checksum.to_bytes(4, "little") + (self._size & 0xFFFFFFFF).to_bytes(4, "little"))

    def abandon(self) -> None:
        """Stop without finishing the stream."""
        self._pool.shutdown(cancel_futures=True)

    def _submit(self, block: bytes, *, last: bool) -> None:
        self._queue.append(self._pool.submit(_deflated, block, self._window, last))
        self._window = block[-WINDOW:]
        self._drain(self._limit)

    def _drain(self, limit: int) -> None:
        while len(self._queue) > limit:
            self._target.write(self._queue.popleft().result())


def _deflated(block: bytes, window: bytes, last: bool) -> bytes:
    compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=window)
    return compressor.compress(block) + compressor.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)
