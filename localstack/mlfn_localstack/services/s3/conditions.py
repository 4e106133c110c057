"""Conditional requests and ranges (RFC 9110)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlfn_localstack.protocols.timestamps import format_timestamp
from mlfn_localstack.services.s3.errors import (
    changed_meanwhile,
    invalid_argument,
    invalid_range,
    invalid_request,
    no_key,
    not_implemented,
    not_modified,
    precondition_failed,
)

if TYPE_CHECKING:
    from mlfn_localstack.service import Params
    from mlfn_localstack.services.s3.model import Version

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_COPIED = "x-amz-copy-source-"


def check_read(params: Params, version: Version) -> None:
    """Refuse to read if the request's conditions do not hold.

    Raises:
        ServiceError: PreconditionFailed or 304.
    """
    _check_unchanged(params, version, "")
    if _is_known(params, version):
        modified = str(format_timestamp(datetime.fromtimestamp(version.modified, UTC), "rfc822"))
        raise not_modified(version.etag, modified)


def check_copied(params: Params, version: Version) -> None:
    """Refuse to copy from a source on which the request's conditions do not hold.

    Raises:
        ServiceError: PreconditionFailed.
    """
    prefix = "CopySource"
    given = {name.removeprefix(prefix): value for name, value in params.items() if name.startswith(f"{prefix}If")}
    _check_unchanged(given, version, _COPIED)
    if _is_known(given, version):
        which = "If-None-Match" if "IfNoneMatch" in given else "If-Modified-Since"
        raise precondition_failed(_COPIED + which)


def check_write(params: Params, key: str, current: Version | None) -> None:
    """Refuse to write if the request's conditions on what is there do not hold.

    Raises:
        ServiceError: PreconditionFailed, NoSuchKey or NotImplemented.
    """
    _check_conditions(params)
    there = current is not None and not current.delete_marker
    if "IfNoneMatch" in params and there:
        raise precondition_failed("If-None-Match")
    if "IfMatch" in params:
        if current is None or not there:
            raise no_key(key)
        if not _matches(params["IfMatch"], current):
            raise precondition_failed("If-Match")


def check_completion(params: Params, key: str, current: Version | None, begun: tuple[int, bool]) -> None:
    """The same for a multipart upload: the number at which it began, and whether there was an object then.

    Raises:
        ServiceError: ConditionalRequestConflict, too: somebody wrote or deleted the object meanwhile.
    """
    check_write(params, key, current)
    number, was_there = begun
    if "IfNoneMatch" in params and was_there:
        raise changed_meanwhile("If-None-Match", key)
    if "IfMatch" in params and current is not None and current.number > number:
        raise changed_meanwhile("If-Match", key)


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
            raise invalid_range(size, match[0])
        return size - length, size - 1
    first = int(match[1])
    last = min(int(match[2]), size - 1) if match[2] else size - 1
    if match[2] and int(match[2]) < first:
        return None
    if first >= size:
        raise invalid_range(size, match[0])
    return first, last


def copied_range(header: str | None, size: int) -> tuple[int, int]:
    """First and last byte of a source that become a part; both have to be named, and to be there.

    Raises:
        ServiceError: InvalidArgument or InvalidRequest.
    """
    if header is None:
        return 0, size - 1
    name = "x-amz-copy-source-range"
    match = _RANGE.fullmatch(header)
    if match is None or not match[1] or not match[2] or int(match[2]) < int(match[1]):
        message = (
            f"The {name} value must be of the form bytes=first-last where first and last are the zero-based offsets "
            "of the first and last bytes to copy"
        )
        raise invalid_argument(message, name=name, value=header)
    first, last = int(match[1]), int(match[2])
    if first >= size:
        raise invalid_request("The specified copy range is invalid for the source object size")
    if last >= size:
        message = f"Range specified is not valid for source object of size: {size}"
        raise invalid_argument(message, name=name, value=header)
    return first, last


def _check_unchanged(params: Params, version: Version, prefix: str) -> None:
    if "IfMatch" in params and not _matches(params["IfMatch"], version):
        raise precondition_failed(f"{prefix}If-Match")
    unmodified = params.get("IfUnmodifiedSince")
    if unmodified and "IfMatch" not in params and int(version.modified) > unmodified.timestamp():
        raise precondition_failed(f"{prefix}If-Unmodified-Since")


def _is_known(params: Params, version: Version) -> bool:
    """True if the client has this version already; a time to come says nothing."""
    if "IfNoneMatch" in params:
        return _matches(params["IfNoneMatch"], version)
    since = params.get("IfModifiedSince")
    return since is not None and int(version.modified) <= since.timestamp() <= datetime.now(UTC).timestamp()


def _check_conditions(params: Params) -> None:
    if "IfNoneMatch" in params and "IfMatch" in params:
        message = "Multiple conditional request headers present in the request"
        raise not_implemented("If-Match,If-None-Match", message)
    for name, header, refused in (
        ("IfNoneMatch", "If-None-Match", params.get("IfNoneMatch") != "*"),
        ("IfMatch", "If-Match", params.get("IfMatch") == "*"),
    ):
        if name in params and refused:
            message = f"We don't accept the provided value of {header} header for this API"
            raise not_implemented(header, message)


def _matches(header: str, version: Version) -> bool:
    wanted = [part.strip().removeprefix("W/").strip('"') for part in header.split(",")]
    return "*" in wanted or version.etag in wanted
