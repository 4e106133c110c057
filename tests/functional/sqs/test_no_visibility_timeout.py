"""A message that nobody is to be kept from is there for the very next request."""

from __future__ import annotations

import socket
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.functional.sqs.wire import receive_request

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

REQUESTS = 8


def test_requests_that_come_at_once_all_receive_it(emulator: LiveEmulator) -> None:
    sqs = emulator.client("sqs")
    name, attributes = f"unhidden-{uuid.uuid4().hex[:8]}", {"VisibilityTimeout": "0"}
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    address = urlsplit(emulator.endpoint)

    with socket.create_connection((address.hostname, address.port)) as client:
        client.sendall(receive_request(emulator, url, wait_s=0) * REQUESTS)
        client.shutdown(socket.SHUT_WR)
        answers = b"".join(iter(lambda: client.recv(65_536), b""))

    assert answers.count(b"HTTP/1.1 200 ") == REQUESTS
    assert answers.count(b'"Body":"poison"') == REQUESTS
