"""The Runtime API's HTTP, byte by byte."""

from __future__ import annotations

import asyncio

import pytest

from mlfn_localstack.services.lambda_.execution.runtime_api import Headers, RuntimeConnection

Requests = list[tuple[str, str, Headers, bytes]]


class Recorder:
    """Remembers requests."""

    def __init__(self) -> None:
        self.requests: Requests = []

    def runtime_request(
        self, connection: RuntimeConnection, method: str, path: str, headers: Headers, body: bytes
    ) -> None:
        self.requests.append((method, path, headers, body))


def received(*pieces: bytes) -> Requests:
    recorder = Recorder()
    connection = RuntimeConnection(recorder)
    for piece in pieces:
        connection.data_received(piece)
    return recorder.requests


def test_a_request_may_come_in_pieces() -> None:
    text = b"POST /x HTTP/1.1\r\nContent-Length: 3\r\nA-B: c\r\n\r\nabc"

    requests = received(*(text[index : index + 1] for index in range(len(text))))

    assert requests == [("POST", "/x", {"content-length": "3", "a-b": "c"}, b"abc")]


def test_two_requests_may_come_at_once() -> None:
    assert [path for _, path, _, _ in received(b"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n")] == ["/1", "/2"]


def test_a_chunked_body_is_put_together() -> None:
    head = b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"

    requests = received(head + b"2\r\nab\r\n", b"3;ext=1\r\ncde\r\n0", b"\r\n\r\n")

    assert requests[0][3] == b"abcde"


@pytest.mark.parametrize(
    "text",
    [b"GET\r\n\r\n", b"POST /x HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"x" * 70_000],
    ids=["line", "length", "endless"],
)
def test_malformed_http_reaches_nobody(text: bytes) -> None:
    assert received(text) == []


class Transport(asyncio.Transport):
    """Remembers that it was hung up."""

    aborted = False

    def abort(self) -> None:
        self.aborted = True


def test_what_is_closed_before_it_is_made_is_hung_up_then() -> None:
    connection, transport = RuntimeConnection(Recorder()), Transport()
    assert connection.is_open

    connection.close()
    connection.connection_made(transport)

    assert (connection.is_open, transport.aborted) == (False, True)


def test_a_connection_is_open_until_it_is_lost() -> None:
    connection = RuntimeConnection(Recorder())
    connection.connection_made(Transport())
    assert connection.is_open

    connection.connection_lost(None)

    assert not connection.is_open
