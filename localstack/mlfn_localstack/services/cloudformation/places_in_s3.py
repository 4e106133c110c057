"""Where a URL says that an object lies."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

_HOSTED = re.compile(r"(?P<bucket>.+)\.s3[.-][^/]*")


def place_in_s3(url: str) -> tuple[str, str]:
    """Bucket and key of an object's URL, in either style; empty where it names none."""
    parts = urlsplit(url)
    hosted, path = _HOSTED.fullmatch(parts.hostname or ""), unquote(parts.path.lstrip("/"))
    if hosted:
        return hosted["bucket"], path
    bucket, _, key = path.partition("/")
    return bucket, key
