"""Retention of objects, as AWS was recorded to keep and refuse it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.s3.recorded import BAD_XML, refusal

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

BUCKET = "answers-locks"
TOMORROW = datetime.now(UTC) + timedelta(days=1)
NO_LOCK = {
    "Code": "NoSuchObjectLockConfiguration",
    "Message": "The specified object does not have a ObjectLock configuration",
}


@pytest.fixture(scope="module")
def s3(emulator: LiveEmulator) -> Any:
    """S3 with a bucket that locks."""
    client = emulator.client("s3")
    client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
    return client


@pytest.mark.parametrize(
    "retention", [{"Mode": "GOVERNANCE"}, {"RetainUntilDate": TOMORROW}, {"Mode": "NO", "RetainUntilDate": TOMORROW}]
)
def test_a_retention_has_a_mode_and_an_end(s3: Any, retention: dict[str, Any]) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"x")

    assert refusal(s3.put_object_retention, Bucket=BUCKET, Key="k", Retention=retention) == (400, BAD_XML)


def test_governance_ends_early_for_who_may_bypass_it(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"x")
    s3.put_object_retention(Bucket=BUCKET, Key="k", Retention={"Mode": "GOVERNANCE", "RetainUntilDate": TOMORROW})

    kept, _ = refusal(s3.put_object_retention, Bucket=BUCKET, Key="k", Retention={})
    s3.put_object_retention(Bucket=BUCKET, Key="k", Retention={}, BypassGovernanceRetention=True)

    assert kept == 403
    assert refusal(s3.get_object_retention, Bucket=BUCKET, Key="k") == (404, NO_LOCK)


@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_a_delete_marker_is_not_retained(s3: Any, method: str) -> None:
    marker = s3.delete_object(Bucket=BUCKET, Key="gone")["VersionId"]
    retention = {"Retention": {"Mode": "GOVERNANCE", "RetainUntilDate": TOMORROW}} if method == "PUT" else {}

    call = s3.put_object_retention if method == "PUT" else s3.get_object_retention
    status, error = refusal(call, Bucket=BUCKET, Key="gone", VersionId=marker, **retention)

    message = "The specified method is not allowed against this resource."
    expected = {"Code": "MethodNotAllowed", "Message": message, "Method": method, "ResourceType": "DeleteMarker"}
    assert (status, error) == (405, expected)


def test_tags_of_nothing_name_the_bucket_when_they_are_read(s3: Any) -> None:
    named = [
        refusal(call, Bucket=BUCKET, Key="none")[1]["Key"] for call in (s3.get_object_tagging, s3.delete_object_tagging)
    ]

    assert named == [f"{BUCKET}/none", "none"]


def test_an_upload_is_completed_with_parts(s3: Any) -> None:
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="parts")["UploadId"]
    complete = {"Bucket": BUCKET, "Key": "parts", "UploadId": upload}

    nothing = refusal(s3.complete_multipart_upload, **complete)
    none = refusal(s3.complete_multipart_upload, **complete, MultipartUpload={"Parts": []})

    assert nothing == (400, {"Code": "InvalidRequest", "Message": "You must specify at least one part"})
    assert none == (400, BAD_XML)


@pytest.mark.parametrize(
    ("lock", "error"),
    [
        ({"ObjectLockMode": "GOVERNANCE"}, {"ArgumentName": "x-amz-object-lock-retain-until-date"}),
        ({"ObjectLockRetainUntilDate": TOMORROW}, {"ArgumentName": "x-amz-object-lock-mode"}),
    ],
)
def test_a_put_that_locks_says_both_how_and_until_when(s3: Any, lock: dict[str, Any], error: dict[str, str]) -> None:
    found = refusal(s3.put_object, Bucket=BUCKET, Key="k", Body=b"x", **lock)

    message = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"
    assert found == (400, {"Code": "InvalidArgument", "Message": message, **error})


@pytest.mark.parametrize("operation", ["put_object", "create_multipart_upload"])
def test_a_mode_that_there_is_not(s3: Any, operation: str) -> None:
    lock = {"ObjectLockMode": "BAD-VALUE", "ObjectLockRetainUntilDate": TOMORROW}

    found = refusal(getattr(s3, operation), Bucket=BUCKET, Key="k", **lock)

    more = {"ArgumentName": "x-amz-object-lock-mode", "ArgumentValue": "BAD-VALUE"}
    assert found == (400, {"Code": "InvalidArgument", "Message": "Unknown wormMode directive.", **more})
