"""The HTTP client against a peer that plays scripted bytes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from mlfn.runtime.http import Connection, Endpoint, ExchangeError

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
Play = Callable[..., Connection]


@pytest.fixture
def play() -> Iterator[Play]:
    """A connection to a peer that answers each request with the next bytes; None: it hangs up instead."""
    opened: list[socket.socket | Connection] = []

    def start(*script: bytes | None) -> Connection:
        listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=_serve, args=(listener, list(script)), daemon=True).start()
        connection = Connection(Endpoint(f"127.0.0.1:{listener.getsockname()[1]}"))
        opened.extend((listener, connection))
        return connection

    yield start
    for each in opened:
        each.close()


def _serve(listener: socket.socket, script: list[bytes | None]) -> None:
    while script:
        try:
            peer, _ = listener.accept()
        except OSError:
            return
        with peer:
            while script and peer.recv(65_536):
                part = script.pop(0)
                if part is None:
                    break
                for piece in part.split(b"|"):
                    peer.sendall(piece)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize(
    "answer",
    [
        OK,
        b"HTTP/1.1 200 OK\r\ncontent-length:2 \r\n\r\no|k",
        b"HTTP/1.1 200 |OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n|1;x=y\r\nk\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n02\r\nok\r\n0\r\nTrailer: 1\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK,
    ],
    ids=["length", "split", "chunked", "trailers", "interim"],
)
def test_an_answer_is_read_to_its_end_and_no_further(play: Play, answer: bytes) -> None:
    connection = play(answer, OK)

    first, second = connection.exchange(REQUEST), connection.exchange(REQUEST)

    assert (first.status, first.body, second.body) == (200, b"ok", b"ok")


def test_without_a_length_the_answer_ends_with_the_connection(play: Play) -> None:
    connection = play(b"HTTP/1.1 200 OK\r\n\r\nok", None)
    threading.Timer(0.05, lambda: connection._socket and connection._socket.shutdown(socket.SHUT_WR)).start()

    assert connection.exchange(REQUEST, timeout_s=5).body == b"ok"


@pytest.mark.parametrize("status", [204, 304])
def test_some_answers_have_no_body(play: Play, status: int) -> None:
    connection = play(f"HTTP/1.1 {status} x\r\nContent-Length: 5\r\n\r\n".encode(), OK)

    assert [connection.exchange(REQUEST).body for _ in range(2)] == [b"", b"ok"]


def test_a_connection_that_went_stale_is_replaced_once(play: Play) -> None:
    connection = play(OK, None, OK)

    assert [connection.exchange(REQUEST).body for _ in range(2)] == [b"ok", b"ok"]


def test_a_fresh_connection_that_is_hung_up_is_an_error(play: Play) -> None:
    with pytest.raises(ExchangeError) as error:
        play(None).exchange(REQUEST)

    assert error.value.sent


def test_connection_close_is_honoured(play: Play) -> None:
    connection = play(OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n"), OK)

    connection.exchange(REQUEST)

    assert connection._socket is None


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nokay\r\n0\r\n\r\n",
    ],
    ids=["not http", "negative length", "chunk size", "long chunk"],
)
def test_an_answer_that_is_not_http_is_an_error(play: Play, answer: bytes) -> None:
    with pytest.raises(ExchangeError):
        play(answer).exchange(REQUEST, timeout_s=2)


def test_an_answer_that_does_not_come_is_an_error_in_time(play: Play) -> None:
    with pytest.raises(ExchangeError, match="TimeoutError"):
        play(b"HTTP/1.1 200 OK\r\n", OK).exchange(REQUEST, timeout_s=0.1)


def test_nobody_there_is_an_error_that_says_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(ExchangeError) as error:
        Connection(Endpoint(f"http://127.0.0.1:{port}")).exchange(REQUEST)

    assert not error.value.sent


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("127.0.0.1:9001", ("127.0.0.1", 9001, False, "127.0.0.1:9001")),
        ("http://localhost:4566/", ("localhost", 4566, False, "localhost:4566")),
        ("https://dynamodb.eu-west-1.amazonaws.com", ("dynamodb.eu-west-1.amazonaws.com", 443, True, None)),
        ("http://[::1]:80/x", ("::1", 80, False, "[::1]:80")),
        ("http://[::1]", ("::1", 80, False, "[::1]")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_endpoint_is_read_from_its_url(url: str, expected: tuple[str, int, bool, str | None]) -> None:
    endpoint = Endpoint(url)

    authority = expected[3] or expected[0]
    assert (endpoint.host, endpoint.port, endpoint.tls, endpoint.authority) == (*expected[:3], authority)
