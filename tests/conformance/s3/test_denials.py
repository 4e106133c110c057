"""Whom their policies do not let in, and how S3 tells them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.s3.recorded import refusal

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

USER = "arn:aws:iam::000000000000:user/s3-reader"


@pytest.fixture(scope="module")
def reader(emulator: LiveEmulator) -> Any:
    """The client of a user who may get objects, and nothing else."""
    iam = emulator.client("iam")
    iam.create_user(UserName="s3-reader")
    allowed = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName="s3-reader", PolicyName="p", PolicyDocument=policy)
    key = iam.create_access_key(UserName="s3-reader")["AccessKey"]
    return emulator.client("s3", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])


def denied(action: str, resource: str = "") -> tuple[int, dict[str, str]]:
    """The refusal of an action that no policy allows."""
    message = f"User: {USER} is not authorized to perform: {action}{resource} because no identity-based policy allows "
    return 403, {"Code": "AccessDenied", "Message": f"{message}the {action} action"}


def test_a_refusal_quotes_the_bucket_or_the_object(reader: Any, bucket: str) -> None:
    put = refusal(reader.put_object, Bucket=bucket, Key="k", Body=b"")

    assert put == denied("s3:PutObject", f' on resource: "arn:aws:s3:::{bucket}/k"')
    assert refusal(reader.list_objects_v2, Bucket=bucket) == denied(
        "s3:ListBucket", f' on resource: "arn:aws:s3:::{bucket}"'
    )


def test_a_refusal_to_list_buckets_names_no_resource(reader: Any) -> None:
    assert refusal(reader.list_buckets) == denied("s3:ListAllMyBuckets")


def test_who_may_not_list_is_not_told_that_an_object_is_missing(reader: Any, bucket: str) -> None:
    found = refusal(reader.get_object, Bucket=bucket, Key="missing")

    assert found == denied("s3:ListBucket", f' on resource: "arn:aws:s3:::{bucket}"')
    assert refusal(reader.head_object, Bucket=bucket, Key="missing") == (403, {"Code": "403", "Message": "Forbidden"})


def test_who_may_list_is_told(s3: Any, reader: Any, bucket: str) -> None:
    lists = {
        "Effect": "Allow",
        "Principal": {"AWS": USER},
        "Action": "s3:ListBucket",
        "Resource": f"arn:aws:s3:::{bucket}",
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [lists]}))

    assert refusal(reader.get_object, Bucket=bucket, Key="missing")[1]["Code"] == "NoSuchKey"


@pytest.fixture(scope="module")
def writer(emulator: LiveEmulator) -> Any:
    """The client of a user who may put and get objects, and nothing else."""
    iam = emulator.client("iam")
    iam.create_user(UserName="s3-writer")
    allowed = {"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName="s3-writer", PolicyName="p", PolicyDocument=policy)
    key = iam.create_access_key(UserName="s3-writer")["AccessKey"]
    return emulator.client("s3", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])


@pytest.mark.parametrize(
    ("members", "action"),
    [
        ({"Tagging": "a=b"}, "s3:PutObjectTagging"),
        ({"ACL": "bucket-owner-full-control"}, "s3:PutObjectAcl"),
        ({"ObjectLockLegalHoldStatus": "ON"}, "s3:PutObjectLegalHold"),
        (
            {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": "2040-01-01T00:00:00Z"},
            "s3:PutObjectRetention",
        ),
    ],
)
def test_tags_lists_and_locks_of_a_new_object_need_rights_of_their_own(
    writer: Any, bucket: str, members: dict[str, str], action: str
) -> None:
    writer.put_object(Bucket=bucket, Key="k", Body=b"")

    put = refusal(writer.put_object, Bucket=bucket, Key="k", Body=b"", **members)
    begun = refusal(writer.create_multipart_upload, Bucket=bucket, Key="k", **members)

    where = f' on resource: "arn:aws:s3:::{bucket}/k"'
    message = (
        f"is not authorized to perform: {action}{where} because no identity-based policy allows the {action} action"
    )
    for status, error in (put, begun):
        assert (status, error["Code"]) == (403, "AccessDenied")
        assert error["Message"].endswith(message)


def test_a_copy_of_a_version_reads_that_version(s3: Any, writer: Any, bucket: str) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"]
    source = {"Bucket": bucket, "Key": "k"}

    writer.copy_object(Bucket=bucket, Key="copy", CopySource=source)
    status, error = refusal(writer.copy_object, Bucket=bucket, Key="copy", CopySource=source | {"VersionId": version})

    assert (status, error["Code"]) == (403, "AccessDenied")
    assert "perform: s3:GetObjectVersion on resource" in error["Message"]
