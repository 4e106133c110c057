"""Settings of buckets as AWS was recorded to keep and refuse them in 2023 to 2025."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.s3.recorded import BAD_XML, OWNER_ID, answer, read, refusal

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

BUCKET = "answers-settings"
KEY = "arn:aws:kms:us-east-1:000000000000:key/134f2428-cec1-4b25-a1ae-9048164dba47"
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
RULE = {"ID": "one", "Filter": {}, "Status": "Enabled"}


@pytest.fixture(scope="module")
def s3(emulator: LiveEmulator) -> Any:
    """S3 with a bucket, and one that locks objects."""
    client = emulator.client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.create_bucket(Bucket=f"{BUCKET}-locked", ObjectLockEnabledForBucket=True)
    return client


def argument(message: str, name: str, **more: str) -> dict[str, str]:
    """A refusal of an argument."""
    return {"Code": "InvalidArgument", "Message": message, "ArgumentName": name, **more}


def invalid_tag(message: str, **more: str) -> dict[str, str]:
    """A refusal of a tag."""
    return {"Code": "InvalidTag", "Message": message, **more}


def encryption(**default: str) -> dict[str, Any]:
    """An encryption rule."""
    return {"ApplyServerSideEncryptionByDefault": default}


@pytest.mark.parametrize(
    ("operation", "member", "value", "error"),
    [
        ("versioning", "VersioningConfiguration", {"Status": "enabled"}, BAD_XML),
        ("versioning", "VersioningConfiguration", {"Status": "Disabled"}, BAD_XML),
        (
            "versioning",
            "VersioningConfiguration",
            {},
            {
                "Code": "IllegalVersioningConfigurationException",
                "Message": "The Versioning element must be specified",
            },
        ),
        ("encryption", "ServerSideEncryptionConfiguration", {"Rules": []}, BAD_XML),
        (
            "encryption",
            "ServerSideEncryptionConfiguration",
            {"Rules": [encryption(SSEAlgorithm="AES256"), encryption(SSEAlgorithm="AES256")]},
            BAD_XML,
        ),
        (
            "encryption",
            "ServerSideEncryptionConfiguration",
            {"Rules": [encryption(SSEAlgorithm="AES256", KMSMasterKeyID=KEY)]},
            argument(
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
                "ApplyServerSideEncryptionByDefault",
            ),
        ),
        ("ownership_controls", "OwnershipControls", {"Rules": [{"ObjectOwnership": "RandomValue"}]}, BAD_XML),
        ("ownership_controls", "OwnershipControls", {"Rules": [{"ObjectOwnership": "ObjectWriter"}] * 2}, BAD_XML),
        ("ownership_controls", "OwnershipControls", {"Rules": []}, BAD_XML),
        ("accelerate_configuration", "AccelerateConfiguration", {"Status": "enabled"}, BAD_XML),
        (
            "policy",
            "Policy",
            "",
            {"Code": "MalformedPolicy", "Message": "Policies must be valid JSON and the first byte must be '{'"},
        ),
        (
            "policy",
            "Policy",
            "invalid json",
            {"Code": "MalformedPolicy", "Message": "Policies must be valid JSON and the first byte must be '{'"},
        ),
        ("policy", "Policy", "{}", {"Code": "MalformedPolicy", "Message": "Missing required field Statement"}),
        (
            "tagging",
            "Tagging",
            {"TagSet": [{"Key": "Key1", "Value": "a"}, {"Key": "Key1", "Value": "b"}]},
            invalid_tag("Cannot provide multiple Tags with the same key", TagKey="Key1"),
        ),
        (
            "tagging",
            "Tagging",
            {"TagSet": [{"Key": "Key1,Key2", "Value": "a"}]},
            invalid_tag("The TagKey you have provided is invalid", TagKey="Key1,Key2"),
        ),
        (
            "tagging",
            "Tagging",
            {"TagSet": [{"Key": "Key1", "Value": "Val1,Val2"}]},
            invalid_tag("The TagValue you have provided is invalid", TagKey="Key1", TagValue="Val1,Val2"),
        ),
        (
            "tagging",
            "Tagging",
            {"TagSet": [{"Key": "aws:prefixed", "Value": "a"}]},
            invalid_tag("System tags cannot be added/updated by requester", TagKey="aws:prefixed"),
        ),
        ("lifecycle_configuration", "LifecycleConfiguration", {"Rules": [{"ID": "x", "Status": "Enabled"}]}, BAD_XML),
        (
            "lifecycle_configuration",
            "LifecycleConfiguration",
            {"Rules": [RULE | {"NoncurrentVersionExpiration": {}}]},
            BAD_XML,
        ),
        (
            "lifecycle_configuration",
            "LifecycleConfiguration",
            {"Rules": [RULE | {"Filter": {"And": {"Prefix": "a"}, "Prefix": "b"}}]},
            BAD_XML,
        ),
        (
            "lifecycle_configuration",
            "LifecycleConfiguration",
            {"Rules": [RULE | {"Expiration": {"ExpiredObjectDeleteMarker": True, "Days": 1}}]},
            BAD_XML,
        ),
        (
            "lifecycle_configuration",
            "LifecycleConfiguration",
            {"Rules": [RULE | {"Filter": {"And": {"Tags": [{"Key": "a", "Value": "b"}] * 2}}}]},
            {"Code": "InvalidRequest", "Message": "Duplicate Tag Keys are not allowed."},
        ),
        (
            "lifecycle_configuration",
            "LifecycleConfiguration",
            {"Rules": [RULE | {"Expiration": {"Date": NOON}}]},
            argument("'Date' must be at midnight GMT", "Date", ArgumentValue="2030-01-01T12:00:00.000Z"),
        ),
    ],
)
def test_a_setting_that_is_refused(s3: Any, operation: str, member: str, value: Any, error: dict[str, str]) -> None:
    put = getattr(s3, f"put_bucket_{operation}")

    assert refusal(put, Bucket=BUCKET, **{member: value}) == (400, error)


@pytest.mark.parametrize(
    "configuration",
    [
        {"Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}},
        {},
        {"ObjectLockEnabled": "Enabled", "Rule": {}},
        {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {}}},
        {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE"}}},
        {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1, "Years": 1}}},
    ],
    ids=["not enabled", "empty", "empty rule", "empty retention", "no days", "days and years"],
)
def test_an_object_lock_that_is_refused(s3: Any, configuration: dict[str, Any]) -> None:
    locked = f"{BUCKET}-locked"

    assert refusal(s3.put_object_lock_configuration, Bucket=locked, ObjectLockConfiguration=configuration) == (
        400,
        BAD_XML,
    )


def test_a_bucket_is_encrypted_by_default_and_again_once_that_is_taken_away(s3: Any) -> None:
    blocked = {"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}
    default = {"Rules": [encryption(SSEAlgorithm="AES256") | {"BucketKeyEnabled": False} | blocked]}

    assert s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"] == default
    for _ in range(2):
        s3.delete_bucket_encryption(Bucket=BUCKET)
    assert s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"] == default


def test_what_is_blocked_stays_so_until_a_rule_says_otherwise(s3: Any) -> None:
    s3.create_bucket(Bucket="answers-blocked")
    rules = [
        (encryption(SSEAlgorithm="AES256"), ["SSE-C"]),
        ({"BlockedEncryptionTypes": {"EncryptionType": ["NONE"]}}, ["NONE"]),
        (encryption(SSEAlgorithm="aws:kms"), ["NONE"]),
        ({"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}, ["SSE-C"]),
    ]
    found = []
    for rule, _ in rules:
        s3.put_bucket_encryption(Bucket="answers-blocked", ServerSideEncryptionConfiguration={"Rules": [rule]})
        (kept,) = s3.get_bucket_encryption(Bucket="answers-blocked")["ServerSideEncryptionConfiguration"]["Rules"]
        found.append(kept["BlockedEncryptionTypes"]["EncryptionType"])

    assert found == [blocked for _, blocked in rules]
    unknown = {"Rules": [{"BlockedEncryptionTypes": {"EncryptionType": ["x"]}}]}
    put = s3.put_bucket_encryption
    assert refusal(put, Bucket="answers-blocked", ServerSideEncryptionConfiguration=unknown) == (400, BAD_XML)


def test_objects_say_which_key_of_kms_their_bucket_uses(emulator: LiveEmulator, s3: Any) -> None:
    s3.create_bucket(Bucket="answers-kms")
    key = emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    rule = encryption(SSEAlgorithm="aws:kms", KMSMasterKeyID=key.rpartition("/")[2]) | {"BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket="answers-kms", ServerSideEncryptionConfiguration={"Rules": [rule]})

    put = s3.put_object(Bucket="answers-kms", Key="k", Body=b"test-encrypted")
    got = read(s3, Bucket="answers-kms", Key="k")

    expected = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key, "BucketKeyEnabled": True}
    assert put.items() >= expected.items()
    assert got.items() >= expected.items()
    assert put["ETag"] != '"16b66fb6b9c0e864b0291fa0dbb5a946"'


def test_a_key_of_kms_that_there_is_not_is_named_as_it_was_given(s3: Any) -> None:
    encrypted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "fake-key-id"}

    assert refusal(s3.put_object, Bucket=BUCKET, Key="k", Body=b"", **encrypted) == (
        400,
        {"Code": "KMS.NotFoundException", "Message": "Invalid keyId 'fake-key-id'"},
    )


def test_tags_and_policies_are_put_without_an_answer(s3: Any) -> None:
    tags = {"TagSet": [{"Key": "tag1", "Value": "tag1"}, {"Key": "tag2", "Value": ""}]}

    put = s3.put_bucket_tagging(Bucket=BUCKET, Tagging=tags)
    shown = answer(s3.get_bucket_tagging(Bucket=BUCKET))
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": []})

    assert (put["ResponseMetadata"]["HTTPStatusCode"], shown) == (204, tags)
    assert refusal(s3.get_bucket_tagging, Bucket=BUCKET) == (
        404,
        {"Code": "NoSuchTagSet", "Message": "The TagSet does not exist", "BucketName": BUCKET},
    )


def test_acceleration_is_off_until_it_is_put(s3: Any) -> None:
    assert answer(s3.get_bucket_accelerate_configuration(Bucket=BUCKET)) == {}
    s3.put_bucket_accelerate_configuration(Bucket=BUCKET, AccelerateConfiguration={"Status": "Enabled"})
    assert answer(s3.get_bucket_accelerate_configuration(Bucket=BUCKET)) == {"Status": "Enabled"}
    assert answer(s3.get_bucket_request_payment(Bucket=BUCKET)) == {"Payer": "BucketOwner"}


def test_what_is_not_said_to_be_blocked_is_not(s3: Any, bucket: str) -> None:
    refused = refusal(s3.put_public_access_block, Bucket=bucket, PublicAccessBlockConfiguration={})
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicPolicy": True})
    kept = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]

    assert refused == (400, {"Code": "InvalidRequest", "Message": "Must specify at least one configuration."})
    assert {name for name, blocked in kept.items() if blocked} == {"BlockPublicPolicy"}
    assert len(kept) == 4


def test_rules_come_with_the_size_from_which_objects_are_moved(s3: Any) -> None:
    named, size = {"Bucket": BUCKET}, "TransitionDefaultMinimumObjectSize"
    rules = {"LifecycleConfiguration": {"Rules": [RULE | {"Expiration": {"Days": 7}}]}}
    put, get = s3.put_bucket_lifecycle_configuration, s3.get_bucket_lifecycle_configuration
    for given, kept in (
        ({size: "varies_by_storage_class"}, "varies_by_storage_class"),
        ({}, "all_storage_classes_128K"),
    ):
        assert put(**named, **rules, **given)[size] == kept
        assert get(**named)[size] == kept

    message = f"Invalid {size} found: value"
    refused = refusal(put, **named, **rules, **{size: "value"})
    s3.delete_bucket_lifecycle(**named)

    assert refused == (400, {"Code": "InvalidRequest", "Message": message})


def test_objects_say_when_their_rule_lets_them_expire(s3: Any) -> None:
    s3.create_bucket(Bucket="answers-expiry")
    rules = [
        RULE | {"Filter": {"Prefix": "t"}, "Expiration": {"Days": 7}},
        RULE | {"ID": "two", "Filter": {"Tag": {"Key": "a", "Value": "b"}}, "Expiration": {"Days": 1}},
    ]
    s3.put_bucket_lifecycle_configuration(Bucket="answers-expiry", LifecycleConfiguration={"Rules": rules})

    by_prefix = s3.put_object(Bucket="answers-expiry", Key="test", Body=b"x")
    by_both = s3.put_object(Bucket="answers-expiry", Key="tagged", Body=b"x", Tagging="a=b")
    by_none = s3.put_object(Bucket="answers-expiry", Key="other", Body=b"x")

    assert s3.get_bucket_lifecycle_configuration(Bucket="answers-expiry")["Rules"] == rules
    assert by_prefix["Expiration"].endswith('GMT", rule-id="one"')
    assert by_both["Expiration"].endswith('00:00:00 GMT", rule-id="two"')
    assert "Expiration" not in by_none
    assert s3.head_object(Bucket="answers-expiry", Key="test")["Expiration"] == by_prefix["Expiration"]


def test_ownership_is_chosen_when_a_bucket_is_made(s3: Any) -> None:
    s3.create_bucket(Bucket="answers-owned", ObjectOwnership="BucketOwnerPreferred")

    rules = s3.get_bucket_ownership_controls(Bucket="answers-owned")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerPreferred"}]
    assert refusal(s3.create_bucket, Bucket="answers-owned-2", ObjectOwnership="RandomValue") == (
        400,
        argument("Invalid x-amz-object-ownership header: RandomValue", "x-amz-object-ownership"),
    )


def test_a_legal_hold_is_on_or_off(s3: Any) -> None:
    s3.put_object(Bucket=f"{BUCKET}-locked", Key="k", Body=b"x")

    assert refusal(s3.put_object_legal_hold, Bucket=f"{BUCKET}-locked", Key="k", LegalHold={}) == (400, BAD_XML)


def test_a_bucket_and_its_objects_are_their_owners(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="owned", Body=b"x", ACL="bucket-owner-full-control")
    owner = {"ID": OWNER_ID}
    expected = {
        "Owner": owner,
        "Grants": [{"Grantee": owner | {"Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}],
    }

    assert answer(s3.get_bucket_acl(Bucket=BUCKET)) == expected
    assert answer(s3.get_object_acl(Bucket=BUCKET, Key="owned")) == expected


@pytest.mark.parametrize(
    ("operation", "params", "status", "error"),
    [
        (
            "put_bucket_acl",
            {"ACL": "private"},
            400,
            {"Code": "AccessControlListNotSupported", "Message": "The bucket does not allow ACLs"},
        ),
        (
            "put_object",
            {"Key": "k", "Body": b"", "ACL": "public-read"},
            400,
            {"Code": "AccessControlListNotSupported", "Message": "The bucket does not allow ACLs"},
        ),
        (
            "put_object",
            {"Key": "k", "Body": b"", "ACL": "fake-acl"},
            400,
            argument("", "x-amz-acl", ArgumentValue="fake-acl"),
        ),
        (
            "put_bucket_acl",
            {},
            400,
            {
                "Code": "MissingSecurityHeader",
                "Message": "Your request was missing a required header",
                "MissingHeaderName": "x-amz-acl",
            },
        ),
    ],
    ids=["put", "public", "unknown", "nothing"],
)
def test_a_list_that_lets_others_in_is_refused(
    s3: Any, operation: str, params: dict[str, Any], status: int, error: dict[str, str]
) -> None:
    found = refusal(getattr(s3, operation), Bucket=BUCKET, **params)

    assert (found[0], {name: value or "" for name, value in found[1].items()}) == (status, error)


def test_public_lists_are_blocked_where_lists_are_on(s3: Any) -> None:
    s3.create_bucket(Bucket="answers-lists", ObjectOwnership="ObjectWriter")

    assert refusal(s3.put_bucket_acl, Bucket="answers-lists", ACL="public-read")[1]["Code"] == "AccessDenied"
    s3.put_bucket_acl(Bucket="answers-lists", ACL="private")
    assert refusal(s3.create_bucket, Bucket="answers-lists-2", ACL="public-read") == (
        400,
        {
            "Code": "InvalidBucketAclWithObjectOwnership",
            "Message": "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
        },
    )
