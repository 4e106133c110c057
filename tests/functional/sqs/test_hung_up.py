"""A client that hung up takes no message."""

from __future__ import annotations

import socket
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.functional.sqs.wire import receive_request

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator


def test_a_message_waits_for_a_client_that_is_there(emulator: LiveEmulator) -> None:
    sqs = emulator.client("sqs")
    name = f"hung-up-{uuid.uuid4().hex[:8]}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    address = urlsplit(emulator.endpoint)
    for _ in range(3):
        with socket.create_connection((address.hostname, address.port)) as client:
            client.sendall(receive_request(emulator, url, wait_s=20))
    for _ in range(6):  # each takes a turn of the emulator's loop, in which it looks at every connection
        sqs.get_queue_url(QueueName=name)

    sqs.send_message(QueueUrl=url, MessageBody="for somebody")
    received = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10, AttributeNames=["ApproximateReceiveCount"])

    (message,) = received["Messages"]
    assert (message["Body"], message["Attributes"]["ApproximateReceiveCount"]) == ("for somebody", "1")
