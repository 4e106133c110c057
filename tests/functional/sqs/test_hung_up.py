"""A client that hung up takes no message."""

from __future__ import annotations

import json
import socket
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator


def long_poll(emulator: LiveEmulator, url: str) -> bytes:
    """A request for a message, to be waited for, as it goes over the wire."""
    body = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20}).encode()
    headers = {"X-Amz-Target": "AmazonSQS.ReceiveMessage", "Content-Type": "application/x-amz-json-1.0"}
    request = AWSRequest(method="POST", url=f"{emulator.endpoint}/", data=body, headers=headers)
    keys = Credentials(emulator.credentials.access_key, emulator.credentials.secret_key)
    SigV4Auth(keys, "sqs", emulator.credentials.region).add_auth(request)
    request.headers["Host"] = urlsplit(emulator.endpoint).netloc
    request.headers["Content-Length"] = str(len(body))
    lines = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return f"POST / HTTP/1.1\r\n{lines}\r\n".encode() + body


def test_a_message_waits_for_a_client_that_is_there(emulator: LiveEmulator) -> None:
    sqs = emulator.client("sqs")
    name = f"hung-up-{uuid.uuid4().hex[:8]}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    address = urlsplit(emulator.endpoint)
    for _ in range(3):
        with socket.create_connection((address.hostname, address.port)) as client:
            client.sendall(long_poll(emulator, url))
    for _ in range(6):  # each takes a turn of the emulator's loop, in which it looks at every connection
        sqs.get_queue_url(QueueName=name)

    sqs.send_message(QueueUrl=url, MessageBody="for somebody")
    received = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10, AttributeNames=["ApproximateReceiveCount"])

    (message,) = received["Messages"]
    assert (message["Body"], message["Attributes"]["ApproximateReceiveCount"]) == ("for somebody", "1")
