"""S3 through boto3."""

from __future__ import annotations

import io
import os
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator


@pytest.fixture
def s3(emulator: LiveEmulator) -> Any:
    """An S3 client."""
    return emulator.client("s3")


@pytest.fixture
def bucket(s3: Any, request: pytest.FixtureRequest) -> str:
    """A bucket of the test's own."""
    name = re.sub("[^a-z]+", "-", request.node.name.lower())[-50:].strip("-")
    s3.create_bucket(Bucket=name)
    return str(name)


def test_an_object_comes_back_as_it_was_put(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a/b c+é", Body=b"hello", Metadata={"k": "v"}, ContentType="text/plain")
    found = s3.get_object(Bucket=bucket, Key="a/b c+é")

    assert (found["Body"].read(), found["Metadata"], found["ContentType"]) == (b"hello", {"k": "v"}, "text/plain")
    part = s3.get_object(Bucket=bucket, Key="a/b c+é", Range="bytes=1-2")
    assert (part["Body"].read(), part["ContentRange"]) == (b"el", "bytes 1-2/5")


def test_a_large_upload_goes_in_parts(s3: Any, bucket: str) -> None:
    content = os.urandom(11 << 20)
    s3.upload_fileobj(io.BytesIO(content), bucket, "large")

    assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == content
    assert s3.head_object(Bucket=bucket, Key="large")["ETag"].endswith('-2"')


def test_listing_groups_by_delimiter_and_pages(s3: Any, bucket: str) -> None:
    for key in ("a", "b/1", "b/2", "c/1", "d"):
        s3.put_object(Bucket=bucket, Key=key)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 1})
    entries = [entry for page in pages for entry in (*page.get("Contents", ()), *page.get("CommonPrefixes", ()))]

    assert [entry.get("Key") or entry["Prefix"] for entry in entries] == ["a", "b/", "c/", "d"]


def test_versions_outlive_a_delete(s3: Any, bucket: str) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"2")
    assert s3.delete_object(Bucket=bucket, Key="k")["DeleteMarker"]

    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket=bucket, Key="k")
    assert s3.get_object(Bucket=bucket, Key="k", VersionId=first)["Body"].read() == b"1"
    assert len(s3.list_object_versions(Bucket=bucket)["Versions"]) == 2


def test_object_lock_keeps_a_version(s3: Any) -> None:
    s3.create_bucket(Bucket="locked-versions", ObjectLockEnabledForBucket=True)
    version = s3.put_object(
        Bucket="locked-versions",
        Key="k",
        Body=b"1",
        ObjectLockMode="COMPLIANCE",
        ObjectLockRetainUntilDate=datetime.now(UTC) + timedelta(hours=1),
    )["VersionId"]

    with pytest.raises(ClientError, match="object protected by object lock"):
        s3.delete_object(Bucket="locked-versions", Key="k", VersionId=version)


def test_a_body_that_is_not_what_was_announced_is_refused(s3: Any, bucket: str) -> None:
    with pytest.raises(ClientError, match="BadDigest"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"1", ChecksumCRC32="AAAAAA==")


def test_a_conditional_put_does_not_overwrite(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")

    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("get_bucket_policy", "NoSuchBucketPolicy"),
        ("get_bucket_tagging", "NoSuchTagSet"),
        ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
        ("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError"),
    ],
)
def test_what_is_not_configured_is_named(s3: Any, bucket: str, operation: str, code: str) -> None:
    with pytest.raises(ClientError, match=code):
        getattr(s3, operation)(Bucket=bucket)
