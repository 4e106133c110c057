"""URLs that are signed: what S3 says of those that it does not take, as AWS was recorded to."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.s3.recorded import send

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)
QUERY = "AuthorizationQueryParametersError"


def client(emulator: LiveEmulator, version: str = "s3v4") -> Any:
    from botocore.config import Config  # noqa: PLC0415 - as late as boto3 itself

    return emulator.client("s3", config=Config(signature_version=version))


@pytest.fixture(scope="module")
def bucket(emulator: LiveEmulator) -> str:
    """A bucket with an object `k`."""
    name = f"signed-{uuid.uuid4().hex[:8]}"
    client(emulator).create_bucket(Bucket=name)
    client(emulator).put_object(Bucket=name, Key="k", Body=b"x")
    return name


def url(emulator: LiveEmulator, bucket: str, version: str = "s3v4", **more: Any) -> str:
    found: str = client(emulator, version).generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "k"}, **more
    )
    return found


def test_a_signature_of_something_else_is_answered_with_what_should_have_been_signed(
    emulator: LiveEmulator, bucket: str
) -> None:
    answer = send("GET", url(emulator, bucket).replace("/k?", "/other?"))

    error = answer.error
    assert (answer.status, error["Code"], error["Message"]) == (403, "SignatureDoesNotMatch", MISMATCH)
    assert error["AWSAccessKeyId"] == emulator.credentials.access_key
    assert error["CanonicalRequest"].startswith(f"GET\n/{bucket}/other\n")
    assert error["StringToSign"].startswith("AWS4-HMAC-SHA256\n")
    for name in ("StringToSign", "CanonicalRequest"):
        assert bytes.fromhex(error[f"{name}Bytes"]).decode() == error[name]
    assert len(error["SignatureProvided"]) == 64


def test_version_2_has_no_canonical_request(emulator: LiveEmulator, bucket: str) -> None:
    answer = send("GET", url(emulator, bucket, "s3").replace("/k?", "/other?"))

    assert (answer.status, answer.error["Code"]) == (403, "SignatureDoesNotMatch")
    assert answer.error.keys() == {
        *("Code", "Message", "AWSAccessKeyId", "StringToSign", "SignatureProvided", "StringToSignBytes"),
    }


def test_a_put_takes_the_headers_that_were_signed_and_no_others(emulator: LiveEmulator, bucket: str) -> None:
    s3 = client(emulator)
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "m", "Metadata": {"foo": "bar"}})

    without = send("PUT", put, body=b"x")
    other = send("PUT", put, body=b"x", x_amz_meta_foo="bar", x_amz_meta_wrong="1")
    right = send("PUT", put, body=b"x", x_amz_meta_foo="bar")

    assert (without.status, without.error["Code"], right.status) == (403, "SignatureDoesNotMatch", 200)
    message = "There were headers present in the request which were not signed"
    expected = {"Code": "AccessDenied", "Message": message, "HeadersNotSigned": "x-amz-meta-wrong"}
    assert (other.status, other.error) == (403, expected)
    assert s3.head_object(Bucket=bucket, Key="m")["Metadata"] == {"foo": "bar"}


@pytest.mark.parametrize(("version", "more"), [("s3", set()), ("s3v4", {"X-Amz-Expires"})])
def test_a_url_ends(emulator: LiveEmulator, bucket: str, version: str, more: set[str]) -> None:
    late = url(emulator, bucket, version, ExpiresIn=-10 if version == "s3" else 0)
    answer = send("GET", late)
    while answer.status == 200:  # within the second that it was made in
        answer = send("GET", late)

    error = answer.error
    assert (answer.status, error["Code"], error["Message"]) == (403, "AccessDenied", "Request has expired")
    assert error.keys() == {"Code", "Message", "Expires", "ServerTime"} | more


@pytest.mark.parametrize(
    ("old", "new", "code", "message"),
    [
        (
            *("%2F", "%252F", QUERY),
            "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "
            '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
        ),
        (
            *("us-east-1", "us-west-2", QUERY),
            "Error parsing the X-Amz-Credential parameter; the region 'us-west-2' is wrong; expecting 'us-east-1'",
        ),
        (
            *("X-Amz-Expires=3600", "a=b", QUERY),
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
            "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        ),
        ("X-Amz-Expires=3600", "X-Amz-Expires=-1", QUERY, "X-Amz-Expires must be non-negative"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=soon", QUERY, "X-Amz-Expires should be a number"),
        ("Algorithm=AWS4-HMAC-SHA256", "Algorithm=X", QUERY, 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"'),
    ],
    ids=["encoded twice", "region", "no end", "negative", "no number", "algorithm"],
)
def test_parameters_that_are_no_signature(
    emulator: LiveEmulator, bucket: str, old: str, new: str, code: str, message: str
) -> None:
    answer = send("GET", url(emulator, bucket).replace(old, new))

    assert (answer.status, answer.error["Code"], answer.error["Message"]) == (400, code, message)


def test_a_key_that_nobody_has(emulator: LiveEmulator, bucket: str) -> None:
    answer = send("GET", url(emulator, bucket).replace(emulator.credentials.access_key, "AKIANOBODY"))

    message = "The AWS Access Key Id you provided does not exist in our records."
    expected = {"Code": "InvalidAccessKeyId", "Message": message, "AWSAccessKeyId": "AKIANOBODY"}
    assert (answer.status, answer.error) == (403, expected)


def test_one_signature_is_enough(emulator: LiveEmulator, bucket: str) -> None:
    answer = send("GET", url(emulator, bucket), authorization="AWS4-HMAC-SHA256 x")

    message = (
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter "
        "or the Authorization header should be specified"
    )
    more = {"ArgumentName": "Authorization", "ArgumentValue": "AWS4-HMAC-SHA256 x"}
    assert (answer.status, answer.error) == (400, {"Code": "InvalidArgument", "Message": message, **more})
