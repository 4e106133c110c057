"""The canonical request of Signature Version 4: what exactly is signed.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

if TYPE_CHECKING:
    from mlfn_localstack.http import HttpRequest

UNRESERVED = "-_.~"


def canonical_request(request: HttpRequest, signed_headers: tuple[str, ...], payload_hash: str, service: str) -> str:
    """The text whose digest is signed."""
    path = _encoded_once(request.raw_path) if service == "s3" else normalised_path(request.raw_path)
    values = request.fields if len(request.fields) == len(request.headers) else _joined(request.headers)
    headers = "".join([f"{name}:{_folded(values.get(name, ''))}\n" for name in signed_headers])
    query = canonical_query(request.raw_query) if request.raw_query else ""
    return f"{request.method}\n{path}\n{query}\n{headers}\n{';'.join(signed_headers)}\n{payload_hash}"


def _joined(headers: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Headers that come more than once have their values joined by commas."""
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(_folded(value))
    return {name: ",".join(found) for name, found in values.items()}


def _folded(value: str) -> str:
    return value if "  " not in value else " ".join(value.split())


def canonical_query(raw: str) -> str:
    """Names and values decoded, encoded again and sorted; without the signature itself."""
    pairs = []
    for part in raw.split("&"):
        name, _, value = part.partition("=")
        if part and name != "X-Amz-Signature":
            pairs.append((_encode(name), _encode(value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def normalised_path(raw: str) -> str:
    """A path without empty and dot segments, encoded once more than it is on the wire."""
    if raw == "/":
        return raw
    if "//" in raw or "/." in raw:
        raw = _without_dots(raw)
    return quote(raw, safe="/" + UNRESERVED)


def _without_dots(path: str) -> str:
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    trailing = "/" if path.endswith(("/", "/.", "/..")) and segments else ""
    return "/" + "/".join(segments) + trailing


def _encoded_once(path: str) -> str:
    return quote(unquote_to_bytes(path), safe="/" + UNRESERVED)


def _encode(text: str) -> str:
    if text.isalnum() and text.isascii():
        return text
    return quote(unquote_to_bytes(text.replace("+", " ")), safe=UNRESERVED)
