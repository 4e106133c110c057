"""S3 URLs as boto3 presigns them without being told otherwise: signature version 2, headers in the query."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import boto3
import pytest

from mlfn_localstack.http import HttpRequest
from mlfn_localstack.protocols.hoisted import with_hoisted_headers
from mlfn_localstack.service import ServiceError

from .conftest import ACCESS_KEY, SECRET_KEY

if TYPE_CHECKING:
    from mlfn_localstack.auth.sigv4 import SigV4Authenticator


def presigned(operation: str, endpoint: str = "http://127.0.0.1:4566", expires_s: int = 60, **params: Any) -> str:
    """A URL that boto3 presigns."""
    session: Any = boto3.session.Session(ACCESS_KEY, SECRET_KEY, region_name="us-east-1")
    url: str = session.client("s3", endpoint_url=endpoint).generate_presigned_url(
        operation, Params={"Bucket": "shop", "Key": "a/ü b", **params}, ExpiresIn=expires_s
    )
    return url


def request_for(url: str, method: str = "GET") -> HttpRequest:
    """The request a client sends to a URL."""
    netloc, _, rest = url.removeprefix("http://").partition("/")
    path, _, query = rest.partition("?")
    return HttpRequest(
        method=method,
        raw_path=f"/{path}",
        raw_query=query,
        headers=(("host", netloc),),
        body=b"",
        client="127.0.0.1",
    )


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:4566", "http://s3.localhost.localstack.cloud:4566"])
@pytest.mark.parametrize("extra", [{}, {"VersionId": "1", "ResponseContentType": "text/plain; a=b"}])
def test_a_url_of_version_2_is_accepted(
    authenticator: SigV4Authenticator, endpoint: str, extra: dict[str, Any]
) -> None:
    request = request_for(presigned("get_object", endpoint, **extra))

    assert authenticator.verify(request, "s3").caller.access_key == ACCESS_KEY


@pytest.mark.parametrize(
    ("before", "after"),
    [("shop", "shop2"), (ACCESS_KEY, "AKIAOTHER"), ("Signature=", "Signature=A"), ("Expires=", "Expires=9")],
)
def test_a_changed_url_is_refused(authenticator: SigV4Authenticator, before: str, after: str) -> None:
    request = request_for(presigned("get_object").replace(before, after))

    with pytest.raises(ServiceError) as refused:
        authenticator.verify(request, "s3")

    assert (refused.value.status, refused.value.code) in {(403, "SignatureDoesNotMatch"), (403, "InvalidAccessKeyId")}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "AWSAccessKeyId=a&Expires=1",
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId",
        ),
        ("AWSAccessKeyId=a&Signature=b&Expires=soon", "Invalid date (should be seconds since epoch): soon"),
        (f"AWSAccessKeyId={ACCESS_KEY}&Signature=b&Expires={int(time.time()) - 9}", "Request has expired"),
    ],
    ids=["incomplete", "no date", "expired"],
)
def test_a_url_that_cannot_hold_says_why(authenticator: SigV4Authenticator, query: str, message: str) -> None:
    request = replace(request_for("http://127.0.0.1/shop/key"), raw_query=query)

    with pytest.raises(ServiceError) as refused:
        authenticator.verify(request, "s3")

    assert (refused.value.code, refused.value.status) == ("AccessDenied", 403)
    assert refused.value.message.startswith(message)


def test_headers_in_the_query_count_and_are_signed(authenticator: SigV4Authenticator) -> None:
    url = presigned("put_object", ContentType="text/plain", Metadata={"owner": "jane"})
    request = request_for(url, "PUT")

    authenticator.verify(request, "s3")
    hoisted = with_hoisted_headers(request)

    assert (hoisted.header("content-type"), hoisted.header("x-amz-meta-owner")) == ("text/plain", "jane")
    changed = replace(request, raw_query=request.raw_query.replace("jane", quote("john")))
    with pytest.raises(ServiceError, match="SignatureDoesNotMatch"):
        authenticator.verify(changed, "s3")


def test_a_header_wins_over_the_query_and_checksums_there_do_not_count() -> None:
    request = request_for(
        "http://h/b/k?X-Amz-Signature=1&x-amz-acl=private&X-Amz-Date=2&x-amz-checksum-crc32=AAAAAA%3D%3D"
    )

    both = with_hoisted_headers(replace(request, headers=(("x-amz-acl", "public-read"),)))

    assert both.headers == (("x-amz-acl", "public-read"),)
