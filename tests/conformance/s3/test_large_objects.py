"""Objects larger than the memory that the emulator takes for them."""

from __future__ import annotations

import io
import json
import urllib.request
import uuid
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.memory import ProcessMemory
from tests.fixtures.target import PYTHON_RUNTIME, trust

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.emulator import LiveEmulator

SIZE = 64 << 20
GROWTH_MB = 16


@pytest.fixture
def memory(emulator: LiveEmulator) -> ProcessMemory:
    return ProcessMemory(emulator.state_dir)


@pytest.fixture
def large(s3: Any, bucket: str) -> Iterator[dict[str, str]]:
    """Where a large object lies that everybody may read."""
    s3.delete_public_access_block(Bucket=bucket)
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    s3.put_object(Bucket=bucket, Key="large", Body=bytes(SIZE))
    yield {"Bucket": bucket, "Key": "large"}
    s3.delete_object(Bucket=bucket, Key="large")


def test_a_visitor_of_a_website_gets_a_large_page(
    emulator: LiveEmulator, memory: ProcessMemory, large: dict[str, str]
) -> None:
    port = emulator.endpoint.rpartition(":")[2]
    host = {"Host": f"{large['Bucket']}.s3-website.localhost:{port}"}
    asked = urllib.request.Request(f"{emulator.endpoint}/large", headers=host)  # noqa: S310 - our own loopback server

    with memory.within(GROWTH_MB), urllib.request.urlopen(asked) as answer:  # noqa: S310
        length = sum(len(piece) for piece in iter(lambda: answer.read(1 << 20), b""))

    assert length == SIZE


def test_a_large_object_is_copied_as_a_part_and_put_together(
    s3: Any, memory: ProcessMemory, large: dict[str, str]
) -> None:
    upload = s3.create_multipart_upload(Bucket=large["Bucket"], Key="copy")["UploadId"]
    place = {"Bucket": large["Bucket"], "Key": "copy", "UploadId": upload}

    with memory.within(GROWTH_MB):
        part = s3.upload_part_copy(**place, PartNumber=1, CopySource=large)["CopyPartResult"]
        s3.complete_multipart_upload(**place, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})

    assert s3.head_object(Bucket=large["Bucket"], Key="copy")["ContentLength"] == SIZE
    s3.delete_object(Bucket=large["Bucket"], Key="copy")


def test_a_large_archive_becomes_a_function(
    emulator: LiveEmulator, s3: Any, memory: ProcessMemory, bucket: str
) -> None:
    archive, name = io.BytesIO(), f"large-{uuid.uuid4().hex[:8]}"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("app.py", "def handler(event, context):\n    return event\n")
        file.writestr("weights.bin", bytes(SIZE))
    s3.put_object(Bucket=bucket, Key="code.zip", Body=archive.getvalue())
    made = emulator.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    wanted = {"FunctionName": name, "Runtime": PYTHON_RUNTIME, "Handler": "app.handler", "Role": made["Role"]["Arn"]}

    with memory.within(GROWTH_MB):
        created = emulator.client("lambda").create_function(**wanted, Code={"S3Bucket": bucket, "S3Key": "code.zip"})

    assert created["CodeSize"] == len(archive.getvalue())
