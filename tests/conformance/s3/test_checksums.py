"""The checksums clients announce, each verified, through boto3."""

from __future__ import annotations

import base64
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlfn_localstack.services.s3.crc import crc32c, crc64nvme

MAKERS = {"ChecksumCRC32C": crc32c, "ChecksumCRC64NVME": crc64nvme}


@pytest.fixture
def bucket(emulator: Any) -> str:
    name = f"sums-{uuid.uuid4().hex[:8]}"
    emulator.client("s3").create_bucket(Bucket=name)
    return name


def checksum(member: str, data: bytes) -> str:
    crc = MAKERS[member]()
    crc.update(data)
    return base64.b64encode(crc.digest()).decode()


@pytest.mark.parametrize("member", MAKERS)
@pytest.mark.parametrize("data", [b"123456789", bytes(9_000_000)], ids=["small", "spooled"])
def test_a_right_checksum_is_kept_and_a_wrong_one_refused(emulator: Any, bucket: str, member: str, data: bytes) -> None:
    s3 = emulator.client("s3")
    right, wrong = checksum(member, data), checksum(member, data + b"!")

    put = s3.put_object(Bucket=bucket, Key="k", Body=data, **{member: right})
    with pytest.raises(ClientError) as raised:
        s3.put_object(Bucket=bucket, Key="k", Body=data, **{member: wrong})

    assert (put[member], raised.value.response["Error"]["Code"]) == (right, "BadDigest")
    assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")[member] == right
