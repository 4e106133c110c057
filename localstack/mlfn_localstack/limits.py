"""How large a request may be, by what it is for: known from its head alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlfn_localstack.http_body import BodyLimit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlfn_localstack.http_head import RequestHead

_MB = 1 << 20
_INVOKE = re.compile(r"/20\d\d-\d\d-\d\d/functions/[^/]+/(?:invocations|response-streaming-invocations)/?")
_PRESIGNED = re.compile("%2Fs3%2Faws4_request|(?:^|&)AWSAccessKeyId=")
"""S3 URLs, by either version of the signature."""
INVOKE = BodyLimit(
    max_bytes=8 * _MB,
    too_large="Request must be smaller than 6291456 bytes for the InvokeFunction operation",
)
"""The service itself refuses what is over 6 MB; this is where reading ends.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""
API = BodyLimit(max_bytes=16 * _MB)
LAMBDA = BodyLimit(max_bytes=70 * _MB)
"""A 50 MB archive in base64, and the rest of the request."""
_MAX_UPLOAD = 20 * 1024 * _MB


def body_limits(upload_dir: Path) -> Callable[[RequestHead], BodyLimit]:
    """The limit for each request; uploads to S3 and the registry go to files in `upload_dir`."""
    upload = BodyLimit(max_bytes=_MAX_UPLOAD, spool_dir=upload_dir)

    def limit(head: RequestHead) -> BodyLimit:
        authorization = head.header("authorization") or ""
        if "/s3/aws4_request" in authorization or _PRESIGNED.search(head.raw_query):
            return upload
        if not authorization and (head.header("content-type") or "").startswith("multipart/form-data"):
            return upload
        if head.raw_path.startswith("/v2/") and "AWS4-HMAC-SHA256" not in authorization:
            return upload
        if head.raw_path.startswith("/20") and _INVOKE.fullmatch(head.raw_path):
            return INVOKE
        return LAMBDA if "/lambda/aws4_request" in authorization else API

    return limit
