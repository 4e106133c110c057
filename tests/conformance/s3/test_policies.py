"""Bucket policies: what S3 refuses, and whom it takes for everybody."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.conformance.s3.recorded import refusal


def policy(bucket: str, **changes: Any) -> str:
    """A statement that lets everybody get objects, but for what is changed (None: left out)."""
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        **changes,
    }
    kept = {name: value for name, value in statement.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [kept]})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Principal": None}, "Missing required field Principal"),
        ({"Resource": None}, "Missing required field Resource"),
        ({"Action": "sqs:SendMessage"}, "Policy has invalid action"),
        ({"Resource": "arn:aws:s3:::another/*"}, "Policy has invalid resource"),
        ({"Resource": "another"}, "Policy has invalid resource"),
        ({"Action": "s3:ListBucket"}, "Action does not apply to any resource(s) in statement"),
        ({"Principal": {"Nobody": "x"}}, "Invalid principal in policy."),
        ({"Sid": "x" * 20_480}, "Normalized policy document exceeds the maximum allowed size of 20480 bytes"),
    ],
)
def test_a_policy_that_is_none(s3: Any, bucket: str, changes: dict[str, Any], message: str) -> None:
    found = refusal(s3.put_bucket_policy, Bucket=bucket, Policy=policy(bucket, **changes))

    assert found == (400, {"Code": "MalformedPolicy", "Message": message})


EVERYBODY: list[dict[str, Any]] = [
    {},
    {"Principal": {"AWS": "*"}},
    {"Condition": {"StringEquals": {"aws:SecureTransport": "true"}}},
    {"Condition": {"ArnLike": {"aws:SourceArn": "*"}}},
    {"Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}},
]
SOMEBODY: list[dict[str, Any]] = [
    {"Effect": "Deny"},
    {"Principal": {"AWS": "arn:aws:iam::000000000000:root"}},
    {"Principal": {"Service": "cloudtrail.amazonaws.com"}},
    {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}},
    {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
]


@pytest.mark.parametrize("changes", EVERYBODY)
def test_a_policy_that_lets_everybody_in_is_refused_while_that_is_blocked(
    s3: Any, bucket: str, changes: dict[str, Any]
) -> None:
    text = policy(bucket, **changes)

    status, error = refusal(s3.put_bucket_policy, Bucket=bucket, Policy=text)

    message = (
        "User: arn:aws:iam::000000000000:root is not authorized to perform: s3:PutBucketPolicy on resource: "
        f'"arn:aws:s3:::{bucket}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block '
        "Public Access."
    )
    assert (status, error) == (403, {"Code": "AccessDenied", "Message": message})
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=text)
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": True}


@pytest.mark.parametrize("changes", SOMEBODY)
def test_a_policy_that_lets_somebody_in_is_not_public(s3: Any, bucket: str, changes: dict[str, Any]) -> None:
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(bucket, **changes))

    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": False}
