"""Conditional requests and ranges (RFC 9110)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlfn_localstack.services.s3.errors import invalid_range, no_key, not_modified, precondition_failed

if TYPE_CHECKING:
    from mlfn_localstack.service import Params
    from mlfn_localstack.services.s3.model import Version

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def check_read(params: Params, version: Version) -> None:
    """Refuse to read if the request's conditions do not hold.

    Raises:
        ServiceError: PreconditionFailed or 304.
    """
    if "IfMatch" in params and not _matches(params["IfMatch"], version):
        raise precondition_failed("If-Match")
    unmodified = params.get("IfUnmodifiedSince")
    if unmodified and "IfMatch" not in params and int(version.modified) > unmodified.timestamp():
        raise precondition_failed("If-Unmodified-Since")
    if "IfNoneMatch" in params:
        if _matches(params["IfNoneMatch"], version):
            raise not_modified()
    elif "IfModifiedSince" in params and int(version.modified) <= params["IfModifiedSince"].timestamp():
        raise not_modified()


def check_write(params: Params, key: str, current: Version | None) -> None:
    """Refuse to write if the request's conditions on what is there do not hold.

    Raises:
        ServiceError: PreconditionFailed or NoSuchKey.
    """
    there = current is not None and not current.delete_marker
    if params.get("IfNoneMatch") == "*" and there:
        raise precondition_failed("If-None-Match")
    if "IfMatch" in params:
        if current is None or not there:
            raise no_key(key)
        if not _matches(params["IfMatch"], current):
            raise precondition_failed("If-Match")


def read_range(header: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte of the range that is asked for, or None for everything.

    Raises:
        ServiceError: InvalidRange.
    """
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match[0] == "bytes=-":
        return None
    if not match[1]:
        length = min(int(match[2]), size)
        if length == 0:
            raise invalid_range()
        return size - length, size - 1
    first = int(match[1])
    last = min(int(match[2]), size - 1) if match[2] else size - 1
    if match[2] and int(match[2]) < first:
        return None
    if first >= size:
        raise invalid_range()
    return first, last


def _matches(header: str, version: Version) -> bool:
    wanted = [part.strip().removeprefix("W/").strip('"') for part in header.split(",")]
    return "*" in wanted or version.etag in wanted
