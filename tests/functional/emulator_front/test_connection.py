"""The HTTP server, spoken to over plain sockets."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.fixtures.effort import bounded

from mlfn_localstack import process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.emulator import LiveEmulator

INVOKE = b"POST /2015-03-31/functions/f/invocations HTTP/1.1\r\nHost: h\r\n"
HEALTH = b"GET /_localstack/health HTTP/1.1\r\nHost: h\r\n"


@pytest.fixture
def client(emulator: LiveEmulator) -> Iterator[socket.socket]:
    """A connection to the emulator."""
    host, _, port = emulator.endpoint.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        yield connection


def _until_closed(client: socket.socket) -> bytes:
    received = b""
    while piece := client.recv(65_536):
        received += piece
    return received


def test_pipelined_requests_are_answered_in_order(client: socket.socket) -> None:
    client.sendall((HEALTH + b"\r\n") * 3 + b"GET /_emulator/nothing HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")

    statuses = [part[:3] for part in _until_closed(client).split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"200", b"200", b"404"]


def test_a_client_that_says_no_more_at_any_moment_gets_every_answer(emulator: LiveEmulator) -> None:
    host, _, port = emulator.endpoint.removeprefix("http://").partition(":")
    for count in (2, 3, 5) * 60:
        with socket.create_connection((host, int(port)), timeout=5) as client:
            client.sendall((HEALTH + b"\r\n") * count)
            client.shutdown(socket.SHUT_WR)
            assert _until_closed(client).count(b"HTTP/1.1 200 ") == count


def test_a_body_of_which_most_comes_after_an_earlier_answer_is_read(client: socket.socket) -> None:
    body = b"x" * 4_000_000
    head = INVOKE + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    client.sendall((HEALTH + b"\r\n") * 2 + head + body)

    statuses = [part[:3] for part in _until_closed(client).split(b"HTTP/1.1 ")[1:]]
    assert statuses[:2] == [b"200", b"200"]
    assert statuses[2] in (b"403", b"400")  # it was not signed


def test_pipelined_writes_and_reads_see_each_other(emulator: LiveEmulator, client: socket.socket) -> None:
    _make_table(emulator, "pipelined")
    keys = [f"key-{number}" for number in range(40)]
    puts = [_signed(emulator, "PutItem", {"TableName": "pipelined", "Item": {"pk": {"S": key}}}) for key in keys]
    gets = [_signed(emulator, "GetItem", {"TableName": "pipelined", "Key": {"pk": {"S": key}}}) for key in keys]
    last = b"GET /_localstack/health HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

    client.sendall(b"".join(put + get for put, get in zip(puts, gets, strict=True)) + last)

    bodies = [part.partition(b"\r\n\r\n")[2] for part in _until_closed(client).split(b"HTTP/1.1 ")[1:]]
    assert bodies[:-1:2] == [b"{}"] * 40
    assert [json.loads(body)["Item"]["pk"]["S"] for body in bodies[1::2]] == keys


def _make_table(emulator: LiveEmulator, name: str) -> None:
    emulator.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )


def _signed(emulator: LiveEmulator, operation: str, params: dict[str, object]) -> bytes:
    """A request to DynamoDB as it is on the wire."""
    body = json.dumps(params).encode()
    headers = {"X-Amz-Target": f"DynamoDB_20120810.{operation}", "Content-Type": "application/x-amz-json-1.0"}
    request = AWSRequest("POST", f"{emulator.endpoint}/", headers=headers, data=body)
    key = Credentials(emulator.credentials.access_key, emulator.credentials.secret_key)
    SigV4Auth(key, "dynamodb", emulator.credentials.region).add_auth(request)
    fields = {"Host": emulator.endpoint.removeprefix("http://"), "Content-Length": len(body), **request.headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body


def test_a_request_may_come_byte_by_byte(client: socket.socket) -> None:
    for byte in HEALTH + b"Connection: close\r\n\r\n":
        client.sendall(bytes([byte]))

    assert b" 200 OK" in _until_closed(client)


def test_a_chunked_body_is_taken_and_its_trailer_dropped(client: socket.socket) -> None:
    head = b"POST /_emulator/reset HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    client.sendall(head + b"3;x=y\r\nabc\r\n0\r\nTrailer: x\r\n\r\n")

    assert _until_closed(client).startswith(b"HTTP/1.1 403")


def test_a_client_that_asks_first_is_told_to_continue(client: socket.socket) -> None:
    client.sendall(b"POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
    first = client.recv(1024)
    client.sendall(b"abc")

    assert first == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert client.recv(1024).startswith(b"HTTP/1.1 404")


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\n\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h" + b"\r\nX: y" * 10_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"y" * 100_000, 431),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (INVOKE + b"Content-Length: 9000000\r\n\r\n" + b"x" * 9_000_000, 413),
    ],
    ids=["nonsense", "bare-lf", "10000-headers", "long-header", "bad-chunk", "large", "large-invoke"],
)
def test_a_malformed_request_is_refused_within_a_second(
    emulator: LiveEmulator, client: socket.socket, raw: bytes, status: int
) -> None:
    running = process.status(emulator.state_dir)
    assert running is not None
    started = time.monotonic()
    with bounded(running.pid):
        client.sendall(raw)

        assert client.recv(65_536).startswith(f"HTTP/1.1 {status} ".encode())
        assert time.monotonic() - started < 1


@pytest.mark.parametrize("path", ["/", "/v2/", "/v2/a/b/manifests/x", "/%00", "/%ff%fe", "/bucket/key?uploads&x=%zz"])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "OPTIONS", "BREW"])
def test_an_unsigned_request_is_refused_whatever_it_asks(client: socket.socket, method: str, path: str) -> None:
    client.sendall(f"{method} {path} HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{{}}".encode())

    assert client.recv(65_536)[9:12] in (b"400", b"401", b"403", b"404")
