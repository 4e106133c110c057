"""Clients that ask at the same moment: nobody's answer depends on who else asks."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

HEALTH = b"GET /_localstack/health HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


def signed(emulator: LiveEmulator, target: str, body: object, *, secret_key: str | None = None) -> bytes:
    """A request to DynamoDB, whose connection is closed after the answer."""
    data, keys = json.dumps(body).encode(), emulator.credentials
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"DynamoDB_20120810.{target}"}
    request = AWSRequest(method="POST", url=f"{emulator.endpoint}/", data=data, headers=headers)
    SigV4Auth(Credentials(keys.access_key, secret_key or keys.secret_key), "dynamodb", keys.region).add_auth(request)
    host = emulator.endpoint.removeprefix("http://")
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    head = "\r\n".join(
        ["POST / HTTP/1.1", f"Host: {host}", *lines, "Connection: close", f"Content-Length: {len(data)}"]
    )
    return head.encode() + b"\r\n\r\n" + data


def answers_to(emulator: LiveEmulator, requests: list[bytes]) -> list[bytes]:
    """The answers to requests that are sent at once, each on a connection of its own."""
    host, _, port = emulator.endpoint.removeprefix("http://").partition(":")
    clients = [socket.create_connection((host, int(port)), timeout=20) for _ in requests]
    for client, request in zip(clients, requests, strict=True):
        client.sendall(request)
    answers = []
    for client in clients:
        with client:
            answers.append(b"".join(iter(lambda client=client: client.recv(65_536), b"")))  # type: ignore[misc] # as above
    return answers


def test_good_and_bad_requests_of_one_moment_get_their_own_answers(emulator: LiveEmulator) -> None:
    good = signed(emulator, "ListTables", {})
    requests = [
        good,
        signed(emulator, "ListTables", {}, secret_key="another"),
        signed(emulator, "DescribeTable", {"TableName": "none-there"}),
        signed(emulator, "Nothing", {}),
        signed(emulator, "ListTables", {"Limit": "many"}),
        HEALTH,
        good.replace(b"DynamoDB_20120810.ListTables", b"DynamoDB_20120810.ListTabled"),
    ]
    wanted = (
        b'"TableNames":[',
        b"InvalidSignatureException",
        b"ResourceNotFoundException",
        b"UnknownOperationException",
        b"SerializationException",
        b'"services"',
        b"InvalidSignatureException",
    )

    answers = answers_to(emulator, requests * 8)

    for place, answer in enumerate(answers):
        assert wanted[place % len(wanted)] in answer
