"""A function's result as an HTTP answer (payload format 2.0), and the gateway's own answers."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from mlfn_localstack.http import HttpResponse

Headers = tuple[tuple[str, str], ...]
JSON = ("content-type", "application/json")
_TEXT = ("content-type", "text/plain;charset=UTF-8")
_HOP_BY_HOP = frozenset({"connection", "content-length", "transfer-encoding", "keep-alive", "upgrade", "te", "trailer"})


class MalformedResultError(Exception):
    """A function's result is no HTTP answer."""


def message(status: int, text: str, *headers: tuple[str, str]) -> HttpResponse:
    """An answer of the gateway itself."""
    body = json.dumps({"message": text}, separators=(",", ":")).encode()
    return HttpResponse(status=status, headers=(JSON, *headers), body=body)


def from_result(payload: bytes, default_type: tuple[str, str] = _TEXT) -> HttpResponse:
    """The answer that a function's result stands for; `default_type` is the header of a body without a type.

    Raises:
        MalformedResultError: it has a statusCode, but is no proxy response.
    """
    try:
        result = json.loads(payload)
    except ValueError:
        raise MalformedResultError("the result is not JSON") from None
    if isinstance(result, dict) and "statusCode" in result:
        return proxy_response(result | {"multiValueHeaders": None}, default_type)
    body = result.encode() if isinstance(result, str) else payload
    return HttpResponse(status=200, headers=(JSON,), body=body)


def proxy_response(result: dict[str, Any], default_type: tuple[str, str] = _TEXT) -> HttpResponse:
    """The answer that a result with a statusCode stands for.

    Raises:
        MalformedResultError: it is no proxy response.
    """
    several = _several(result.get("multiValueHeaders"))
    named = {name for name, _ in several}
    single = [pair for pair in _headers(result.get("headers")) if pair[0] not in named]
    headers = [*single, *several, *_cookies(result.get("cookies"))]
    if not any(name == "content-type" for name, _ in headers):
        headers.insert(0, default_type)
    return HttpResponse(status=_status(result["statusCode"]), headers=tuple(headers), body=_body(result))


def _status(value: Any) -> int:
    try:
        status = int(value)
    except (TypeError, ValueError):
        raise MalformedResultError("statusCode is not a number") from None
    if not 100 <= status <= 599 or isinstance(value, bool):
        raise MalformedResultError("statusCode is not an HTTP status")
    return status


def _headers(given: Any) -> list[tuple[str, str]]:
    if given is None:
        return []
    if not isinstance(given, dict):
        raise MalformedResultError("headers is not an object")
    return [
        _header(str(name).lower(), json.dumps(value) if isinstance(value, bool) else str(value))
        for name, value in given.items()
        if str(name).lower() not in _HOP_BY_HOP and value is not None
    ]


def _several(given: Any) -> list[tuple[str, str]]:
    if given is None:
        return []
    if not isinstance(given, dict) or not all(isinstance(values, list) for values in given.values()):
        raise MalformedResultError("multiValueHeaders is not an object of lists")
    return [pair for name, values in given.items() for value in values for pair in _headers({name: value})]


def _cookies(given: Any) -> list[tuple[str, str]]:
    if given is None:
        return []
    if not isinstance(given, list):
        raise MalformedResultError("cookies is not a list")
    return [_header("set-cookie", str(cookie)) for cookie in given]


def _header(name: str, value: str) -> tuple[str, str]:
    if not name.isascii() or any(character in name + value for character in "\r\n\0"):
        raise MalformedResultError(f"header {name!r} has characters that no header may have")
    return name, value.encode("utf-8").decode("latin-1")


def _body(result: dict[str, Any]) -> bytes:
    body = result.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise MalformedResultError("body is not a string")
    if not result.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedResultError("body is not base64") from None
