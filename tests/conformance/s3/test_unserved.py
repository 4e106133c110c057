"""What general purpose buckets do not do, or the emulator does not, is refused rather than left out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

THEN = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "call"),
    [
        ("x-amz-if-match-size", lambda s3, bucket: s3.delete_object(Bucket=bucket, Key="k", IfMatchSize=1)),
        (
            "x-amz-if-match-last-modified-time",
            lambda s3, bucket: s3.delete_object(Bucket=bucket, Key="k", IfMatchLastModifiedTime=THEN),
        ),
        (
            "x-amz-write-offset-bytes",
            lambda s3, bucket: s3.put_object(Bucket=bucket, Key="k", Body=b"2", WriteOffsetBytes=1),
        ),
    ],
    ids=["size", "time", "offset"],
)
def test_what_directory_buckets_alone_do_is_not_implemented(
    s3: Any, bucket: str, header: str, call: Callable[[Any, str], Any]
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")

    with pytest.raises(ClientError) as caught:
        call(s3, bucket)

    error: dict[str, Any] = dict(caught.value.response["Error"])
    message = "A header you provided implies functionality that is not implemented"
    assert (error["Code"], error["Message"], error["Header"]) == ("NotImplemented", message, header)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"1"


def test_an_object_of_several_is_not_deleted_by_its_size_either(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")

    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k", "Size": 9}]})

    assert [(error["Key"], error["Code"]) for error in answer["Errors"]] == [("k", "NotImplemented")]
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == 1


@pytest.mark.parametrize(
    ("what", "params"),
    [
        (
            "directory buckets",
            {
                "CreateBucketConfiguration": {
                    "Location": {"Type": "AvailabilityZone", "Name": "use1-az4"},
                    "Bucket": {"Type": "Directory", "DataRedundancy": "SingleAvailabilityZone"},
                }
            },
        ),
        ("the bucket namespace account-regional", {"BucketNamespace": "account-regional"}),
    ],
    ids=["directory", "namespace"],
)
def test_buckets_of_other_kinds_are_not_made(s3: Any, bucket: str, what: str, params: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match=rf"NotImplemented.*does not support {what}"):
        s3.create_bucket(Bucket=f"{bucket}-2", **params)


def test_nobody_has_a_device_to_confirm_deletions_with(s3: Any, bucket: str) -> None:
    with pytest.raises(ClientError, match="NotImplemented"):
        s3.put_bucket_versioning(
            Bucket=bucket, MFA="device 123456", VersioningConfiguration={"Status": "Enabled", "MFADelete": "Enabled"}
        )

    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)


def test_lists_tell_of_restored_objects_if_asked(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="archived", Body=b"1", StorageClass="GLACIER")
    s3.put_object(Bucket=bucket, Key="plain", Body=b"1")
    s3.restore_object(Bucket=bucket, Key="archived", RestoreRequest={"Days": 2})

    asked = s3.list_objects_v2(Bucket=bucket, OptionalObjectAttributes=["RestoreStatus"])["Contents"]
    unasked = s3.list_objects_v2(Bucket=bucket)["Contents"]

    restored, plain = asked
    assert restored["RestoreStatus"]["IsRestoreInProgress"] is False
    assert restored["RestoreStatus"]["RestoreExpiryDate"] > datetime.now(UTC)
    assert not any("RestoreStatus" in each for each in (plain, *unasked))
