"""Asking S3 for what it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

BAD_XML = {
    "Code": "MalformedXML",
    "Message": "The XML you provided was not well-formed or did not validate against our published schema",
}

OWNER_ID = "4c4547182d4c0f05ca014026b38c2961bdb7d34e4f57ec9b9d4a08d90a815f49"
"""What S3 calls the emulator's account."""


def refusal(call: Callable[..., Any], **params: Any) -> tuple[int, dict[str, Any]]:
    """The status and error of a call that is refused."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    response: Any = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]


def answer(response: dict[str, Any]) -> dict[str, Any]:
    """What an operation answers beside its metadata."""
    return {name: value for name, value in response.items() if name != "ResponseMetadata"}


def read(s3: Any, **params: Any) -> dict[str, Any]:
    """What GetObject answers, with the object's bytes as its body."""
    response: dict[str, Any] = s3.get_object(**params)
    return response | {"Body": response["Body"].read()}


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What an HTTP request without an SDK is answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> dict[str, str]:
        """A refusal's elements, but for those that are different each time."""
        found = {each.tag: each.text or "" for each in ElementTree.fromstring(self.body)}  # noqa: S314 - our own emulator's
        return {name: text for name, text in found.items() if name not in ("RequestId", "HostId")}

    @property
    def cors(self) -> dict[str, str]:
        """What it says of requests from other origins, by the ends of the headers' names."""
        start = "access-control-"
        return {name.removeprefix(start): value for name, value in self.headers.items() if name.startswith(start)}


def send(method: str, url: str, *, body: bytes = b"", **headers: str) -> HttpAnswer:
    """Send a request; `_` in the headers' names stands for `-`."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    connection.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    answered = {name.lower(): value for name, value in response.getheaders()}
    data = response.read()
    connection.close()
    return HttpAnswer(status=response.status, headers=answered, body=data)


def send_form(
    url: str, fields: dict[str, str], file: bytes, *, file_name: str | None = "n.txt", **headers: str
) -> HttpAnswer:
    """Send a form with a file, as a browser does."""
    boundary = "----form"
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}'.encode() for name, text in fields.items()]
    named = f'; filename="{file_name}"' if file_name else ""
    parts.append(f'Content-Disposition: form-data; name="file"{named}\r\n\r\n'.encode() + file)
    body = b"".join(f"--{boundary}\r\n".encode() + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
    return send("POST", url, body=body, content_type=f"multipart/form-data; boundary={boundary}", **headers)
