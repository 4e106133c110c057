"""Objects as AWS was recorded to show and refuse them between 2023 and 2026."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.s3.conftest import two_buckets
from tests.conformance.s3.recorded import answer, read, refusal

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

BUCKET = "answers-objects"
VERSIONED = "answers-objects-versioned"
FAILED = {"Code": "PreconditionFailed", "Message": "At least one of the pre-conditions you specified did not hold"}
NO_KEY = {"Code": "NoSuchKey", "Message": "The specified key does not exist."}
REFUSED_HEADER = {
    "Code": "NotImplemented",
    "Message": "A header you provided implies functionality that is not implemented",
}
UNKNOWN_ID = "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD"
BAD_ID = {
    "Code": "InvalidArgument",
    "Message": "Invalid version id specified",
    "ArgumentName": "versionId",
    "ArgumentValue": UNKNOWN_ID,
}
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def s3(emulator: LiveEmulator) -> Any:
    """S3 with a bucket that keeps versions and one that does not."""
    return two_buckets(emulator.client("s3"), BUCKET, VERSIONED)


def test_a_put_answers_with_the_checksum_the_client_announced(s3: Any) -> None:
    put = answer(s3.put_object(Bucket=BUCKET, Key="sum", Body=b"test-delete"))

    assert put == {
        "ChecksumCRC32": "1jy6qw==",
        "ChecksumType": "FULL_OBJECT",
        "ETag": '"a9a43d6b467d3dc6514412c3a4987415"',
        "ServerSideEncryption": "AES256",
    }
    shown = read(s3, Bucket=BUCKET, Key="sum")
    assert (shown["ChecksumCRC32"], shown["ChecksumType"]) == ("1jy6qw==", "FULL_OBJECT")
    assert "ChecksumType" not in s3.head_object(Bucket=BUCKET, Key="sum")
    assert (
        s3.get_object_attributes(
            Bucket=BUCKET, Key="sum", ObjectAttributes=["Checksum", "ETag", "ObjectSize", "StorageClass"]
        ).items()
        >= {
            "Checksum": {"ChecksumCRC32": "1jy6qw==", "ChecksumType": "FULL_OBJECT"},
            "ETag": "a9a43d6b467d3dc6514412c3a4987415",
            "ObjectSize": 11,
            "StorageClass": "STANDARD",
        }.items()
    )


def test_content_without_a_checksum_gets_crc64nvme(emulator: LiveEmulator, s3: Any) -> None:
    from botocore.config import Config  # noqa: PLC0415 - as late as boto3 itself

    silent = emulator.client("s3", config=Config(request_checksum_calculation="when_required"))

    put = silent.put_object(Bucket=BUCKET, Key="silent", Body=b"123456789")

    assert (put["ChecksumCRC64NVME"], put["ChecksumType"]) == ("rosUhgp5mIg=", "FULL_OBJECT")


@pytest.mark.parametrize(
    ("sums", "code", "message"),
    [
        ({"ChecksumSHA256": "c2h1dA=="}, "InvalidRequest", "Value for x-amz-checksum-sha256 header is invalid."),
        (
            {"ChecksumCRC32": "AAAAAA==", "ChecksumCRC32C": "AAAAAA=="},
            "InvalidRequest",
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        ),
        (
            {"ChecksumCRC32": "AAAAAA=="},
            "BadDigest",
            "The CRC32 you specified did not match the calculated checksum.",
        ),
        (
            {"ContentMD5": "aaaaaaaaaaaaaaaaaaaaaa=="},
            "BadDigest",
            "The Content-MD5 you specified did not match what we received.",
        ),
        ({"ContentMD5": "bad"}, "InvalidDigest", "The Content-MD5 you specified was invalid."),
    ],
    ids=["malformed", "two", "other", "other md5", "no md5"],
)
def test_a_checksum_that_is_not_the_contents(s3: Any, sums: dict[str, str], code: str, message: str) -> None:
    status, error = refusal(s3.put_object, Bucket=BUCKET, Key="wrong", Body=b"x", **sums)

    assert (status, error["Code"], error["Message"]) == (400, code, message)


@pytest.mark.parametrize(
    ("asked", "shown", "body"),
    [
        ("bytes=0-8", "bytes 0-8/10", b"012345678"),
        ("bytes=1-", "bytes 1-9/10", b"123456789"),
        ("bytes=-2", "bytes 8-9/10", b"89"),
        ("bytes=-15", "bytes 0-9/10", b"0123456789"),
        ("bytes=0-100", "bytes 0-9/10", b"0123456789"),
        ("bytes=1-0", None, b"0123456789"),
        ("bytes=0--1", None, b"0123456789"),
        ("bytes=0-1,3-4,7-9", None, b"0123456789"),
        ("bytes=-", None, b"0123456789"),
        ("0-8", None, b"0123456789"),
    ],
)
def test_a_range_is_read_or_ignored(s3: Any, asked: str, shown: str | None, body: bytes) -> None:
    got = read(s3, Bucket=BUCKET, Key="ten", Range=asked)

    assert (got["Body"], got.get("ContentRange"), got["ContentLength"]) == (body, shown, len(body))
    assert got["ResponseMetadata"]["HTTPStatusCode"] == (206 if shown else 200)
    assert ("ChecksumCRC32" in got) == (len(body) == 10)


@pytest.mark.parametrize("asked", ["bytes=-0", "bytes=100-200"])
def test_a_range_outside_the_object(s3: Any, asked: str) -> None:
    assert refusal(s3.get_object, Bucket=BUCKET, Key="ten", Range=asked) == (
        416,
        {
            "Code": "InvalidRange",
            "Message": "The requested range is not satisfiable",
            "RangeRequested": asked,
            "ActualObjectSize": "10",
        },
    )


@pytest.mark.parametrize(
    ("condition", "failed"),
    [
        ({"IfMatch": '"other"'}, "If-Match"),
        ({"IfUnmodifiedSince": NOW - DAY}, "If-Unmodified-Since"),
        ({"IfNoneMatch": "781e5e245d69b566979b86e28d23f2c7"}, "If-None-Match"),
        ({"IfModifiedSince": NOW}, "If-Modified-Since"),
        ({"IfModifiedSince": NOW + DAY}, None),
    ],
    ids=["match", "unmodified", "none match", "modified", "to come"],
)
def test_conditions_on_what_is_read_and_copied(s3: Any, condition: dict[str, Any], failed: str | None) -> None:
    since = s3.head_object(Bucket=BUCKET, Key="ten")["LastModified"]
    condition = {name: since if value is NOW else value for name, value in condition.items()}
    copied = {f"CopySource{name}": value for name, value in condition.items()}

    if failed is None:
        assert read(s3, Bucket=BUCKET, Key="ten", **condition)["ContentLength"] == 10
        assert s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=f"{BUCKET}/ten", **copied)["CopyObjectResult"]
        return
    known = failed in ("If-None-Match", "If-Modified-Since")
    expected = (304, {"Code": "304", "Message": "Not Modified"}) if known else (412, FAILED | {"Condition": failed})
    assert refusal(s3.get_object, Bucket=BUCKET, Key="ten", **condition) == expected
    assert refusal(s3.head_object, Bucket=BUCKET, Key="ten", **condition)[0] == expected[0]
    assert refusal(s3.copy_object, Bucket=BUCKET, Key="copy", CopySource=f"{BUCKET}/ten", **copied) == (
        412,
        FAILED | {"Condition": f"x-amz-copy-source-{failed}"},
    )


@pytest.mark.parametrize(
    ("key", "condition", "status", "error"),
    [
        ("ten", {"IfNoneMatch": "*"}, 412, FAILED | {"Condition": "If-None-Match"}),
        ("ten", {"IfMatch": "other"}, 412, FAILED | {"Condition": "If-Match"}),
        ("none", {"IfMatch": "other"}, 404, NO_KEY | {"Key": "none"}),
        (
            "ten",
            {"IfNoneMatch": "other"},
            501,
            REFUSED_HEADER
            | {
                "Header": "If-None-Match",
                "additionalMessage": "We don't accept the provided value of If-None-Match header for this API",
            },
        ),
        (
            "ten",
            {"IfMatch": "*"},
            501,
            REFUSED_HEADER
            | {
                "Header": "If-Match",
                "additionalMessage": "We don't accept the provided value of If-Match header for this API",
            },
        ),
        (
            "ten",
            {"IfMatch": "x", "IfNoneMatch": "*"},
            501,
            REFUSED_HEADER
            | {
                "Header": "If-Match,If-None-Match",
                "additionalMessage": "Multiple conditional request headers present in the request",
            },
        ),
    ],
    ids=["there", "other", "not there", "none match", "any", "both"],
)
def test_conditions_on_what_is_overwritten(
    s3: Any, key: str, condition: dict[str, str], status: int, error: dict[str, str]
) -> None:
    assert refusal(s3.put_object, Bucket=BUCKET, Key=key, Body=b"", **condition) == (status, error)


def test_an_object_is_deleted_only_while_it_is_the_one_the_client_has_seen(s3: Any) -> None:
    etag = s3.put_object(Bucket=BUCKET, Key="seen", Body=b"x")["ETag"]

    assert refusal(s3.delete_object, Bucket=BUCKET, Key="seen", IfMatch='"other"') == (
        412,
        FAILED | {"Condition": "If-Match"},
    )
    s3.delete_object(Bucket=BUCKET, Key="seen", IfMatch=etag)
    assert refusal(s3.head_object, Bucket=BUCKET, Key="seen")[0] == 404


def test_a_version_id_that_s3_did_not_give(s3: Any) -> None:
    s3.put_object(Bucket=VERSIONED, Key="k", Body=b"x")

    for bucket, key in ((BUCKET, "ten"), (VERSIONED, "k")):
        wrong = {"Bucket": bucket, "Key": key, "VersionId": UNKNOWN_ID}
        assert refusal(s3.get_object, **wrong) == (400, BAD_ID)
        assert refusal(s3.delete_object, **wrong) == (400, BAD_ID)
        listed = {"Key": key, "VersionId": UNKNOWN_ID}
        assert s3.delete_objects(Bucket=bucket, Delete={"Objects": [listed]})["Errors"] == [
            listed | {"Code": "NoSuchVersion", "Message": "The specified version does not exist."}
        ]
    assert read(s3, Bucket=BUCKET, Key="ten", VersionId="null")["ContentLength"] == 10


def test_a_version_that_is_gone(s3: Any) -> None:
    version = s3.put_object(Bucket=VERSIONED, Key="gone", Body=b"x")["VersionId"]
    s3.delete_object(Bucket=VERSIONED, Key="gone", VersionId=version)

    assert refusal(s3.get_object, Bucket=VERSIONED, Key="gone", VersionId=version) == (
        404,
        {
            "Code": "NoSuchVersion",
            "Message": "The specified version does not exist.",
            "Key": "gone",
            "VersionId": version,
        },
    )
    assert answer(s3.delete_object(Bucket=VERSIONED, Key="gone", VersionId=version)) == {"VersionId": version}


def test_a_suspended_bucket_tells_no_version_of_a_put_but_of_what_it_shows(s3: Any) -> None:
    s3.create_bucket(Bucket="answers-suspended")
    s3.put_bucket_versioning(Bucket="answers-suspended", VersioningConfiguration={"Status": "Suspended"})

    put = s3.put_object(Bucket="answers-suspended", Key="k", Body=b"x")

    assert "VersionId" not in put
    assert read(s3, Bucket="answers-suspended", Key="k")["VersionId"] == "null"


def test_a_reader_says_what_an_answer_is_to_say(s3: Any) -> None:
    got = s3.get_object(
        Bucket=BUCKET,
        Key="ten",
        ResponseCacheControl="max-age=74",
        ResponseContentDisposition="attachment",
        ResponseContentEncoding="identity",
        ResponseContentLanguage="fr",
        ResponseContentType="image/jpeg",
        ResponseExpires=datetime(2015, 10, 21, 7, 28, tzinfo=UTC),
    )

    names = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "ExpiresString")
    assert [got[name] for name in names] == [
        "max-age=74",
        "attachment",
        "identity",
        "fr",
        "image/jpeg",
        "Wed, 21 Oct 2015 07:28:00 GMT",
    ]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_delete_marker_has_no_tags_even_as_the_latest(s3: Any, method: str) -> None:
    s3.delete_object(Bucket=VERSIONED, Key="untagged")
    calls = {"GET": s3.get_object_tagging, "PUT": s3.put_object_tagging, "DELETE": s3.delete_object_tagging}
    more: dict[str, Any] = {"Tagging": {"TagSet": []}} if method == "PUT" else {}

    assert refusal(calls[method], Bucket=VERSIONED, Key="untagged", **more) == (
        405,
        {
            "Code": "MethodNotAllowed",
            "Message": "The specified method is not allowed against this resource.",
            "Method": method,
            "ResourceType": "DeleteMarker",
        },
    )


def test_tags_in_a_header_are_listed_by_their_keys(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="tagged", Body=b"x", Tagging="wrongquery&tag1=tag1&tag=")

    assert s3.get_object_tagging(Bucket=BUCKET, Key="tagged")["TagSet"] == [
        {"Key": "tag", "Value": ""},
        {"Key": "tag1", "Value": "tag1"},
        {"Key": "wrongquery", "Value": ""},
    ]


@pytest.mark.parametrize("tags", ["key1=val1&key1=val2", "key1=val1,key2=val2"])
def test_tags_in_a_header_that_are_none(s3: Any, tags: str) -> None:
    assert refusal(s3.put_object, Bucket=BUCKET, Key="tagged", Body=b"x", Tagging=tags) == (
        400,
        {
            "Code": "InvalidArgument",
            "Message": "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters "
            "without tag name duplicates.",
            "ArgumentName": "x-amz-tagging",
            "ArgumentValue": tags,
        },
    )


def test_a_storage_class_that_there_is_not(s3: Any) -> None:
    assert refusal(s3.put_object, Bucket=BUCKET, Key="k", Body=b"", StorageClass="FakeClass") == (
        400,
        {
            "Code": "InvalidStorageClass",
            "Message": "The storage class you specified is not valid",
            "StorageClassRequested": "FakeClass",
        },
    )
    s3.put_object(Bucket=BUCKET, Key="classed", Body=b"", StorageClass="STANDARD")
    assert "StorageClass" not in s3.head_object(Bucket=BUCKET, Key="classed")


@pytest.mark.parametrize("several", [False, True], ids=["one", "several"])
def test_governance_is_bypassed_only_where_there_is_object_lock(s3: Any, several: bool) -> None:
    call = s3.delete_objects if several else s3.delete_object
    what = {"Delete": {"Objects": [{"Key": "ten"}]}} if several else {"Key": "ten"}
    name = "x-amz-bypass-governance-retention"

    assert refusal(call, Bucket=BUCKET, BypassGovernanceRetention=True, **what) == (
        400,
        {
            "Code": "InvalidArgument",
            "Message": f"{name} is only applicable to Object Lock enabled buckets.",
            "ArgumentName": name,
        },
    )
