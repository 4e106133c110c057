"""What decides a layer's bytes besides its files; part of every cache key."""

from __future__ import annotations

import os
import zlib

from mlfn.errors import BuildError

LEVEL = 4
"""Half the time of zlib's default for 3 % more bytes, measured on the wheels of an OCR model."""

BLOCK = 1 << 20
"""What is compressed at a time."""

COMPRESSOR = f"zlib-{zlib.ZLIB_RUNTIME_VERSION}-{LEVEL}-{BLOCK}"
"""Another zlib may give other bytes."""

DEFAULT_EPOCH = 315532800
"""1980-01-01, the earliest time that zip archives know too."""


def source_date_epoch() -> int:
    """The time that every file of an image bears (reproducible-builds.org, SOURCE_DATE_EPOCH)."""
    text = os.environ.get("SOURCE_DATE_EPOCH") or str(DEFAULT_EPOCH)
    if not text.isdecimal():
        raise BuildError(
            f"SOURCE_DATE_EPOCH is {text!r}, which is no number of seconds.",
            hint="Unset it, or give it seconds since 1970.",
        )
    return int(text)
