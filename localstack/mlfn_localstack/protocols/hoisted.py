"""Headers that presigned URLs carry in their query string.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from mlfn_localstack.http import HttpRequest

_PRESIGNED = ("X-Amz-Signature=", "AWSAccessKeyId=")
_SIGNATURE = frozenset(
    ["algorithm", "credential", "date", "expires", "security-token", "signature", "signedheaders", "content-sha256"]
)


def with_hoisted_headers(request: HttpRequest) -> HttpRequest:
    """A request with the headers that its presigned query string stands for; those that came as headers win."""
    if not any(mark in request.raw_query for mark in _PRESIGNED):
        return request
    present = {name for name, _ in request.headers}
    hoisted = [(name, value) for name, value in _headers(request.raw_query) if name not in present]
    return replace(request, headers=(*request.headers, *hoisted)) if hoisted else request


def _headers(raw_query: str) -> list[tuple[str, str]]:
    pairs = [part.partition("=") for part in raw_query.split("&")]
    decoded = [(unquote(name).lower(), unquote(value.replace("+", " "))) for name, _, value in pairs]
    return [(name, value) for name, value in decoded if _is_header(name)]


def _is_header(name: str) -> bool:
    if name.startswith(("x-amz-checksum-", "x-amz-sdk-checksum-")):
        return False  # of the empty body at signing time: S3 ignores it, https://github.com/aws/aws-sdk/issues/480
    if name.startswith("x-amz-"):
        return name.removeprefix("x-amz-") not in _SIGNATURE
    return name in {"content-type", "content-md5"}
