"""Requests from pages of other origins, as AWS was recorded to answer them in 2023 and 2024."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.s3.recorded import BAD_XML, refusal, send

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

ORIGIN = "https://localhost:4200"
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method "
    "/ Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
)


@pytest.fixture
def bucket(s3: Any, bucket: str) -> str:
    """A bucket with an object `k`."""
    s3.put_object(Bucket=bucket, Key="k", Body=b"test-cors")
    return bucket


def allow(s3: Any, bucket: str, *origins: str, **more: Any) -> None:
    rule = {"AllowedOrigins": list(origins), "AllowedMethods": ["GET", "PUT"], **more}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})


def test_a_browser_that_asks_says_where_its_page_is_from(emulator: LiveEmulator, bucket: str) -> None:
    answer = send("OPTIONS", f"{emulator.endpoint}/{bucket}/k", referer=ORIGIN)

    message = "Insufficient information. Origin request header needed."
    assert (answer.status, answer.error) == (400, {"Code": "BadRequest", "Message": message})


@pytest.mark.parametrize(
    ("there", "asked", "message"),
    [
        (True, {"access_control_request_method": "PUT"}, "CORSResponse: CORS is not enabled for this bucket."),
        (True, {}, "CORSResponse: CORS is not enabled for this bucket."),
        (False, {}, "CORSResponse: Bucket not found"),
    ],
)
def test_nobody_may_where_nothing_is_configured(
    emulator: LiveEmulator, bucket: str, there: bool, asked: dict[str, Any], message: str
) -> None:
    answer = send("OPTIONS", f"{emulator.endpoint}/{bucket if there else 'no-' + bucket}/k", origin=ORIGIN, **asked)

    method = asked.get("access_control_request_method", "OPTIONS")
    expected = {"Code": "AccessForbidden", "Message": message, "Method": method, "ResourceType": "BUCKET"}
    assert (answer.status, answer.error) == (403, expected)


def test_an_origin_that_may_is_told_so_before_and_after(emulator: LiveEmulator, s3: Any, bucket: str) -> None:
    allow(s3, bucket, ORIGIN, MaxAgeSeconds=3000)
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})

    asked = send("OPTIONS", f"{emulator.endpoint}/{bucket}/k", origin=ORIGIN, access_control_request_method="PUT")
    got = send("GET", url, origin=ORIGIN)

    told = {"allow-origin": ORIGIN, "allow-methods": "GET, PUT", "max-age": "3000", "allow-credentials": "true"}
    assert (asked.status, asked.body, asked.cors, asked.headers["vary"]) == (200, b"", told, VARY)
    assert (got.status, got.body, got.cors, got.headers["vary"]) == (200, b"test-cors", told, VARY)


def test_an_origin_that_may_not_is_refused_before_but_not_after(emulator: LiveEmulator, s3: Any, bucket: str) -> None:
    allow(s3, bucket, ORIGIN)
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    other = "https://other.example"

    asked = send("OPTIONS", f"{emulator.endpoint}/{bucket}/k", origin=other, access_control_request_method="PUT")
    got = send("GET", url, origin=other)

    expected = {"Code": "AccessForbidden", "Message": NOT_ALLOWED, "Method": "PUT", "ResourceType": "OBJECT"}
    assert (asked.status, asked.error) == (403, expected)
    assert (got.status, got.body, got.cors) == (200, b"test-cors", {})


def test_any_origin_may_without_credentials(emulator: LiveEmulator, s3: Any, bucket: str) -> None:
    allow(s3, bucket, "*", ExposeHeaders=["x-amz-id-2", "etag"])

    asked = send("OPTIONS", f"{emulator.endpoint}/{bucket}/k", origin="http://a.b", access_control_request_method="GET")

    assert asked.cors == {"allow-origin": "*", "allow-methods": "GET, PUT", "expose-headers": "x-amz-id-2, etag"}


@pytest.mark.parametrize(("origin", "may"), [("http://test.origin.com", True), ("http://origin.com", False)])
def test_an_origin_may_be_a_pattern(emulator: LiveEmulator, s3: Any, bucket: str, origin: str, may: bool) -> None:
    allow(s3, bucket, "http://*.origin.com")

    asked = send("OPTIONS", f"{emulator.endpoint}/{bucket}", origin=origin, access_control_request_method="GET")

    assert (asked.status, asked.cors.get("allow-origin")) == ((200, origin) if may else (403, None))
    assert may or asked.error["ResourceType"] == "BUCKET"


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ("x-amz-expected-bucket-owner", "x-amz-expected-bucket-owner"),
        ("X-Amz-Request-Payer,x-amz-expected-bucket-owner", "x-amz-request-payer, x-amz-expected-bucket-owner"),
        ("x-amz-acl", None),
    ],
)
def test_headers_are_compared_whatever_their_case(
    emulator: LiveEmulator, s3: Any, bucket: str, headers: str, allowed: str | None
) -> None:
    allow(s3, bucket, ORIGIN, AllowedHeaders=["x-AMZ-expected-BUCKET-owner", "x-amz-request*"])
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    asks: dict[str, Any] = {"access_control_request_method": "GET", "access_control_request_headers": headers}

    asked = send("OPTIONS", f"{emulator.endpoint}/{bucket}/k", origin=ORIGIN, **asks)
    got = send("GET", url, origin=ORIGIN, access_control_request_headers=headers)

    assert asked.status == (200 if allowed else 403)
    assert asked.cors.get("allow-headers") == allowed
    assert got.cors.get("allow-headers") == allowed


def test_a_page_may_read_why_it_is_refused(emulator: LiveEmulator, s3: Any, bucket: str) -> None:
    allow(s3, bucket, ORIGIN)

    got = send("GET", f"{emulator.endpoint}/{bucket}/k", origin=ORIGIN)

    assert (got.status, got.error["Code"], got.cors["allow-origin"]) == (403, "AccessDenied", ORIGIN)


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        (
            {"AllowedMethods": ["MYMETHOD"], "AllowedOrigins": ["*"]},
            "Found unsupported HTTP method in CORS config. Unsupported method is MYMETHOD",
        ),
        (
            {"AllowedMethods": ["GET"], "AllowedOrigins": ["http://*.*.com"]},
            'AllowedOrigin "http://*.*.com" can not have more than one wildcard.',
        ),
        ({}, None),
    ],
)
def test_rules_that_are_refused(s3: Any, bucket: str, rule: dict[str, Any], error: str | None) -> None:
    rules = [rule] if rule else []

    status, found = refusal(s3.put_bucket_cors, Bucket=bucket, CORSConfiguration={"CORSRules": rules})

    assert (status, found) == (400, {"Code": "InvalidRequest", "Message": error} if error else BAD_XML)
