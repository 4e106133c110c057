"""Lifecycle rules that S3 refuses, in its words, as users reported them from 2017 to 2026."""

from __future__ import annotations

import base64
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.s3.recorded import refusal

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

BUCKET = "answers-lifecycle"
MALFORMED = (
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
)
RULE = {"ID": "one", "Status": "Enabled", "Filter": {"Prefix": "a/"}, "Expiration": {"Days": 40}}
TAG = {"Key": "a", "Value": "b"}
MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def s3(emulator: LiveEmulator) -> Any:
    """S3 with a bucket."""
    client = emulator.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


def refused(s3: Any, *rules: dict[str, Any]) -> tuple[str, str]:
    """The code and the message of what S3 says to the rules."""
    put, configuration = s3.put_bucket_lifecycle_configuration, {"Rules": list(rules)}
    status, error = refusal(put, Bucket=BUCKET, LifecycleConfiguration=configuration)
    assert status == 400
    return error["Code"], error["Message"]


@pytest.mark.parametrize(
    "changes",
    [
        {"Filter": {"And": {"Prefix": "a"}}},
        {"Filter": {"Prefix": "a", "Tag": TAG}},
        {"NoncurrentVersionExpiration": {"NewerNoncurrentVersions": 5}},
        {"Transitions": [{"Days": 30}]},
        {"Transitions": [{"StorageClass": "GLACIER"}]},
        {"NoncurrentVersionTransitions": [{"StorageClass": "GLACIER"}]},
        {"Prefix": "a"},
    ],
    ids=str,
)
def test_a_form_that_rules_do_not_have(s3: Any, changes: dict[str, Any]) -> None:
    assert refused(s3, RULE | changes) == MALFORMED


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"ID": "x" * 256}, "InvalidArgument", "ID length should not exceed allowed limit of 255"),
        ({"Expiration": {"Days": 0}}, "InvalidArgument", "'Days' for Expiration action must be a positive integer"),
        (
            {"NoncurrentVersionExpiration": {"NoncurrentDays": 0}},
            "InvalidArgument",
            "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer",
        ),
        (
            {"Filter": {"ObjectSizeLessThan": 0}},
            "InvalidRequest",
            "'ObjectSizeLessThan' should be between 1 and 1099511627776000.",
        ),
        (
            {"Filter": {"And": {"ObjectSizeGreaterThan": 5, "ObjectSizeLessThan": 5}}},
            "InvalidRequest",
            "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.",
        ),
        (
            {"Filter": {"Tag": TAG}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
            "InvalidRequest",
            "AbortIncompleteMultipartUpload cannot be specified with Tags.",
        ),
        (
            {"Filter": {"ObjectSizeGreaterThan": 5}, "Expiration": {"ExpiredObjectDeleteMarker": False}},
            "InvalidRequest",
            "ExpiredObjectDeleteMarker cannot be specified with Object Size.",
        ),
    ],
)
def test_a_rule_that_says_what_cannot_be(s3: Any, changes: dict[str, Any], code: str, message: str) -> None:
    assert refused(s3, RULE | changes) == (code, message)


@pytest.mark.parametrize(
    ("moves", "code", "message"),
    [
        (
            [{"Days": 29, "StorageClass": "STANDARD_IA"}],
            "InvalidArgument",
            "'Days' in Transition action must be greater than or equal to 30 for storageClass 'STANDARD_IA'",
        ),
        (
            [{"Days": 40, "StorageClass": "GLACIER"}],
            "InvalidArgument",
            "'Days' in the Expiration action for filter '(prefix=a/)' must be greater than 'Days' in the Transition "
            "action",
        ),
        (
            [{"Days": 5, "StorageClass": "GLACIER"}, {"Days": 6, "StorageClass": "GLACIER"}],
            "InvalidRequest",
            "'StorageClass' must be different for 'Transition' actions in same 'Rule' with filter '(prefix=a/)'",
        ),
        (
            [{"Date": MIDNIGHT, "StorageClass": "GLACIER"}],
            "InvalidRequest",
            "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for filter "
            "'(prefix=a/)'",
        ),
    ],
)
def test_a_move_that_cannot_be(s3: Any, moves: list[dict[str, Any]], code: str, message: str) -> None:
    assert refused(s3, RULE | {"Transitions": moves}) == (code, message)


def test_a_rule_does_something(s3: Any) -> None:
    idle = {name: value for name, value in RULE.items() if name != "Expiration"}

    assert refused(s3, idle) == ("InvalidRequest", "At least one action needs to be specified in a rule")


def test_rules_with_filters_and_with_prefixes_are_not_mixed(s3: Any) -> None:
    old = {"ID": "two", "Status": "Enabled", "Prefix": "b/", "Expiration": {"Days": 1}}

    later = refused(s3, old, RULE)
    earlier = refused(s3, RULE, old)

    assert later == ("InvalidRequest", "Filter element can only be used in Lifecycle V2.")
    assert earlier == (
        "InvalidRequest",
        "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter.",
    )


def test_what_goes_together_is_kept_and_gets_a_name(s3: Any) -> None:
    rule = {
        "Status": "Enabled",
        "Filter": {"And": {"Prefix": "", "Tags": [TAG]}},
        "Expiration": {"Days": 90},
        "Transitions": [{"Days": 30, "StorageClass": "ONEZONE_IA"}, {"Days": 0, "StorageClass": "GLACIER_IR"}],
        "NoncurrentVersionTransitions": [{"NoncurrentDays": 10, "StorageClass": "GLACIER"}],
    }

    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})

    (kept,) = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert uuid.UUID(base64.b64decode(kept.pop("ID")).decode()).version == 4
    assert kept == rule


def test_uploads_and_copies_say_what_the_rules_do_to_them(s3: Any) -> None:
    bucket = "answers-lifecycle-dates"
    s3.create_bucket(Bucket=bucket)
    ends = {"ID": "ends", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 3}}
    gives_up = {
        "ID": "gives up",
        "Status": "Enabled",
        "Filter": {"Prefix": "up/"},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [ends, gives_up]})

    before = datetime.now(UTC).date()
    begun = s3.create_multipart_upload(Bucket=bucket, Key="up/k")
    upload = {"Bucket": bucket, "Key": "up/k", "UploadId": begun["UploadId"]}
    etag = s3.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]
    listed = s3.list_parts(**upload)
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    copied = s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/up/k")

    assert (begun["AbortRuleId"], listed["AbortRuleId"]) == ("gives up", "gives up")
    assert begun["AbortDate"] == listed["AbortDate"]
    assert begun["AbortDate"].time() == MIDNIGHT.time()
    assert (begun["AbortDate"].date() - before).days in (8, 9)
    assert done["Expiration"].endswith('00:00:00 GMT", rule-id="ends"')
    assert copied["Expiration"] == done["Expiration"]
    assert "AbortDate" not in s3.create_multipart_upload(Bucket=bucket, Key="elsewhere")
