"""The head of an HTTP/1.1 request, parsed strictly: what RFC 9112 leaves to the server is refused, not repaired."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

MAX_HEAD_BYTES = 65_536
MAX_HEADERS = 200

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HARMLESS = bytes({9, *range(32, 127), *range(128, 256)})
_TARGET = re.compile(r"(?:/|\*$)[\x21-\x7e]*")
_ABSOLUTE = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]{1,18}")
_KNOWN_NAMES: dict[str, str] = {}
_MAX_KNOWN_NAMES = 512
_KNOWN_LINES: dict[str, tuple[str, str]] = {}
"""Most lines of a request are those of the one before."""
_MAX_KNOWN_LINES = 512
_MAX_KNOWN_LINE = 128


class MalformedRequestError(Exception):
    """A request that is refused before anybody looks at what it asks for."""

    def __init__(self, status: int, message: str, error_type: str = "BadRequestException") -> None:
        super().__init__(message)
        self.error_type = error_type
        self.status = status
        self.message = message


class RequestHead(NamedTuple):
    """A request without its body."""

    method: str
    raw_path: str
    raw_query: str
    headers: tuple[tuple[str, str], ...]
    content_length: int
    chunked: bool
    keep_alive: bool
    expects_continue: bool
    fields: dict[str, str] | None
    """The headers by their names, if each came once."""

    def header(self, name: str) -> str | None:
        """The first value of a header, by its lower-case name."""
        for key, value in self.headers:
            if key == name:
                return value
        return None


def parse_head(raw: bytes) -> RequestHead:
    """The head in `raw`, which ends before the empty line.

    Raises:
        MalformedRequestError: it is not a request that RFC 9112 allows.
    """
    if len(raw.translate(None, _HARMLESS)) != 2 * raw.count(b"\r\n"):  # something beside whole line ends
        raise MalformedRequestError(400, "Control characters in the request head.")
    text = raw.decode("latin-1")
    line, _, rest = text.partition("\r\n")
    split = _known_request_line if len(line) <= _MAX_KNOWN_LINE else _split_request_line
    method, target, version = split(line)
    headers = _parse_headers(rest)
    fields = _framing_fields(headers)
    path, _, query = target.partition("?")
    content_length, chunked = _framing(fields, version)
    connection = fields.get("connection", "").lower()
    keep_alive = "keep-alive" in connection if version == "HTTP/1.0" else "close" not in connection
    expects = fields.get("expect", "").lower() == "100-continue" and version == "HTTP/1.1"
    known = fields if len(fields) == len(headers) else None
    return RequestHead(method, path, query, headers, content_length, chunked, keep_alive, expects, known)


def _split_request_line(line: str) -> tuple[str, str, str]:
    parts = line.split(" ")
    if len(parts) != 3:
        raise MalformedRequestError(400, "The request line is not 'method target version'.")
    method, target, version = parts
    if version not in ("HTTP/1.1", "HTTP/1.0"):
        raise MalformedRequestError(400, "Only HTTP/1.1 and HTTP/1.0 are spoken here.")
    if not _TOKEN.fullmatch(method) or len(method) > 32:
        raise MalformedRequestError(400, "The method is not a token.")
    absolute = _ABSOLUTE.match(target)
    if absolute:
        target = target[absolute.end() :]
        target = target if target.startswith("/") else "/" + target
    if not _TARGET.fullmatch(target):
        raise MalformedRequestError(400, "The request target holds characters that must be percent-encoded.")
    return method, target.partition("#")[0], version


_known_request_line = lru_cache(maxsize=256)(_split_request_line)


def _parse_headers(text: str) -> tuple[tuple[str, str], ...]:
    lines = text.split("\r\n") if text else []
    if len(lines) > MAX_HEADERS:
        raise MalformedRequestError(431, f"More than {MAX_HEADERS} header fields.")
    headers = []
    known = _KNOWN_LINES.get
    for line in lines:
        headers.append(known(line) or _parse_header(line))
    return tuple(headers)


def _parse_header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise MalformedRequestError(400, "A header line without a colon.")
    header = (_KNOWN_NAMES.get(name) or _lower_name(name), value.strip(" \t"))
    if len(line) <= _MAX_KNOWN_LINE:
        if len(_KNOWN_LINES) >= _MAX_KNOWN_LINES:
            _KNOWN_LINES.clear()
        _KNOWN_LINES[line] = header
    return header


def _lower_name(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise MalformedRequestError(400, "A header name is not a token.")
    lower = name.lower()
    if len(_KNOWN_NAMES) < _MAX_KNOWN_NAMES and len(name) < 64:
        _KNOWN_NAMES[name] = lower
    return lower


def _framing_fields(headers: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """The headers that say how a request is framed, none of which may come twice with different values."""
    fields = dict(headers)
    if len(fields) != len(headers):
        fields = {}
        for name, value in headers:
            if name in _FRAMING:
                if name in fields and (name in ("host", "transfer-encoding") or fields[name] != value):
                    raise MalformedRequestError(400, f"The header {name!r} comes more than once.")
                fields[name] = value
    return fields


_FRAMING = frozenset({"host", "content-length", "transfer-encoding", "connection", "expect"})


def _framing(fields: dict[str, str], version: str) -> tuple[int, bool]:
    if version == "HTTP/1.1" and "host" not in fields:
        raise MalformedRequestError(400, "The Host header is missing.")
    coding = fields.get("transfer-encoding")
    length = fields.get("content-length")
    if coding is not None:
        if length is not None or version == "HTTP/1.0":
            raise MalformedRequestError(400, "Transfer-Encoding beside Content-Length, or in HTTP/1.0.")
        if coding.lower() != "chunked":
            raise MalformedRequestError(400, "The only transfer coding spoken here is 'chunked'.")
        return 0, True
    if length is None:
        return 0, False
    if not _DIGITS.fullmatch(length):
        raise MalformedRequestError(400, "Content-Length is not a number.")
    return int(length), False
