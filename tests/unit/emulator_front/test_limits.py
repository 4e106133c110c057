"""How large a request may be, and which bodies are digested as they come."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from mlfn_localstack.http_body import BodyReader, FileBody
from mlfn_localstack.http_head import RequestHead, parse_head
from mlfn_localstack.limits import body_limits

if TYPE_CHECKING:
    from pathlib import Path

LARGE = 20 << 20


def head(target: str, *lines: str) -> RequestHead:
    """The head of a large upload."""
    text = "\r\n".join((f"PUT {target} HTTP/1.1", "Host: s3", f"Content-Length: {LARGE}", *lines))
    return parse_head(text.encode())


@pytest.mark.parametrize(
    "query",
    [
        "X-Amz-Credential=AKIA%2F20261127%2Fus-east-1%2Fs3%2Faws4_request",
        "AWSAccessKeyId=AKIA&Signature=abc&Expires=1",
        "versionId=1&AWSAccessKeyId=AKIA&Signature=abc&Expires=1",
    ],
    ids=["version 4", "version 2", "version 2, not at the front"],
)
def test_an_upload_to_a_presigned_url_may_be_large(tmp_path: Path, query: str) -> None:
    limit = body_limits(tmp_path)(head(f"/bucket/key?{query}"))

    assert limit.max_bytes > LARGE
    assert limit.spool_dir == tmp_path


def test_other_requests_may_not_be_that_large(tmp_path: Path) -> None:
    assert body_limits(tmp_path)(head("/?XAWSAccessKeyId=AKIA")).max_bytes < LARGE


def test_content_is_digested_as_it_comes(tmp_path: Path) -> None:
    target = head("/bucket/key?AWSAccessKeyId=AKIA&Signature=abc&Expires=1")
    reader = BodyReader(target, body_limits(tmp_path)(target))

    complete = [reader.feed(bytearray(b"a" * (1 << 20))) for _ in range(20)]

    assert complete == [*[False] * 19, True]
    assert isinstance(reader.sink, FileBody)
    assert reader.sink.finish().sha256 == hashlib.sha256(b"a" * LARGE).hexdigest()


def test_what_comes_in_chunks_is_not_digested_with_its_framing(tmp_path: Path) -> None:
    chunked = head(
        "/bucket/key",
        "Authorization: AWS4-HMAC-SHA256 Credential=A/20261127/us-east-1/s3/aws4_request",
        "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    )
    reader = BodyReader(chunked, body_limits(tmp_path)(chunked))

    reader.feed(bytearray(LARGE))

    assert isinstance(reader.sink, FileBody)
    assert reader.sink.finish().sha256 is None
