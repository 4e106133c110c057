"""Requests that say whose bucket they mean, as AWS was recorded to answer them in 2025."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conformance.s3.recorded import answer, refusal

ACCOUNT = "000000000000"


def test_a_bucket_is_its_owners(s3: Any, bucket: str) -> None:
    policy = {"Bucket": bucket, "ExpectedBucketOwner": ACCOUNT}

    s3.delete_bucket_policy(**policy)

    assert answer(s3.head_bucket(**policy)) == {"AccessPointAlias": False, "BucketRegion": "us-east-1"}


@pytest.mark.parametrize("operation", ["get_bucket_policy", "delete_bucket_policy", "list_objects_v2"])
def test_a_bucket_is_nobody_elses(s3: Any, bucket: str, operation: str) -> None:
    found = refusal(getattr(s3, operation), Bucket=bucket, ExpectedBucketOwner="111122223333")

    assert found == (403, {"Code": "AccessDenied", "Message": "Access Denied"})


def test_so_is_a_copys_source(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    copy = {"Bucket": bucket, "Key": "c", "CopySource": f"{bucket}/k"}

    found = refusal(s3.copy_object, **copy, ExpectedSourceBucketOwner="111122223333")

    assert found == (403, {"Code": "AccessDenied", "Message": "Access Denied"})


@pytest.mark.parametrize("account", ["0000", "0000000000020", "abcd", "aa000000000$"])
def test_an_account_has_twelve_digits(s3: Any, bucket: str, account: str) -> None:
    found = refusal(s3.get_bucket_policy, Bucket=bucket, ExpectedBucketOwner=account)

    message = f"The value of the expected bucket owner parameter must be an AWS Account ID... [{account}]"
    assert found == (400, {"Code": "InvalidBucketOwnerAWSAccountID", "Message": message})
