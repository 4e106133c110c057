"""Copies of objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.s3.conftest import two_buckets
from tests.conformance.s3.recorded import answer, refusal

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

BUCKET = "answers-copies"
VERSIONED = "answers-copies-versioned"
NO_KEY = {"Code": "NoSuchKey", "Message": "The specified key does not exist."}


@pytest.fixture(scope="module")
def s3(emulator: LiveEmulator) -> Any:
    """S3 with a bucket that keeps versions and one that does not."""
    return two_buckets(emulator.client("s3"), BUCKET, VERSIONED)


def test_a_copy_has_the_sources_checksum_or_the_one_asked_for(s3: Any) -> None:
    plain = s3.copy_object(Bucket=BUCKET, Key="copied", CopySource=f"{BUCKET}/ten")
    other = s3.copy_object(Bucket=BUCKET, Key="copied", CopySource=f"{BUCKET}/ten", ChecksumAlgorithm="SHA256")

    assert answer(plain)["CopyObjectResult"].items() >= {"ChecksumCRC32": "poTHxg=="}.items()
    assert answer(other)["CopyObjectResult"]["ChecksumSHA256"] == "hNiYd/DUBB77a/kaFvAkjy/Vc+avBcGflr7bn4gveII="


@pytest.mark.parametrize(
    ("source", "status", "error"),
    [
        (
            f"{BUCKET}/ten",
            400,
            {
                "Code": "InvalidRequest",
                "Message": "This copy request is illegal because it is trying to copy an object to itself without "
                "changing the object's metadata, storage class, website redirect location or encryption attributes.",
            },
        ),
        (f"{BUCKET}/nothing", 404, NO_KEY | {"Key": "nothing"}),
        (
            "no-such-bucket-there/k",
            404,
            {
                "Code": "NoSuchBucket",
                "Message": "The specified bucket does not exist",
                "BucketName": "no-such-bucket-there",
            },
        ),
        (
            "one-word",
            400,
            {
                "Code": "InvalidArgument",
                "Message": "Invalid copy source object key",
                "ArgumentName": "x-amz-copy-source",
                "ArgumentValue": "x-amz-copy-source",
            },
        ),
    ],
    ids=["itself", "no object", "no bucket", "no key"],
)
def test_a_source_that_cannot_be_copied(s3: Any, source: str, status: int, error: dict[str, str]) -> None:
    assert refusal(s3.copy_object, Bucket=BUCKET, Key="ten", CopySource=source) == (status, error)


@pytest.mark.parametrize("encrypted", ["object", "bucket"])
def test_a_copy_onto_itself_encrypts_it_anew(s3: Any, bucket: str, encrypted: str) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    if encrypted == "bucket":
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_object(
        Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption={"object": "aws:kms", "bucket": "AES256"}[encrypted]
    )

    copied = s3.copy_object(Bucket=bucket, Key="k", CopySource=f"{bucket}/k")

    assert copied["ServerSideEncryption"] == "AES256"


def test_a_delete_marker_is_no_source(s3: Any) -> None:
    s3.put_object(Bucket=VERSIONED, Key="marked", Body=b"x")
    marker = s3.delete_object(Bucket=VERSIONED, Key="marked")["VersionId"]
    source = {"Bucket": VERSIONED, "Key": "marked"}

    assert refusal(s3.copy_object, Bucket=BUCKET, Key="k", CopySource=source) == (404, NO_KEY | {"Key": "marked"})
    assert refusal(s3.copy_object, Bucket=BUCKET, Key="k", CopySource=source | {"VersionId": marker}) == (
        400,
        {
            "Code": "InvalidRequest",
            "Message": "The source of a copy request may not specifically refer to a delete marker by version id.",
        },
    )
