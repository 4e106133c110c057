"""What all lists of S3 share: limits, encoding, prefixes made by a delimiter, and how an object is shown."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING
from urllib.parse import quote

from mlfn_localstack.services.s3.checksums import listed_checksum
from mlfn_localstack.services.s3.errors import invalid_argument
from mlfn_localstack.services.s3.operations_restoring import restore_status

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_localstack.service import Params, Result
    from mlfn_localstack.services.s3.model import Version

_MOST = 2_147_483_647
_MAX_KEYS = 1000


def encoder(params: Params) -> Callable[[str], str]:
    """How keys are written: as they are, or as in URLs.

    Raises:
        ServiceError: InvalidArgument: some other way.
    """
    if "EncodingType" not in params:
        return str
    if params["EncodingType"] != "url":
        message = "Invalid Encoding Method specified in Request"
        raise invalid_argument(message, name="encoding-type", value=params["EncodingType"])
    return quote


def group_of(key: str, prefix: str, delimiter: str) -> str | None:
    """The prefix that stands for the key, if the delimiter is in it."""
    if not delimiter:
        return None
    head, found, _ = key[len(prefix) :].partition(delimiter)
    return prefix + head + delimiter if found else None


def max_keys(params: Params) -> int:
    """How many entries a page has at most.

    Raises:
        ServiceError: InvalidArgument.
    """
    limit: int = params.get("MaxKeys", _MAX_KEYS)
    if limit < 0:
        message = f"Argument maxKeys must be an integer between 0 and {_MOST}"
        raise invalid_argument(message, name="maxKeys", value=limit)
    if limit > _MOST:
        message = "Provided max-keys not an integer or within integer range"
        raise invalid_argument(message, name="max-keys", value=limit)
    return min(limit, _MAX_KEYS)


def token_of(name: str) -> str:
    """What a client goes on with after a name."""
    return base64.b64encode(name.encode()).decode()


def read_token(token: str) -> str:
    """The name to go on after.

    Raises:
        ServiceError: InvalidArgument.
    """
    try:
        return base64.b64decode(token.encode(), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise invalid_argument("The continuation token provided is incorrect", name="continuation-token") from error


def listed(version: Version, params: Params) -> Result:
    """An object, but for its key; whether it was restored if the request asks."""
    restored = restore_status(version) if "OptionalObjectAttributes" in params else {}
    return {
        "LastModified": version.modified,
        "ETag": f'"{version.etag}"',
        "Size": version.size,
        "StorageClass": version.properties.get("StorageClass", "STANDARD"),
        **listed_checksum(version.properties),
        **restored,
    }
