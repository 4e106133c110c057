"""Signature Version 4 against botocore's own signer."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlfn_localstack.auth.principals import ANONYMOUS
from mlfn_localstack.auth.sigv4 import SigV4Authenticator
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.auth.sigv4 import Credentials
    from mlfn_localstack.http import HttpRequest

    from .conftest import Signer

HOST = "http://127.0.0.1:4566"


def _with_header(request: HttpRequest, name: str, value: str | None) -> HttpRequest:
    kept = tuple(item for item in request.headers if item[0] != name)
    return replace(request, headers=kept if value is None else (*kept, (name, value)))


@pytest.mark.parametrize("service", ["lambda", "dynamodb", "s3", "execute-api"])
@pytest.mark.parametrize("path", ["/", "/a/b", "/a%20b/c%2Bd", "/functions/arn%3Aaws%3Ax/invocations", "/a/~x-._"])
def test_a_request_signed_by_botocore_is_accepted(
    sign: Signer, authenticator: SigV4Authenticator, service: str, path: str
) -> None:
    request = sign(f"{HOST}{path}?b=2&a=1&a=0&empty", service=service, body=b"payload")

    assert authenticator.authenticate(request, service).arn.endswith(":root")


@pytest.mark.parametrize("service", ["sts", "s3", "execute-api"])
def test_a_presigned_url_is_accepted(sign: Signer, authenticator: SigV4Authenticator, service: str) -> None:
    request = sign(f"{HOST}/key?x=y", method="GET", service=service, presigned=True)

    assert authenticator.authenticate(request, service).access_key == "AKIAEXAMPLE"


def test_no_byte_of_a_signed_request_can_be_changed(sign: Signer, authenticator: SigV4Authenticator) -> None:
    request = sign(f"{HOST}/2015/functions/f?Qualifier=live", body=b'{"a": 1}')
    accepted = []

    for position in range(len(request.body)):
        body = bytearray(request.body)
        body[position] ^= 1
        accepted.append(_accepts(authenticator, replace(request, body=bytes(body))))
    for position in range(1, len(request.raw_path)):
        path = request.raw_path[:position] + "~" + request.raw_path[position + 1 :]
        accepted.append(_accepts(authenticator, replace(request, raw_path=path)))
    authorization = request.header("authorization") or ""
    for position, char in enumerate(authorization):
        changed = authorization[:position] + ("0" if char != "0" else "1") + authorization[position + 1 :]
        accepted.append(_accepts(authenticator, _with_header(request, "authorization", changed)))

    assert len(accepted) > 150
    assert not any(accepted)


def _accepts(authenticator: SigV4Authenticator, request: HttpRequest) -> bool:
    try:
        authenticator.authenticate(request, "lambda")
    except ServiceError as error:
        assert error.status in (400, 403)
        return False
    return True


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("host", "other:4566"),
        ("x-amz-date", "20200101T000000Z"),
        ("x-amz-date", "20201301T000000Z"),
        ("x-amz-date", None),
        ("x-amz-security-token", "made-up"),
        ("x-amz-target", "unsigned"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("authorization", "Bearer token"),
        ("authorization", "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=b"),
    ],
)
def test_a_changed_or_added_header_is_refused(
    sign: Signer, authenticator: SigV4Authenticator, name: str, value: str | None
) -> None:
    request = _with_header(sign(f"{HOST}/x"), name, value)

    assert not _accepts(authenticator, request)


def test_headers_that_come_twice_are_refused(sign: Signer, authenticator: SigV4Authenticator) -> None:
    request = sign(f"{HOST}/x")
    for name in ("authorization", "x-amz-date"):
        doubled = replace(request, headers=(*request.headers, (name, request.header(name) or "")))

        assert not _accepts(authenticator, doubled)


@pytest.mark.parametrize("service", ["dynamodb", "sts", "s3"])
def test_a_signature_for_another_service_is_refused(
    sign: Signer, authenticator: SigV4Authenticator, service: str
) -> None:
    with pytest.raises(ServiceError):
        authenticator.authenticate(sign(f"{HOST}/x", service="lambda"), service)


def test_a_signature_for_another_region_is_refused(sign: Signer, issued: Credentials) -> None:
    elsewhere = SigV4Authenticator(issued, region="eu-west-1")

    with pytest.raises(ServiceError, match="scoped to a valid region"):
        elsewhere.authenticate(sign(f"{HOST}/x"), "lambda")


@pytest.mark.parametrize(("offset_s", "message"), [(301, "Signature expired"), (-320, "Signature not yet current")])
def test_a_request_outside_five_minutes_is_refused(
    sign: Signer, issued: Credentials, offset_s: int, message: str
) -> None:
    late = SigV4Authenticator(issued, region="us-east-1", clock=lambda: time.time() + offset_s)

    with pytest.raises(ServiceError, match=message) as caught:
        late.authenticate(sign(f"{HOST}/x"), "lambda")
    assert caught.value.code == "InvalidSignatureException"


@pytest.mark.parametrize(
    ("service", "code"), [("dynamodb", "MissingAuthenticationTokenException"), ("iam", "MissingAuthenticationToken")]
)
def test_an_unsigned_request_is_refused_in_the_services_words(
    sign: Signer, authenticator: SigV4Authenticator, service: str, code: str
) -> None:
    with pytest.raises(ServiceError) as caught:
        authenticator.authenticate(_with_header(sign(f"{HOST}/x"), "authorization", None), service)

    assert (caught.value.code, caught.value.status) == (code, 403)


def test_who_does_not_sign_for_s3_is_nobody(sign: Signer, authenticator: SigV4Authenticator) -> None:
    request = _with_header(sign(f"{HOST}/x", service="s3"), "authorization", None)

    caller = authenticator.authenticate(request, "s3")

    assert caller.arn == ANONYMOUS


def test_dot_segments_and_double_slashes_are_normalised_except_for_s3(
    sign: Signer, authenticator: SigV4Authenticator
) -> None:
    assert _accepts(authenticator, sign(f"{HOST}/a/./b//c/../d"))
    assert authenticator.authenticate(sign(f"{HOST}/bucket/a//b/../c", service="s3"), "s3")
