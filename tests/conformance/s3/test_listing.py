"""Lists of S3 as AWS was recorded to give them in 2025 and 2026."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.s3.recorded import OWNER_ID, answer, refusal

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

BUCKET = "answers-listing"
VERSIONED = "answers-listing-versions"
OWNER = {"ID": OWNER_ID}
KEYS = ("folder/aSubfolder/subFile1", "folder/aSubfolder/subFile2", "folder/file1", "folder/file2")


@pytest.fixture(scope="module")
def s3(emulator: LiveEmulator) -> Any:
    """S3 with the same keys in both buckets, as objects and as uploads that are under way."""
    client = emulator.client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.create_bucket(Bucket=VERSIONED)
    client.put_bucket_versioning(Bucket=VERSIONED, VersioningConfiguration={"Status": "Enabled"})
    for key in KEYS:
        client.put_object(Bucket=BUCKET, Key=key, Body=b"content 123")
        client.create_multipart_upload(Bucket=BUCKET, Key=key)
        for body in (b"1", b"2"):
            client.put_object(Bucket=VERSIONED, Key=key, Body=body)
    return client


def keys(entries: list[dict[str, Any]]) -> list[str]:
    """The keys that a page lists."""
    return [entry["Key"] for entry in entries]


def prefixes(page: dict[str, Any]) -> list[str]:
    """The prefixes that a page lists."""
    return [each["Prefix"] for each in page.get("CommonPrefixes", [])]


def test_an_object_is_listed_with_checksum_and_owner(s3: Any) -> None:
    shown = s3.list_objects(Bucket=BUCKET, MaxKeys=1)["Contents"][0]
    second = s3.list_objects_v2(Bucket=BUCKET, MaxKeys=1)["Contents"][0]
    asked = s3.list_objects_v2(Bucket=BUCKET, MaxKeys=1, FetchOwner=True)["Contents"][0]

    del shown["LastModified"], shown["ETag"]
    assert shown == {
        "ChecksumAlgorithm": ["CRC32"],
        "ChecksumType": "FULL_OBJECT",
        "Key": KEYS[0],
        "Owner": OWNER,
        "Size": 11,
        "StorageClass": "STANDARD",
    }
    assert "Owner" not in second
    assert asked["Owner"] == OWNER


def test_a_marker_within_a_prefix_skips_the_prefix(s3: Any) -> None:
    asked = {"Bucket": BUCKET, "Prefix": "folder/", "Delimiter": "/", "MaxKeys": 1}

    first = s3.list_objects(**asked)
    second = s3.list_objects(**asked, Marker=first["NextMarker"])
    within = s3.list_objects(**asked, Marker=KEYS[0])

    assert (first["NextMarker"], prefixes(first)) == ("folder/aSubfolder/", ["folder/aSubfolder/"])
    assert (keys(second["Contents"]), second["NextMarker"]) == (["folder/file1"], "folder/file1")
    assert keys(within["Contents"]) == ["folder/file1"]


def test_a_token_is_shown_instead_of_where_the_list_began(s3: Any) -> None:
    first = s3.list_objects_v2(Bucket=BUCKET, StartAfter=KEYS[0], MaxKeys=1)
    token = first["NextContinuationToken"]
    second = s3.list_objects_v2(Bucket=BUCKET, StartAfter=KEYS[0], MaxKeys=1, ContinuationToken=token)

    assert (first["StartAfter"], keys(first["Contents"])) == (KEYS[0], [KEYS[1]])
    assert (second["ContinuationToken"], "StartAfter" in second, keys(second["Contents"])) == (token, False, [KEYS[2]])


@pytest.mark.parametrize(
    "operation", ["list_objects", "list_objects_v2", "list_object_versions", "list_multipart_uploads"]
)
def test_keys_are_encoded_as_in_urls_or_not_at_all(s3: Any, operation: str) -> None:
    assert refusal(getattr(s3, operation), Bucket=BUCKET, EncodingType="value") == (
        400,
        {
            "Code": "InvalidArgument",
            "Message": "Invalid Encoding Method specified in Request",
            "ArgumentName": "encoding-type",
            "ArgumentValue": "value",
        },
    )


@pytest.mark.parametrize(
    ("prefix", "found", "groups"),
    [
        ("folder/", [KEYS[2], KEYS[2], KEYS[3], KEYS[3]], ["folder/aSubfolder/"]),
        ("folder/a", [], ["folder/aSubfolder/"]),
        ("folder/aSubfolder/", [KEYS[0], KEYS[0], KEYS[1], KEYS[1]], []),
        ("", [], ["folder/"]),
    ],
)
def test_versions_below_a_delimiter_are_one_prefix(s3: Any, prefix: str, found: list[str], groups: list[str]) -> None:
    page = s3.list_object_versions(Bucket=VERSIONED, Prefix=prefix, Delimiter="/")

    assert (keys(page.get("Versions", [])), prefixes(page), page["Delimiter"]) == (found, groups, "/")
    assert [each["IsLatest"] for each in page.get("Versions", [])] == [True, False] * (len(found) // 2)


def test_versions_and_prefixes_are_listed_page_by_page(s3: Any) -> None:
    asked = {"Bucket": VERSIONED, "Prefix": "folder/", "Delimiter": "/", "MaxKeys": 2}

    first = s3.list_object_versions(**asked)
    marker = {"KeyMarker": first["NextKeyMarker"], "VersionIdMarker": first["NextVersionIdMarker"]}
    second = s3.list_object_versions(**asked, **marker)
    third = s3.list_object_versions(**asked, KeyMarker=KEYS[2])

    assert (prefixes(first), keys(first["Versions"])) == (["folder/aSubfolder/"], [KEYS[2]])
    assert (prefixes(second), keys(second["Versions"])) == ([], [KEYS[2], KEYS[3]])
    assert (keys(third["Versions"]), third["IsTruncated"]) == ([KEYS[3]] * 2, False)


def test_uploads_are_listed_page_by_page(s3: Any) -> None:
    first = answer(s3.list_multipart_uploads(Bucket=BUCKET, MaxUploads=1))
    ids = {"KeyMarker": first["NextKeyMarker"], "UploadIdMarker": first["NextUploadIdMarker"]}
    second = s3.list_multipart_uploads(Bucket=BUCKET, MaxUploads=1, **ids)
    last = s3.list_multipart_uploads(Bucket=BUCKET, KeyMarker=KEYS[-1])

    upload = first.pop("Uploads")[0]
    assert first == {
        "Bucket": BUCKET,
        "IsTruncated": True,
        "KeyMarker": "",
        "MaxUploads": 1,
        "NextKeyMarker": KEYS[0],
        "NextUploadIdMarker": upload["UploadId"],
        "UploadIdMarker": "",
    }
    assert (upload["Owner"], upload["Initiator"], upload["StorageClass"]) == (OWNER, OWNER, "STANDARD")
    assert keys(second["Uploads"]) == [KEYS[1]]
    assert (last["IsTruncated"], last["NextKeyMarker"], "Uploads" in last) == (False, "", False)
    assert refusal(s3.list_multipart_uploads, **ids | {"Bucket": BUCKET, "KeyMarker": KEYS[1]}) == (
        400,
        {
            "Code": "InvalidArgument",
            "Message": "Invalid uploadId marker",
            "ArgumentName": "upload-id-marker",
            "ArgumentValue": ids["UploadIdMarker"],
        },
    )


def test_uploads_below_a_delimiter_are_one_prefix(s3: Any) -> None:
    asked = {"Bucket": BUCKET, "Prefix": "folder/", "Delimiter": "/", "MaxUploads": 1}

    first = s3.list_multipart_uploads(**asked)
    second = s3.list_multipart_uploads(**asked, KeyMarker="folder/aSubfolder/")
    within = s3.list_multipart_uploads(**asked, KeyMarker=KEYS[0])

    assert (prefixes(first), "Uploads" in first, first["IsTruncated"]) == (["folder/aSubfolder/"], False, True)
    assert keys(second["Uploads"]) == keys(within["Uploads"]) == ["folder/file1"]


def test_buckets_are_listed_page_by_page_with_their_region(s3: Any) -> None:
    everything = s3.list_buckets()
    first = s3.list_buckets(Prefix=BUCKET, MaxBuckets=1)
    second = s3.list_buckets(Prefix=BUCKET, MaxBuckets=1, ContinuationToken=first["ContinuationToken"])
    elsewhere = s3.list_buckets(Prefix=BUCKET, BucketRegion="eu-west-1")

    assert "BucketRegion" not in everything["Buckets"][0]
    assert [(each["Name"], each["BucketRegion"]) for each in first["Buckets"]] == [(BUCKET, "us-east-1")]
    assert ([each["Name"] for each in second["Buckets"]], "ContinuationToken" in second) == ([VERSIONED], False)
    assert (elsewhere["Buckets"], elsewhere["Prefix"]) == ([], BUCKET)


def test_a_version_marker_belongs_to_a_key(s3: Any) -> None:
    status, error = refusal(s3.list_object_versions, Bucket=VERSIONED, VersionIdMarker="v")

    message = "A version-id marker cannot be specified without a key marker."
    more = {"ArgumentName": "version-id-marker", "ArgumentValue": "v"}
    assert (status, error) == (400, {"Code": "InvalidArgument", "Message": message, **more})


def test_versions_go_on_after_one_that_is_gone(s3: Any) -> None:
    for number in range(5):
        s3.put_object(Bucket=VERSIONED, Key="many", Body=str(number))
    first = s3.list_object_versions(Bucket=VERSIONED, Prefix="many", MaxKeys=3)
    wanted = [{"Key": "many", "VersionId": each["VersionId"]} for each in first["Versions"]]
    s3.delete_objects(Bucket=VERSIONED, Delete={"Objects": wanted})

    markers = {"KeyMarker": first["NextKeyMarker"], "VersionIdMarker": first["NextVersionIdMarker"]}
    rest = s3.list_object_versions(Bucket=VERSIONED, Prefix="many", **markers)

    assert len(rest["Versions"]) == 2
