"""Request bodies that clients send compressed (Smithy's `requestCompression` trait)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.http import HttpRequest

_MAX_PLAIN_BYTES = 16 * 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS


def plain_body(request: HttpRequest) -> bytes:
    """The body, unpacked if it is gzipped, never beyond 16 MB.

    Raises:
        ServiceError: it is not what its Content-Encoding says, or too large.
    """
    if request.fields.get("content-encoding", "").lower() != "gzip":
        return request.body
    unpacker = zlib.decompressobj(_GZIP)
    try:
        body = unpacker.decompress(request.body, _MAX_PLAIN_BYTES)
    except zlib.error as error:
        raise ServiceError("SerializationException", "The request body is not gzip.") from error
    if unpacker.unconsumed_tail:
        raise ServiceError("RequestEntityTooLarge", "The request body is too large.", status=413)
    return body
