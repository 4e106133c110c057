"""Reading and writing S3 objects without boto3."""

from __future__ import annotations

from binascii import b2a_base64, crc32
from time import time

from mlfn.errors import DataError
from mlfn.runtime.aws import endpoint_url, region_of, wire
from mlfn.runtime.http import Connection, Endpoint, ExchangeError
from mlfn.runtime.sigv4 import Credentials, Request, presigned, quoted, sign
from mlfn.sha256 import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn.runtime.http import Answer

TIMEOUT_S = 60.0
_JSON = {"content-type": "application/json"}
_connections: dict[str, Connection] = {}


class S3Object:
    """An object's content and which one it is."""

    __slots__ = ("body", "etag", "version")

    def __init__(self, answer: Answer) -> None:
        self.body = answer.body
        self.etag = answer.headers.get(b"etag", b"").decode("latin-1").strip('"')
        version = answer.headers.get(b"x-amz-version-id", b"").decode("latin-1")
        self.version = version if version != "null" else ""


def get_object(
    bucket: str,
    key: str,
    version: str | None,
    environ: Mapping[str, str],
    *,
    connections: dict[str, Connection] = _connections,
    timeout_s: float = TIMEOUT_S,
) -> S3Object:
    """An object, or one version of it; a thread of its own needs `connections` of its own.

    Raises:
        DataError: S3 does not give it.
    """
    query = f"versionId={quoted(version)}" if version else ""
    request = Request("GET", _path(bucket, key), query, {}, b"")
    try:
        answer = _exchanged(request, environ, connections, timeout_s)
    except ExchangeError as error:
        raise DataError(f"s3://{bucket}/{key}: {error}.", hint="Try again; S3 did not answer.") from error
    if answer.status != 200:
        raise DataError(f"s3://{bucket}/{key}: {code_of(answer)}.", hint=_HINTS.get(answer.status, "Look at the code."))
    return S3Object(answer)


def get_range(
    name: tuple[str, str, str], first: int, last: int, environ: Mapping[str, str], connections: dict[str, Connection]
) -> Answer:
    """The answer to the request for a part of an object (bucket, key, version or nothing): 206, or what S3 says else.

    Raises:
        ExchangeError: S3 does not answer.
    """
    bucket, key, version = name
    query = f"versionId={quoted(version)}" if version else ""
    request = Request("GET", _path(bucket, key), query, {"range": f"bytes={first}-{last}"}, b"")
    return _exchanged(request, environ, connections, TIMEOUT_S)


def put_object(
    bucket: str,
    key: str,
    body: bytes,
    environ: Mapping[str, str],
    *,
    timeout_s: float,
    connections: dict[str, Connection] = _connections,
    headers: Mapping[str, str] = _JSON,
) -> None:
    """Write an object (of JSON, if `headers` do not say otherwise) whole or not at all, encrypted as its bucket says.

    Raises:
        DataError: S3 does not take it.
    """
    checksum = b2a_base64(crc32(body).to_bytes(4, "big"), newline=False).decode()
    request = Request("PUT", _path(bucket, key), "", {**headers, "x-amz-checksum-crc32": checksum}, body)
    try:
        answer = _exchanged(request, environ, connections, timeout_s)
    except ExchangeError as error:
        raise DataError(f"s3://{bucket}/{key}: {error}.", hint="Try again; S3 did not answer.") from error
    if answer.status != 200:
        raise DataError(f"s3://{bucket}/{key}: {code_of(answer)}.", hint="Look at the role's policy and the bucket.")


def first_byte(bucket: str, key: str, environ: Mapping[str, str], *, timeout_s: float) -> Mapping[bytes, bytes]:
    """The headers of an object, of which one byte is read; empty if it is not there.

    Raises:
        DataError: S3 does not answer.
    """
    request = Request("GET", _path(bucket, key), "", {"range": "bytes=0-0"}, b"")
    try:
        answer = _exchanged(request, environ, _connections, timeout_s)
    except ExchangeError as error:
        raise DataError(f"s3://{bucket}/{key}: {error}.", hint="Try again; S3 did not answer.") from error
    return answer.headers if answer.status in (200, 206) else {}


def presigned_url(
    method: str, bucket: str, key: str, headers: Mapping[str, str], environ: Mapping[str, str], *, expires_s: int
) -> str:
    """A URL with which anybody may do this with one object, sending these headers, for so long."""
    region = region_of(environ)
    url = endpoint_url("s3", environ) or f"https://s3.{region}.amazonaws.com"
    path, own = _path(bucket, key), {**headers, "host": Endpoint(url).authority}
    request = Request(method, path, "", own, b"")
    credentials = Credentials.from_environ(environ)
    query = presigned(request, credentials, region=region, now_s=time(), expires_s=expires_s)
    return f"{url.rstrip('/')}{path}?{query}"


def _exchanged(
    request: Request, environ: Mapping[str, str], connections: dict[str, Connection], timeout_s: float
) -> Answer:
    region = region_of(environ)
    url = endpoint_url("s3", environ) or f"https://s3.{region}.amazonaws.com"
    endpoint = Endpoint(url)
    request.headers |= {"host": endpoint.authority, "x-amz-content-sha256": sha256(request.body).hex()}
    sign(request, Credentials.from_environ(environ), service="s3", region=region, now_s=time())
    connection = connections.setdefault(url, Connection(endpoint))
    return connection.exchange(wire(request), timeout_s=timeout_s)


def _path(bucket: str, key: str) -> str:
    return f"/{quoted(bucket)}/{quoted(key, safe=b'/')}"


_HINTS = {
    403: "Name it in the model's reads= (s3://bucket/key or s3://bucket/prefix/*) and deploy again. "
    "If it is named, it is missing: S3 tells that only who may list the bucket.",
    404: "Check the bucket, the key and the version.",
}


def code_of(answer: Answer) -> str:
    """S3's code for what is wrong."""
    _, mark, rest = answer.body.partition(b"<Code>")
    return rest.partition(b"</Code>")[0].decode("utf-8", "replace") if mark else f"HTTP {answer.status}"
