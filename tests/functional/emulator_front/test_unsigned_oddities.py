"""Requests of nobody that once were answered with a mistake of the emulator's."""

from __future__ import annotations

import http.client
import uuid
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator


@pytest.fixture
def bucket(emulator: LiveEmulator) -> str:
    """A bucket."""
    name = f"oddities-{uuid.uuid4().hex[:8]}"
    emulator.client("s3").create_bucket(Bucket=name)
    return name


def answer(emulator: LiveEmulator, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    connection = http.client.HTTPConnection(emulator.endpoint.removeprefix("http://"), timeout=60)
    connection.request(method, path, body=body, headers=headers)
    received = connection.getresponse()
    content = b"%d " % received.status + received.read()
    connection.close()
    return content


@pytest.mark.parametrize("expires", ["9" * 19, "9" * 5_000])
def test_a_url_that_expires_in_no_year(emulator: LiveEmulator, bucket: str, expires: str) -> None:
    path = f"/{bucket}/k?AWSAccessKeyId=AK&Signature=s&Expires={expires}"

    assert b"403 " in (found := answer(emulator, "GET", path, {})), found
    assert b"Invalid date" in found


def test_a_form_of_nothing_in_chunks(emulator: LiveEmulator, bucket: str) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Transfer-Encoding": "chunked"}

    found = answer(emulator, "POST", f"/{bucket}", headers, b"0\r\n\r\n")

    assert found.startswith(b"400 ") and b"MalformedPOSTRequest" in found
