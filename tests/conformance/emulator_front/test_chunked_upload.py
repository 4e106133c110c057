"""Uploads in checksummed chunks, as SDKs send streams, signed by botocore."""

from __future__ import annotations

import base64
import http.client
import zlib
from typing import TYPE_CHECKING

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

CONTENT = b"a streamed body"
CRC32 = base64.b64encode(zlib.crc32(CONTENT).to_bytes(4, "big")).decode()


def _put(emulator: LiveEmulator, key: str, body: bytes, length: int) -> int:
    path = f"/streamed/{key}"
    headers = {
        "Content-Encoding": "aws-chunked",
        "X-Amz-Decoded-Content-Length": str(length),
        "X-Amz-Trailer": "x-amz-checksum-crc32",
    }
    request = AWSRequest("PUT", emulator.endpoint + path, headers=headers, data=body)
    request.context["checksum"] = {"request_algorithm": {"in": "trailer"}}
    keys = Credentials(emulator.credentials.access_key, emulator.credentials.secret_key)
    S3SigV4Auth(keys, "s3", "us-east-1").add_auth(request)
    connection = http.client.HTTPConnection(emulator.endpoint.removeprefix("http://"))
    connection.request("PUT", path, body, dict(request.prepare().headers))
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize(
    ("checksum", "length", "status"),
    [(CRC32, len(CONTENT), 200), ("AAAAAA==", len(CONTENT), 400), (CRC32, len(CONTENT) - 1, 400)],
    ids=["right", "wrong-checksum", "wrong-length"],
)
def test_a_streamed_upload_is_decoded_and_checked(
    emulator: LiveEmulator, checksum: str, length: int, status: int
) -> None:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="streamed")
    chunks = b"5\r\n" + CONTENT[:5] + b"\r\n" + f"{len(CONTENT) - 5:x}".encode() + b"\r\n" + CONTENT[5:] + b"\r\n"
    body = chunks + f"0\r\nx-amz-checksum-crc32:{checksum}\r\n\r\n".encode()

    assert _put(emulator, "k", body, length) == status
    if status == 200:
        assert s3.get_object(Bucket="streamed", Key="k")["Body"].read() == CONTENT
