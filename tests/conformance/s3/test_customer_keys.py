"""Objects under keys that clients keep, as AWS was recorded to take and refuse them in 2025."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.s3.recorded import answer, read, refusal, send_form

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

SECRET, OTHER = b"k" * 32, b"w" * 32
MD5 = base64.b64encode(hashlib.md5(SECRET, usedforsecurity=False).digest()).decode()
OURS = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": SECRET}
THEIRS = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": OTHER}
SHOWN = {"SSECustomerAlgorithm": "AES256", "SSECustomerKeyMD5": MD5}
STORED = (
    "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve "
    "the object."
)
MUST = "Requests specifying Server Side Encryption with Customer provided keys must provide"
WRONG_ALGORITHM = {
    "Code": "InvalidEncryptionAlgorithmError",
    "Message": "The Encryption request you specified is not valid. Supported value: AES256.",
    "ArgumentName": "x-amz-server-side-encryption",
    "ArgumentValue": "KMS",
}


def invalid(message: str, value: str = "null") -> dict[str, str]:
    more = {"ArgumentName": "x-amz-server-side-encryption", "ArgumentValue": value}
    return {"Code": "InvalidArgument", "Message": message, **more}


@pytest.fixture
def bucket(s3: Any, bucket: str) -> str:
    """A new bucket that takes keys of clients: since April 2026, new ones do not."""
    rule = {"BlockedEncryptionTypes": {"EncryptionType": ["NONE"]}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    return bucket


@pytest.fixture
def sealed(s3: Any, bucket: str) -> dict[str, str]:
    """An object under a client's key."""
    put = answer(s3.put_object(Bucket=bucket, Key="k", Body=b"test_data", **OURS))
    assert put.items() >= SHOWN.items()
    assert "ServerSideEncryption" not in put
    return {"Bucket": bucket, "Key": "k"}


def test_who_has_the_key_reads_the_object(s3: Any, sealed: dict[str, str]) -> None:
    found = read(s3, **sealed, **OURS)

    assert (found["Body"], found.items() >= SHOWN.items()) == (b"test_data", True)
    assert answer(s3.head_object(**sealed, **OURS)).items() >= SHOWN.items()
    assert found["ETag"].strip('"') != hashlib.md5(b"test_data", usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    ("key", "status", "error"),
    [
        ({}, 400, {"Code": "InvalidRequest", "Message": STORED}),
        (THEIRS, 403, {"Code": "AccessDenied", "Message": f"{MUST} the correct secret key."}),
        (OURS | {"SSECustomerAlgorithm": "KMS"}, 400, WRONG_ALGORITHM),
        (
            *(OURS | {"SSECustomerKey": b"short"}, 400),
            invalid("The secret key was invalid for the specified algorithm."),
        ),
        (
            *(OURS | {"SSECustomerKey": base64.b64encode(SECRET).decode(), "SSECustomerKeyMD5": "bad"}, 400),
            invalid("The calculated MD5 hash of the key did not match the hash that was provided."),
        ),
    ],
    ids=["none", "another", "algorithm", "short", "md5"],
)
def test_who_has_not_is_refused(
    s3: Any, sealed: dict[str, str], key: dict[str, Any], status: int, error: dict[str, str]
) -> None:
    assert refusal(s3.get_object, **sealed, **key) == (status, error)
    assert refusal(s3.head_object, **sealed, **key)[0] == status


@pytest.mark.parametrize(
    ("key", "error"),
    [
        (OURS | {"SSECustomerAlgorithm": "KMS"}, WRONG_ALGORITHM),
        ({"SSECustomerKey": SECRET}, invalid(f"{MUST} a valid encryption algorithm.")),
        ({"SSECustomerAlgorithm": "AES256"}, invalid(f"{MUST} an appropriate secret key.")),
        (
            OURS | {"ServerSideEncryption": "AES256"},
            invalid(
                "Server Side Encryption with Customer provided key is incompatible with the encryption method "
                "specified",
                "AES256",
            ),
        ),
    ],
    ids=["algorithm", "no algorithm", "no key", "two ways"],
)
def test_a_key_that_cannot_be_used(s3: Any, bucket: str, key: dict[str, Any], error: dict[str, str]) -> None:
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"x", **key) == (400, error)


def test_a_copy_needs_the_sources_key_and_has_its_own_or_none(s3: Any, sealed: dict[str, str]) -> None:
    bucket = sealed["Bucket"]
    source = {f"CopySource{name}": value for name, value in OURS.items()}

    plain = answer(s3.copy_object(Bucket=bucket, Key="plain", CopySource=sealed, **source))
    under = answer(s3.copy_object(Bucket=bucket, Key="under", CopySource=sealed, **source, **OURS))

    assert (plain["ServerSideEncryption"], under.items() >= SHOWN.items()) == ("AES256", True)
    assert read(s3, Bucket=bucket, Key="plain")["Body"] == b"test_data"
    none = {"Code": "InvalidRequest", "Message": STORED}
    assert refusal(s3.get_object, Bucket=bucket, Key="under") == (400, none)
    assert refusal(s3.copy_object, Bucket=bucket, Key="no", CopySource=sealed) == (400, none)
    message = "The encryption parameters are not applicable to this object."
    error = {"Code": "InvalidRequest", "Message": message}
    assert refusal(s3.get_object, Bucket=bucket, Key="plain", **OURS) == (400, error)


def test_parts_come_with_the_key_of_their_upload(s3: Any, bucket: str) -> None:
    named = {"Bucket": bucket, "Key": "parts"}
    upload = s3.create_multipart_upload(**named, **OURS)
    part = {**named, "UploadId": upload["UploadId"], "PartNumber": 1, "Body": b"x"}

    none, other = refusal(s3.upload_part, **part), refusal(s3.upload_part, **part, **THEIRS)
    put = answer(s3.upload_part(**part, **OURS))
    parts = {"Parts": [{"PartNumber": 1, "ETag": put["ETag"]}]}
    done = answer(s3.complete_multipart_upload(**named, UploadId=upload["UploadId"], MultipartUpload=parts))

    begun = (
        "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate "
        "encryption parameters."
    )
    assert none == (400, {"Code": "InvalidRequest", "Message": begun})
    different = "The provided encryption parameters did not match the ones used originally."
    assert other == (400, {"Code": "InvalidRequest", "Message": different})
    assert (answer(upload).items() >= SHOWN.items(), put.items() >= SHOWN.items()) == (True, True)
    assert done.keys() == {"Location", "Bucket", "Key", "ETag"}
    assert read(s3, **named, **OURS)["Body"] == b"x"


def test_a_form_brings_a_key(emulator: LiveEmulator, s3: Any, bucket: str) -> None:
    start = "x-amz-server-side-encryption-customer-"
    key = base64.b64encode(SECRET).decode()
    fields = {f"{start}algorithm": "AES256", f"{start}key": key, f"{start}key-md5": MD5}
    conditions = [{name: text} for name, text in fields.items()]
    form = s3.generate_presigned_post(bucket, "k", Fields=fields, Conditions=conditions)

    answered = send_form(form["url"], form["fields"], b"x")

    assert answered.status == 204
    assert read(s3, Bucket=bucket, Key="k", **OURS)["Body"] == b"x"


def test_where_keys_of_clients_are_blocked_objects_are_read_but_not_written(s3: Any, sealed: dict[str, str]) -> None:
    bucket = sealed["Bucket"]
    rule = {"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    source = f"{bucket}/k"
    opened = {f"CopySource{name}": value for name, value in OURS.items()}

    put = refusal(s3.put_object, Bucket=bucket, Key="new", Body=b"x", **OURS)
    copied = refusal(s3.copy_object, Bucket=bucket, Key="new", CopySource=source, **OURS, **opened)
    begun = refusal(s3.create_multipart_upload, Bucket=bucket, Key="new", **OURS)

    reason = (
        f'on resource: "arn:aws:s3:::{bucket}/new" because this bucket has blocked upload requests that specify Server '
        "Side Encryption with Customer provided keys (SSE-C). Please specify a different server-side encryption type"
    )
    for (status, error), action in ((put, "PutObject"), (copied, "CopyObject"), (begun, "PutObject")):
        assert (status, error["Code"]) == (403, "AccessDenied")
        assert error["Message"].endswith(f" is not authorized to perform: s3:{action} {reason}")
    assert read(s3, **sealed, **OURS)["Body"] == b"test_data"
    assert answer(s3.copy_object(Bucket=bucket, Key="new", CopySource=source, **opened))["ServerSideEncryption"]
