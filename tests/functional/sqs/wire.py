"""Requests for messages as they go over the wire, for what boto3 is too slow or too polite for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator


def receive_request(emulator: LiveEmulator, url: str, *, wait_s: int) -> bytes:
    """A signed ReceiveMessage."""
    body = json.dumps({"QueueUrl": url, "WaitTimeSeconds": wait_s}).encode()
    headers = {"X-Amz-Target": "AmazonSQS.ReceiveMessage", "Content-Type": "application/x-amz-json-1.0"}
    request = AWSRequest(method="POST", url=f"{emulator.endpoint}/", data=body, headers=headers)
    keys = Credentials(emulator.credentials.access_key, emulator.credentials.secret_key)
    SigV4Auth(keys, "sqs", emulator.credentials.region).add_auth(request)
    request.headers["Host"] = urlsplit(emulator.endpoint).netloc
    request.headers["Content-Length"] = str(len(body))
    lines = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return f"POST / HTTP/1.1\r\n{lines}\r\n".encode() + body
