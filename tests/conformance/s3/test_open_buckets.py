"""Who does not sign: let in by policies and lists that name everybody, and by nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from tests.conformance.s3.recorded import read, refusal

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

CLOSED = (403, {"Code": "AccessDenied", "Message": "Access Denied"})


@pytest.fixture(scope="module")
def nobody(emulator: LiveEmulator) -> Any:
    """A client that signs nothing."""
    return emulator.client("s3", config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}))


@pytest.fixture
def unblocked(s3: Any, bucket: str) -> str:
    """A bucket that may be opened, with an object `k`."""
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"all")
    return bucket


def opened(bucket: str, **changes: Any) -> str:
    """A policy that lets everybody get objects, but for what is changed."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | changes]})


def test_a_new_bucket_is_closed(s3: Any, nobody: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"")

    assert refusal(nobody.get_object, Bucket=bucket, Key="k") == CLOSED
    assert refusal(nobody.list_objects_v2, Bucket=bucket) == CLOSED
    assert refusal(nobody.list_buckets) == CLOSED


def test_a_bucket_that_is_not_there_is_no_secret(nobody: Any) -> None:
    message = "The specified bucket does not exist"

    found = refusal(nobody.get_object, Bucket="no-such-open-bucket", Key="k")

    assert found == (404, {"Code": "NoSuchBucket", "Message": message, "BucketName": "no-such-open-bucket"})


def test_a_policy_for_everybody_opens_what_it_names(s3: Any, nobody: Any, unblocked: str) -> None:
    s3.put_bucket_policy(Bucket=unblocked, Policy=opened(unblocked))

    assert read(nobody, Bucket=unblocked, Key="k")["Body"] == b"all"
    assert refusal(nobody.put_object, Bucket=unblocked, Key="k", Body=b"") == CLOSED
    assert refusal(nobody.get_bucket_policy, Bucket=unblocked) == CLOSED


def test_a_policy_that_denies_comes_first(s3: Any, nobody: Any, unblocked: str) -> None:
    statements = json.loads(opened(unblocked))["Statement"] + json.loads(opened(unblocked, Effect="Deny"))["Statement"]

    s3.put_bucket_policy(Bucket=unblocked, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))

    assert refusal(nobody.get_object, Bucket=unblocked, Key="k") == CLOSED


def test_the_account_as_a_principal_is_not_everybody(s3: Any, nobody: Any, unblocked: str) -> None:
    account = {"AWS": "arn:aws:iam::000000000000:root"}

    s3.put_bucket_policy(Bucket=unblocked, Policy=opened(unblocked, Principal=account))

    assert refusal(nobody.get_object, Bucket=unblocked, Key="k") == CLOSED


def test_what_is_not_there_learns_who_may_list(s3: Any, nobody: Any, unblocked: str) -> None:
    s3.put_bucket_policy(Bucket=unblocked, Policy=opened(unblocked))
    before = refusal(nobody.get_object, Bucket=unblocked, Key="missing")
    lists = opened(unblocked, Action="s3:*", Resource=[f"arn:aws:s3:::{unblocked}", f"arn:aws:s3:::{unblocked}/*"])

    s3.put_bucket_policy(Bucket=unblocked, Policy=lists)

    assert before == CLOSED
    assert refusal(nobody.get_object, Bucket=unblocked, Key="missing")[1]["Code"] == "NoSuchKey"


def test_a_restricted_bucket_takes_no_notice_of_a_public_policy(s3: Any, nobody: Any, unblocked: str) -> None:
    s3.put_bucket_policy(Bucket=unblocked, Policy=opened(unblocked))

    s3.put_public_access_block(Bucket=unblocked, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})

    assert refusal(nobody.get_object, Bucket=unblocked, Key="k") == CLOSED


def test_a_key_of_kms_is_for_those_who_sign(s3: Any, nobody: Any, unblocked: str, emulator: LiveEmulator) -> None:
    key = emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    s3.put_object(Bucket=unblocked, Key="sealed", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    s3.put_bucket_policy(Bucket=unblocked, Policy=opened(unblocked))

    status, error = refusal(nobody.get_object, Bucket=unblocked, Key="sealed")

    message = "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4."
    assert (status, error["Code"], error["Message"]) == (400, "InvalidArgument", message)


def test_a_public_list_opens_the_bucket_or_the_object(s3: Any, nobody: Any, unblocked: str) -> None:
    s3.put_bucket_ownership_controls(
        Bucket=unblocked, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    s3.put_bucket_acl(Bucket=unblocked, ACL="public-read-write")

    nobody.put_object(Bucket=unblocked, Key="theirs", Body=b"1")
    listed = [each["Key"] for each in nobody.list_objects_v2(Bucket=unblocked)["Contents"]]
    nobody.delete_objects(Bucket=unblocked, Delete={"Objects": [{"Key": "theirs"}]})
    before = refusal(nobody.get_object, Bucket=unblocked, Key="k")
    s3.put_object_acl(Bucket=unblocked, Key="k", ACL="public-read")

    assert (listed, before) == (["k", "theirs"], CLOSED)
    assert read(nobody, Bucket=unblocked, Key="k")["Body"] == b"all"
    assert refusal(nobody.get_object, Bucket=unblocked, Key="missing")[1]["Code"] == "NoSuchKey"
    s3.put_public_access_block(Bucket=unblocked, PublicAccessBlockConfiguration={"IgnorePublicAcls": True})
    assert refusal(nobody.get_object, Bucket=unblocked, Key="k") == CLOSED
