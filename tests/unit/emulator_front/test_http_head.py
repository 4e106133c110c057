"""Request heads: what is read, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlfn_localstack.http_head import MalformedRequestError, parse_head


def test_a_request_head_is_taken_apart() -> None:
    head = parse_head(b"POST /a%20b?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nX-Two: a\r\nX-Two:  b ")

    assert (head.method, head.raw_path, head.raw_query, head.content_length) == ("POST", "/a%20b", "x=1", 5)
    assert head.headers[2:] == (("x-two", "a"), ("x-two", "b"))
    assert head.keep_alive


def test_an_absolute_target_keeps_its_path() -> None:
    assert parse_head(b"GET http://h:1/p?q HTTP/1.1\r\nHost: h").raw_path == "/p"


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /",
        b"GET / HTTP/2.0\r\nHost: h",
        b"GET  / HTTP/1.1\r\nHost: h",
        b"GET x HTTP/1.1\r\nHost: h",
        b"G\x00T / HTTP/1.1\r\nHost: h",
        b"GET /\xff HTTP/1.1\r\nHost: h",
        b"GET / HTTP/1.1",
        b"GET / HTTP/1.1\r\nHost: h\r\nHost: i",
        b"GET / HTTP/1.1\r\nHost: h\r\nno colon",
        b"GET / HTTP/1.1\r\nHost: h\r\nX : y",
        b"GET / HTTP/1.1\r\nHost: h\r\n folded",
        b"GET / HTTP/1.1\r\nHost: h\nX: y",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked",
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip",
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked",
    ],
    ids=range(17),
)
def test_what_rfc_9112_forbids_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedRequestError) as caught:
        parse_head(raw)

    assert caught.value.status == 400


def test_too_many_headers_are_refused() -> None:
    raw = b"GET / HTTP/1.1\r\nHost: h" + b"\r\nX: y" * 10_000

    with pytest.raises(MalformedRequestError) as caught:
        parse_head(raw)
    assert caught.value.status == 431


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail_otherwise(raw: bytes) -> None:
    try:
        parse_head(raw)
    except MalformedRequestError as error:
        assert 400 <= error.status < 500
