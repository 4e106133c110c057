"""gzip in blocks."""

from __future__ import annotations

import gzip
import io
import random

import pytest

from mlfn_engine.oci.compression import GzipWriter
from mlfn_engine.oci.packing import BLOCK

NOISE = random.Random(1).randbytes(2 * BLOCK)  # noqa: S311  the same in every run


def packed(content: bytes, step: int = 70_000) -> bytes:
    """A gzip of this content, written in steps."""
    target = io.BytesIO()
    writer = GzipWriter(target)
    for start in range(0, len(content), step):
        writer.write(content[start : start + step])
    writer.close()
    return target.getvalue()


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 17])
def test_what_is_packed_comes_out_again(size: int) -> None:
    content = NOISE[: size // 2] + b"a" * (size - size // 2)

    assert gzip.decompress(packed(content)) == content


def test_the_bytes_do_not_depend_on_how_they_were_written() -> None:
    content = NOISE + b"abc" * BLOCK

    assert packed(content, 999) == packed(content, 2_000_000)
