"""Multipart uploads as AWS was recorded to answer them in 2023 to 2025."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.s3.recorded import answer, read, refusal

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

BUCKET = "answers-multipart"
FAILED = {"Code": "PreconditionFailed", "Message": "At least one of the pre-conditions you specified did not hold"}
CONFLICT = {
    "Code": "ConditionalRequestConflict",
    "Message": "The conditional request cannot succeed due to a conflicting operation against this resource.",
    "Key": "k",
}
FIRST = b"a" * (5 << 20)


@pytest.fixture(scope="module")
def s3(emulator: LiveEmulator) -> Any:
    """S3 with a bucket, and in it ten bytes to copy from."""
    client = emulator.client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_object(Bucket=BUCKET, Key="ten", Body=b"0123456789")
    return client


def begun(s3: Any, key: str = "k", **more: str) -> dict[str, str]:
    """A new upload, as other calls name it."""
    return {
        "Bucket": BUCKET,
        "Key": key,
        "UploadId": s3.create_multipart_upload(Bucket=BUCKET, Key=key, **more)["UploadId"],
    }


def put_part(s3: Any, upload: dict[str, str], number: int, body: bytes, **more: str) -> dict[str, Any]:
    """A part, as a completion names it."""
    etag = s3.upload_part(**upload, PartNumber=number, Body=body, **more)["ETag"]
    return {"PartNumber": number, "ETag": etag}


def test_a_part_is_read_by_its_number(s3: Any) -> None:
    upload = begun(s3, "parts")
    parts = [put_part(s3, upload, 1, FIRST), put_part(s3, upload, 2, b"test content 123")]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})

    got = read(s3, Bucket=BUCKET, Key="parts", PartNumber=2)
    shown = s3.head_object(Bucket=BUCKET, Key="parts", PartNumber=2)

    assert got["Body"] == b"test content 123"
    assert (got["ContentRange"], got["PartsCount"]) == ("bytes 5242880-5242895/5242896", 2)
    assert (shown["ContentLength"], shown["PartsCount"], shown["ResponseMetadata"]["HTTPStatusCode"]) == (16, 2, 206)
    whole = s3.get_object_attributes(Bucket=BUCKET, Key="parts", ObjectAttributes=["ObjectParts", "Checksum"])
    assert whole["ObjectParts"] == {"TotalPartsCount": 2}
    assert whole["Checksum"]["ChecksumType"] == "FULL_OBJECT"


@pytest.mark.parametrize(
    ("asked", "status", "error"),
    [
        (
            {"PartNumber": 2},
            416,
            {
                "Code": "InvalidPartNumber",
                "Message": "The requested partnumber is not satisfiable",
                "PartNumberRequested": "2",
                "ActualPartCount": "1",
            },
        ),
        (
            {"PartNumber": 1, "Range": "bytes=0-1"},
            400,
            {
                "Code": "InvalidRequest",
                "Message": "Cannot specify both Range header and partNumber query parameter",
            },
        ),
    ],
    ids=["no such part", "with a range"],
)
def test_a_part_that_cannot_be_read(s3: Any, asked: dict[str, Any], status: int, error: dict[str, str]) -> None:
    assert refusal(s3.get_object, Bucket=BUCKET, Key="ten", **asked) == (status, error)
    only = read(s3, Bucket=BUCKET, Key="ten", PartNumber=1)
    assert (only["ContentRange"], "PartsCount" in only) == ("bytes 0-9/10", False)


@pytest.mark.parametrize(
    "operation", ["upload_part", "list_parts", "complete_multipart_upload", "abort_multipart_upload"]
)
def test_an_upload_is_found_under_its_key_alone(s3: Any, operation: str) -> None:
    upload = begun(s3) | {"Key": "other"}
    more = {"PartNumber": 1, "Body": b""} if operation == "upload_part" else {}
    more = {"MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": "x"}]}} if "complete" in operation else more

    assert refusal(getattr(s3, operation), **upload, **more) == (
        404,
        {
            "Code": "NoSuchUpload",
            "Message": "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
            "aborted or completed.",
            "UploadId": upload["UploadId"],
        },
    )


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ("0-8", "form"),
        ("bytes=1-0", "form"),
        ("bytes=-1-", "form"),
        ("bytes=0-1,3-4", "form"),
        ("bytes=-", "form"),
        ("bytes=-2", "form"),
        ("bytes=1-", "form"),
        ("bytes=0-100", "size"),
        ("bytes=100-200", "beyond"),
    ],
)
def test_a_range_that_cannot_become_a_part(s3: Any, asked: str, error: str) -> None:
    messages = {
        "form": "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
        "zero-based offsets of the first and last bytes to copy",
        "size": "Range specified is not valid for source object of size: 10",
        "beyond": "The specified copy range is invalid for the source object size",
    }
    named = {} if error == "beyond" else {"ArgumentName": "x-amz-copy-source-range", "ArgumentValue": asked}
    code = "InvalidRequest" if error == "beyond" else "InvalidArgument"

    refused = refusal(s3.upload_part_copy, **begun(s3), PartNumber=1, CopySource=f"{BUCKET}/ten", CopySourceRange=asked)

    assert refused == (400, {"Code": code, "Message": messages[error]} | named)


def test_parts_are_listed_with_where_to_go_on(s3: Any) -> None:
    upload = begun(s3)
    source = f"{BUCKET}/ten"
    copied = s3.upload_part_copy(**upload, PartNumber=1, CopySource=source, CopySourceRange="bytes=0-8")
    s3.upload_part_copy(**upload, PartNumber=2, CopySource=source)

    page = answer(s3.list_parts(**upload, MaxParts=1))
    rest = s3.list_parts(**upload, PartNumberMarker=1)
    beyond = s3.list_parts(**upload, PartNumberMarker=10)

    assert copied["CopyPartResult"]["ETag"] == '"22975d8a5ed1b91445f6c55ac121505b"'
    assert copied["ServerSideEncryption"] == "AES256"
    assert {name: page[name] for name in page if name not in ("Parts", "Initiator", "Owner")} == upload | {
        "IsTruncated": True,
        "MaxParts": 1,
        "NextPartNumberMarker": 1,
        "PartNumberMarker": 0,
        "StorageClass": "STANDARD",
    }
    assert (rest["NextPartNumberMarker"], [part["Size"] for part in rest["Parts"]]) == (2, [10])
    assert (beyond["NextPartNumberMarker"], "Parts" in beyond) == (0, False)


def test_a_composite_checksum_is_that_of_the_parts_checksums(s3: Any) -> None:
    created = s3.create_multipart_upload(Bucket=BUCKET, Key="composite", ChecksumAlgorithm="SHA256")
    upload = {"Bucket": BUCKET, "Key": "composite", "UploadId": created["UploadId"]}
    digests = [hashlib.sha256(body).digest() for body in (FIRST, b"rest")]
    parts = [
        put_part(s3, upload, number, body, ChecksumAlgorithm="SHA256")
        | {"ChecksumSHA256": base64.b64encode(d).decode()}
        for number, (body, d) in enumerate(zip((FIRST, b"rest"), digests, strict=True), 1)
    ]
    without = [{name: part[name] for name in ("PartNumber", "ETag")} for part in parts]

    missing = refusal(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": without})
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    page = s3.get_object_attributes(Bucket=BUCKET, Key="composite", ObjectAttributes=["ObjectParts"], MaxParts=1)

    assert (created["ChecksumAlgorithm"], created["ChecksumType"]) == ("SHA256", "COMPOSITE")
    assert missing[1]["Message"] == (
        "The upload was created using a sha256 checksum. The complete request must include the checksum for each part. "
        "It was missing for part 1 in the request."
    )
    whole = base64.b64encode(hashlib.sha256(b"".join(digests)).digest()).decode()
    assert (done["ChecksumSHA256"], done["ChecksumType"]) == (f"{whole}-2", "COMPOSITE")
    assert page["ObjectParts"]["Parts"] == [
        {"PartNumber": 1, "Size": len(FIRST), "ChecksumSHA256": parts[0]["ChecksumSHA256"]}
    ]
    assert (page["ObjectParts"]["IsTruncated"], page["ObjectParts"]["NextPartNumberMarker"]) == (True, 1)


def test_an_upload_without_a_checksum_ends_as_an_object_with_one(s3: Any) -> None:
    upload = begun(s3, "plain")
    part = put_part(s3, upload, 1, b"123456789")

    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]})

    assert (done["ChecksumCRC64NVME"], done["ChecksumType"]) == ("rosUhgp5mIg=", "FULL_OBJECT")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"ChecksumType": "COMPOSITE"},
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
        ),
        (
            {"ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "COMPOSITE"},
            "The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm.",
        ),
        (
            {"ChecksumAlgorithm": "SHA256", "ChecksumType": "FULL_OBJECT"},
            "The FULL_OBJECT checksum type cannot be used with the sha256 checksum algorithm.",
        ),
    ],
    ids=["no algorithm", "crc64nvme", "sha256"],
)
def test_checksum_types_that_do_not_go_together(s3: Any, more: dict[str, str], message: str) -> None:
    assert refusal(s3.create_multipart_upload, Bucket=BUCKET, Key="k", **more) == (
        400,
        {"Code": "InvalidRequest", "Message": message},
    )


def test_a_part_has_the_checksum_its_upload_was_begun_with(s3: Any) -> None:
    upload = begun(s3, ChecksumAlgorithm="SHA256")

    assert refusal(s3.upload_part, **upload, PartNumber=1, Body=b"x")[1]["Message"] == (
        "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32"
    )


@pytest.mark.parametrize(
    ("parts", "code", "more"),
    [
        ([], "MalformedXML", {}),
        ([2, 1], "InvalidPartOrder", {}),
        ([1, 3], "InvalidPart", {"PartNumber": "3", "ETag": "none"}),
        ([1, 2], "EntityTooSmall", {"PartNumber": "1", "ProposedSize": "1", "MinSizeAllowed": "5242880"}),
    ],
    ids=["none", "order", "missing", "small"],
)
def test_parts_that_make_no_object(s3: Any, parts: list[int], code: str, more: dict[str, str]) -> None:
    upload = begun(s3)
    there = {number: put_part(s3, upload, number, b"x") for number in (1, 2)}
    wanted = [there.get(number, {"PartNumber": number, "ETag": '"none"'}) for number in parts]

    _, error = refusal(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": wanted})

    assert error["Code"] == code
    assert error.items() >= more.items()


def test_an_object_written_during_an_upload_fails_its_condition(s3: Any) -> None:
    etag = s3.put_object(Bucket=BUCKET, Key="k", Body=b"before")["ETag"]
    upload = begun(s3)
    parts = {"Parts": [put_part(s3, upload, 1, b"x")]}
    now = s3.put_object(Bucket=BUCKET, Key="k", Body=b"meanwhile")["ETag"]

    before = refusal(s3.complete_multipart_upload, **upload, MultipartUpload=parts, IfMatch=etag)
    meanwhile = refusal(s3.complete_multipart_upload, **upload, MultipartUpload=parts, IfMatch=now)

    assert before == (412, FAILED | {"Condition": "If-Match"})
    assert meanwhile == (409, CONFLICT | {"Condition": "If-Match"})


def test_an_object_deleted_during_an_upload_fails_its_condition(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"before")
    upload = begun(s3)
    parts = {"Parts": [put_part(s3, upload, 1, b"x")]}

    there = refusal(s3.complete_multipart_upload, **upload, MultipartUpload=parts, IfNoneMatch="*")
    s3.delete_object(Bucket=BUCKET, Key="k")
    gone = refusal(s3.complete_multipart_upload, **upload, MultipartUpload=parts, IfNoneMatch="*")

    assert there == (412, FAILED | {"Condition": "If-None-Match"})
    assert gone == (409, CONFLICT | {"Condition": "If-None-Match"})


@pytest.mark.parametrize(
    ("kind", "shown"), [("COMPOSITE", ["NRU+Sw==", "TBHN8A=="]), ("FULL_OBJECT", [None, None])], ids=["parts", "whole"]
)
def test_a_part_is_read_with_its_own_checksum(s3: Any, kind: str, shown: list[str | None]) -> None:
    """Where the object's is of its parts' checksums; one of the whole object says nothing of a part."""
    named = {"Bucket": BUCKET, "Key": f"own-{kind}"}
    begun = s3.create_multipart_upload(**named, ChecksumAlgorithm="CRC32", ChecksumType=kind)["UploadId"]
    bodies = [b"a" * 5_242_881, b"a" * 10]
    put = [
        s3.upload_part(**named, UploadId=begun, PartNumber=number, Body=body, ChecksumAlgorithm="CRC32")
        for number, body in enumerate(bodies, start=1)
    ]
    parts = [
        {"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}
        for number, part in enumerate(put, start=1)
    ]
    whole = s3.complete_multipart_upload(**named, UploadId=begun, MultipartUpload={"Parts": parts})

    heads = [s3.head_object(**named, PartNumber=number, ChecksumMode="ENABLED") for number in (1, 2)]
    attributes = s3.get_object_attributes(**named, ObjectAttributes=["Checksum"])["Checksum"]

    assert [head.get("ChecksumCRC32") for head in heads] == shown
    assert {head.get("ChecksumType") for head in heads} == {kind if any(shown) else None}
    assert attributes == {"ChecksumCRC32": whole["ChecksumCRC32"].partition("-")[0], "ChecksumType": kind}


WRONG_SUM = {"Code": "BadDigest", "Message": "The crc32 you specified did not match the calculated checksum."}


def test_a_whole_objects_checksum_is_taken_only_as_that(s3: Any) -> None:
    upload = begun(s3, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    part = put_part(s3, upload, 1, b"abc", ChecksumAlgorithm="CRC32")
    right, other = {"ChecksumCRC32": "NSRBwg=="}, {"ChecksumCRC64NVME": "BeXKuz/B+us="}
    typed = {"ChecksumType": "FULL_OBJECT"}

    for told in (right, other, other | typed, {"ChecksumCRC32": "AAAAAA=="} | typed):
        refused = refusal(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": [part]}, **told)
        assert refused == (400, WRONG_SUM)
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]}, **right, **typed)

    assert (done["ChecksumCRC32"], done["ChecksumType"]) == ("NSRBwg==", "FULL_OBJECT")


def test_an_upload_without_checksums_is_completed_without_any(s3: Any) -> None:
    upload = begun(s3)
    part = put_part(s3, upload, 1, b"abc")
    summed = {"Parts": [part | {"ChecksumCRC32": "NSRBwg=="}]}

    status, error = refusal(s3.complete_multipart_upload, **upload, MultipartUpload=summed)
    assert (status, error["Code"], error["PartNumber"]) == (400, "InvalidPart", "1")
    for kind in ("FULL_OBJECT", "COMPOSITE"):
        message = (
            "The upload was created using the null checksum mode. The complete request must use the same checksum mode."
        )
        assert refusal(
            s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": [part]}, ChecksumType=kind
        ) == (400, {"Code": "InvalidRequest", "Message": message})
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]}, ChecksumCRC32="AAAAAA==")


def test_who_completes_an_upload_again_gets_the_answer_again(s3: Any) -> None:
    upload = begun(s3, "twice")
    parts = {"Parts": [put_part(s3, upload, 1, b"x")]}
    first = s3.complete_multipart_upload(**upload, MultipartUpload=parts)
    s3.put_object(Bucket=BUCKET, Key="twice", Body=b"since")

    again = s3.complete_multipart_upload(**upload, MultipartUpload=parts, IfNoneMatch="*")
    other = {"Parts": [parts["Parts"][0] | {"PartNumber": 2}]}
    status, error = refusal(s3.complete_multipart_upload, **upload, MultipartUpload=other)

    assert answer(again) == answer(first)
    assert read(s3, Bucket=BUCKET, Key="twice")["Body"] == b"since"
    assert (status, error["Code"]) == (404, "NoSuchUpload")


def test_a_completion_names_its_parts_by_their_numbers(s3: Any) -> None:
    upload = begun(s3)
    part = put_part(s3, upload, 1, b"x")

    status, error = refusal(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": [{"ETag": part["ETag"]}]})

    assert (status, error["Code"]) == (400, "MalformedXML")


@pytest.mark.parametrize(
    ("operation", "member", "name"),
    [
        ("list_parts", "MaxParts", "max-parts"),
        ("list_parts", "PartNumberMarker", "part-number-marker"),
        ("list_multipart_uploads", "MaxUploads", "max-uploads"),
    ],
)
def test_listings_count_with_numbers_of_31_bits(s3: Any, operation: str, member: str, name: str) -> None:
    upload = begun(s3) if operation == "list_parts" else {"Bucket": BUCKET}

    below = refusal(getattr(s3, operation), **upload, **{member: -1})
    above = refusal(getattr(s3, operation), **upload, **{member: 2**31})

    argument = {"Code": "InvalidArgument", "ArgumentName": name}
    message = f"Argument {name} must be an integer between 0 and 2147483647"
    assert below == (400, argument | {"Message": message, "ArgumentValue": "-1"})
    message = f"Provided {name} not an integer or within integer range"
    assert above == (400, argument | {"Message": message, "ArgumentValue": str(2**31)})
