"""The contents of blobs on their way: large ones go to the app's bucket before a call, and come from there after it."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict, fields
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mlfn.blobs import Blob
from mlfn.client.answers import api_result
from mlfn.client.transport import Sent, Transport, UnansweredError, UnsentError
from mlfn.errors import CallFailedError, CallRefusedError
from mlfn.runtime.answers import DIGEST_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlfn.client.transport import Received

    Ask = Callable[[str, str, bytes], Received]
    """What the API answers to a method, a path below the model's or pipeline's, and a body."""

LARGEST_INLINE = 65_536
"""Characters of content that go along with a call."""
_TIMEOUT_S = 300.0
_KEYS = frozenset(each.name for each in fields(Blob))


def plain(value: object) -> Any:
    """What JSON has for a blob, for `json.dumps(…, default=plain)`."""
    if isinstance(value, Blob):
        return asdict(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def uploaded(name: str, body: bytes, ask: Ask) -> bytes:
    """A call's body, the large contents in it put where the model or pipeline `name` finds them.

    Raises:
        CallError: they could not be.
    """
    if len(body) <= LARGEST_INLINE or b'"digest"' not in body:
        return body

    def upload(blob: dict[str, Any]) -> dict[str, Any]:
        if len(blob["content"] or "") <= LARGEST_INLINE:
            return blob
        return {**blob, "content": None, "at": put(name, blob, base64.b64decode(blob["content"]), ask)}

    return json.dumps(_changed(json.loads(body), upload)).encode()


def downloaded(name: str, body: bytes, ask: Ask) -> bytes:
    """A result with the contents of its blobs, each held to its digest.

    Raises:
        CallError: one cannot be had.
    """
    if b'"digest"' not in body:
        return body

    def download(blob: dict[str, Any]) -> dict[str, Any]:
        if blob["at"] is None:
            return blob
        return {**blob, "at": None, "content": base64.b64encode(got(name, blob["digest"], blob["at"], ask)).decode()}

    return json.dumps(_changed(json.loads(body), download)).encode()


def content_of(name: str, value: Any, ask: Ask) -> bytes | None:
    """The content of a result that is a blob; None if it is something else."""
    if not is_blob(value):
        return None
    return got(name, value["digest"], value["at"], ask) if value["at"] else base64.b64decode(value["content"] or "")


def put(name: str, blob: Mapping[str, Any], content: bytes, ask: Ask) -> str:
    """The name under which a model or pipeline finds a blob's content, which is then there.

    Raises:
        CallError: it could not be put there.
    """
    described = {key: blob[key] for key in ("content_type", "size", "digest")}
    told = api_result(name, ask("POST", "/blobs", json.dumps(described).encode()))
    sent_to(name, told["upload"], content)
    at: str = told["blob"]["at"]
    return at


def sent_to(name: str, upload: Mapping[str, Any], content: bytes) -> None:
    """Put content where a model or pipeline said.

    Raises:
        CallError: it could not be put there.
    """
    answer = _exchange(name, upload["method"], upload["url"], content, upload["headers"])
    if answer.status != HTTPStatus.OK:
        raise CallRefusedError(f"S3 did not take what {name} is to get: HTTP {answer.status}.", hint="Try again.")


def at_url(name: str, url: str) -> bytes:
    """What a URL that the API gave leads to.

    Raises:
        CallError: it does not lead there (any more).
    """
    answer = _exchange(name, "GET", url, b"", {})
    if answer.status != HTTPStatus.OK:
        raise CallRefusedError(f"S3 does not give what {name} keeps: HTTP {answer.status}.", hint="Ask again.")
    return answer.body


def kept_answer(name: str, headers: Mapping[str, str]) -> bytes:
    """An answer that was too large for the API (303), held to its digest; header names are in lower case.

    Raises:
        CallError: it cannot be had.
    """
    return held_to(name, headers.get("location", ""), headers.get(DIGEST_HEADER))


def held_to(name: str, url: str, digest: str | None) -> bytes:
    """An answer that lies at a URL, held to its digest.

    Raises:
        CallError: it cannot be had.
    """
    content = at_url(name, url)
    if hashlib.sha256(content).hexdigest() != digest:
        raise CallFailedError(f"The answer of {name} is not what its digest says.", hint="Tell the app's owner.")
    return content


def got(name: str, digest: str, at: str, ask: Ask) -> bytes:
    """Content by its digest and name, held to the digest.

    Raises:
        CallError: it cannot be had.
    """
    answer = ask("GET", f"/blobs/{digest}.{at}", b"")
    if answer.status != HTTPStatus.FOUND:
        api_result(name, answer)
    content = at_url(name, answer.headers.get("location", ""))
    if hashlib.sha256(content).hexdigest() != digest:
        raise CallFailedError(f"A blob of {name} is not what its digest says.", hint="Call again; tell its owner.")
    return content


def is_blob(value: Any) -> bool:
    """A JSON value has the form of a blob."""
    return isinstance(value, dict) and value.keys() == _KEYS


def _changed(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if isinstance(value, list):
        return [_changed(each, change) for each in value]
    if not isinstance(value, dict):
        return value
    return change(value) if is_blob(value) else {key: _changed(each, change) for key, each in value.items()}


def _exchange(name: str, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Received:
    parts = urlsplit(url)
    transport = Transport(f"{parts.scheme}://{parts.netloc}")
    try:
        request = Sent(method=method, target=f"{parts.path}?{parts.query}", headers=headers, body=body)
        return transport.exchange(request, timeout_s=_TIMEOUT_S)
    except (UnsentError, UnansweredError) as error:
        raise CallRefusedError(
            f"What goes to or comes from {name} did not get through: {error}.", hint="Try again."
        ) from error
    finally:
        transport.close()
