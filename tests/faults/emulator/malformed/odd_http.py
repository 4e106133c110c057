"""Requests that no HTTP client sends: each must be refused, or the connection closed."""

from __future__ import annotations

import gzip

_HOST = b"Host: h\r\n"
_POST = b"POST / HTTP/1.1\r\n" + _HOST
_CHUNKED = _POST + b"Transfer-Encoding: chunked\r\n\r\n"
_INVOKE = b"POST /2015-03-31/functions/echo/invocations HTTP/1.1\r\n" + _HOST
_JSON = b"Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\n"


def _get(line: bytes, headers: bytes = _HOST) -> bytes:
    return line + b"\r\n" + headers + b"\r\n"


def _with_body(headers: bytes, body: bytes) -> bytes:
    return _POST + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body


REQUEST_LINES = {
    "no-words": _get(b""),
    "one-word": _get(b"GET"),
    "no-version": _get(b"GET /"),
    "four-words": _get(b"GET / extra HTTP/1.1"),
    "two-spaces": _get(b"GET  / HTTP/1.1"),
    "tab": _get(b"GET\t/ HTTP/1.1"),
    "http-0.9": b"GET /\r\n",
    "http-2": _get(b"GET / HTTP/2.0"),
    "http-2-preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "http-1.2": _get(b"GET / HTTP/1.2"),
    "lower-case-version": _get(b"GET / http/1.1"),
    "method-of-symbols": _get(b"G(T / HTTP/1.1"),
    "method-of-10000": _get(b"G" * 10_000 + b" / HTTP/1.1"),
    "method-obs-text": _get(b"G\xc9T / HTTP/1.1"),
    "no-slash": _get(b"GET index HTTP/1.1"),
    "asterisk": _get(b"GET * HTTP/1.1"),
    "authority": _get(b"CONNECT example.com:443 HTTP/1.1"),
    "absolute": _get(b"GET http://169.254.169.254/latest/meta-data HTTP/1.1"),
    "absolute-bad": _get(b"GET http:// HTTP/1.1"),
    "nul-in-path": _get(b"GET /a\0b HTTP/1.1"),
    "raw-utf-8-path": _get("GET /é HTTP/1.1".encode()),
    "long-path": _get(b"GET /" + b"a" * 70_000 + b" HTTP/1.1"),
    "tls-hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
    "nothing-but-zeros": b"\0" * 5000,
    "nothing-but-newlines": b"\n" * 5000,
    "ssh": b"SSH-2.0-OpenSSH_9.0\r\n",
}
HEADERS = {
    "no-host": _get(b"GET / HTTP/1.1", b""),
    "two-hosts": _get(b"GET / HTTP/1.1", b"Host: a\r\nHost: b\r\n"),
    "empty-host": _get(b"GET / HTTP/1.1", b"Host:\r\n"),
    "host-of-symbols": _get(b"GET / HTTP/1.1", b"Host: ../../:99999999\r\n"),
    "no-colon": _get(b"GET / HTTP/1.1", _HOST + b"X\r\n"),
    "empty-name": _get(b"GET / HTTP/1.1", _HOST + b": x\r\n"),
    "space-before-colon": _get(b"GET / HTTP/1.1", b"Host : h\r\n"),
    "folded": _get(b"GET / HTTP/1.1", _HOST + b"X: a\r\n b\r\n"),
    "leading-space": _get(b"GET / HTTP/1.1", b" Host: h\r\n"),
    "nul-in-value": _get(b"GET / HTTP/1.1", _HOST + b"X: a\0b\r\n"),
    "nul-in-name": _get(b"GET / HTTP/1.1", _HOST + b"X\0: ab\r\n"),
    "obs-text-value": _get(b"GET / HTTP/1.1", _HOST + b"X: \xe9\xff\r\n"),
    "obs-text-name": _get(b"GET / HTTP/1.1", _HOST + b"\xe9: a\r\n"),
    "bare-lf-lines": b"GET / HTTP/1.1\nHost: h\n\n",
    "bare-lf-header": b"GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n",
    "bare-cr-header": b"GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n",
    "10000-headers": _get(b"GET / HTTP/1.1", _HOST + b"X: y\r\n" * 10_000),
    "300-headers": _get(b"GET / HTTP/1.1", _HOST + b"X: y\r\n" * 300),
    "64-kB-header": _get(b"GET / HTTP/1.1", _HOST + b"X: " + b"y" * 65_536 + b"\r\n"),
    "64-kB-name": _get(b"GET / HTTP/1.1", _HOST + b"X" * 65_536 + b": y\r\n"),
    "endless-head": b"GET / HTTP/1.1\r\n" + _HOST + b"X: " + b"y" * 1_000_000,
    "upgrade": _get(b"GET / HTTP/1.1", _HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"),
    "amz-target-unknown": _with_body(b"X-Amz-Target: Nothing.Here\r\n", b"{}"),
    "amz-target-long": _with_body(b"X-Amz-Target: DynamoDB_20120810." + b"A" * 30_000 + b"\r\n", b"{}"),
}
FRAMING = {
    "length-and-chunked": _POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two-lengths": _POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    "length-list": _POST + b"Content-Length: 5, 6\r\n\r\nabcdef",
    "negative-length": _POST + b"Content-Length: -1\r\n\r\nabc",
    "signed-length": _POST + b"Content-Length: +3\r\n\r\nabc",
    "hex-length": _POST + b"Content-Length: 0x3\r\n\r\nabc",
    "huge-length": _POST + b"Content-Length: 99999999999999999999999\r\n\r\nabc",
    "10-GB-length": _POST + b"Content-Length: 10000000000\r\n\r\nabc",
    "empty-length": _POST + b"Content-Length:\r\n\r\nabc",
    "unicode-length": _POST + "Content-Length: ٣\r\n\r\nabc".encode(),
    "spaced-length": _POST + b"Content-Length: 1 2\r\n\r\nabc",
    "short-body": _POST + b"Content-Length: 500\r\n\r\nabc",
    "chunked-1.0": b"POST / HTTP/1.0\r\n" + _HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked-twice": _POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked-obfuscated": _POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked-vertical-tab": _POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "two-codings": _POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "gzip-coding": _POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunk-size-negative": _CHUNKED + b"-1\r\nabc\r\n0\r\n\r\n",
    "chunk-size-empty": _CHUNKED + b"\r\nabc\r\n0\r\n\r\n",
    "chunk-size-huge": _CHUNKED + b"fffffffffffffff\r\nabc",
    "chunk-size-overflow": _CHUNKED + b"f" * 40 + b"\r\nabc",
    "chunk-size-endless": _CHUNKED + b"0" * 20_000,
    "chunk-extension-endless": _CHUNKED + b"3;" + b"x" * 20_000,
    "chunk-too-long": _CHUNKED + b"3\r\nabcdef\r\n0\r\n\r\n",
    "chunk-bare-lf": _CHUNKED + b"3\nabc\n0\n\n",
    "chunk-cut": _CHUNKED + b"5\r\nab",
    "no-last-chunk": _CHUNKED + b"3\r\nabc\r\n",
    "trailer-endless": _CHUNKED + b"0\r\n" + b"X: y\r\n" * 20_000,
    "million-small-chunks": _CHUNKED + b"1\r\na\r\n" * 100_000 + b"0\r\n\r\n",
    "expect-unknown": _POST + b"Expect: 200-maybe\r\nContent-Length: 3\r\n\r\nabc",
    "expect-then-nothing": _POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n",
    "expect-too-large": _INVOKE + b"Expect: 100-continue\r\nContent-Length: 9000000\r\n\r\n",
    "pipelined-garbage": _with_body(b"", b"{}") + b"\0\xff garbage \r\n\r\n" * 50,
    "smuggled": _POST + b"Content-Length: 0\r\n\r\nGET /_emulator/reset HTTP/1.1\r\n" + _HOST + b"\r\n",
    "body-on-get": b"GET / HTTP/1.1\r\n" + _HOST + b"Content-Length: 5\r\n\r\nabcde",
}
PATHS = {
    name: _get(b"GET " + path + b" HTTP/1.1")
    for name, path in {
        "slashes": b"//////",
        "parents": b"/../../../../etc/passwd",
        "encoded-parents": b"/%2e%2e/%2e%2e/etc/passwd",
        "half-encoded": b"/..%2f..%2fetc/passwd",
        "twice-encoded": b"/%252e%252e%252fetc/passwd",
        "backslashes": b"/..\\..\\etc\\passwd",
        "overlong-slash": b"/%c0%af..%c0%af..%c0%afetc/passwd",
        "overlong-dot": b"/%c0%ae%c0%ae/etc/passwd",
        "bad-utf-8": b"/%ff%fe%fd",
        "encoded-nul": b"/a%00.txt",
        "bad-percent": b"/%zz%1/%",
        "surrogate": b"/%ed%a0%80",
        "bucket-parent": b"/things-bucket/../../credentials.json",
        "registry-parent": b"/v2/../../../credentials.json/manifests/x",
        "registry-encoded": b"/v2/%2e%2e%2f%2e%2e/blobs/sha256:" + b"0" * 64,
        "api-parent": b"/_aws/execute-api/../../x/hello",
        "api-empty": b"/_aws/execute-api//",
        "control-parent": b"/_localstack/../_emulator/reset",
        "invoke-parent": b"/2015-03-31/functions/..%2f..%2fx/invocations",
        "query-of-10000": b"/?" + b"&".join(b"a%d=%d" % (n, n) for n in range(5000)),
        "presigned-half": b"/things-bucket/a?X-Amz-Signature=" + b"0" * 64,
        "presigned-twice": b"/?" + b"X-Amz-Signature=1&" * 20,
    }.items()
}
BODIES = {
    "gzip": _with_body(_JSON + b"Content-Encoding: gzip\r\n", gzip.compress(b"{}")),
    "cbor": _with_body(b"Content-Type: application/cbor\r\nSmithy-Protocol: rpc-v2-cbor\r\n", b"\xbf\xff"),
    "cbor-deep": _with_body(b"Content-Type: application/cbor\r\n", b"\x81" * 100_000),
    "multipart": _with_body(b"Content-Type: multipart/form-data; boundary=x\r\n", b"--x\r\n\r\n--x--"),
    "form-of-100000": _with_body(b"Content-Type: application/x-www-form-urlencoded\r\n", b"a=b&" * 100_000),
}
ODD = {**REQUEST_LINES, **HEADERS, **FRAMING, **PATHS, **BODIES}
