"""Forms as browsers send them: fields, then a file (RFC 7578); what comes after the file does not count."""

from __future__ import annotations

import mmap
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_localstack.http import HttpRequest

_KIND = "multipart/form-data"
_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_PARAMETER = re.compile(r';\s*(name|filename)="((?:[^"\\]|\\.)*)"', re.IGNORECASE)
_MAX_HEAD_BYTES = 8_192
_MAX_FIELDS_BYTES = 20_480
"""Of everything before the file, https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html"""

Body = bytes | mmap.mmap


class BadFormError(Exception):
    """What came is no such form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Fields by their lower-case name, and where in the body the file is."""

    fields: dict[str, str]
    file: tuple[int, int] | None = None
    """The first byte, and the one after the last."""
    file_name: str | None = None


def boundary_of(content_type: str) -> bytes | None:
    """What parts the fields; None: this is no form with a file."""
    if not content_type.lower().startswith(_KIND):
        return None
    match = _BOUNDARY.search(content_type)
    return (match[1] or match[2]).encode("latin-1") if match else None


@contextmanager
def body_of(request: HttpRequest) -> Iterator[Body]:
    """A request's body, mapped where it is in a file."""
    if request.spooled is None:
        yield request.body
        return
    if not request.spooled.size:  # there is nothing to map
        yield b""
        return
    with request.spooled.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        yield mapped


def parse_form(body: Body, boundary: bytes) -> Form:
    """The form up to its file.

    Raises:
        BadFormError: it is not well-formed, or its fields are too long.
    """
    mark = b"--" + boundary
    if body[: len(mark)] != mark:
        raise BadFormError
    fields: dict[str, str] = {}
    start = len(mark)
    while body[start : start + 2] == b"\r\n":
        head_end = body.find(b"\r\n\r\n", start, start + _MAX_HEAD_BYTES)
        end = body.find(b"\r\n" + mark, head_end + 2)
        if head_end < 0 or end < 0:
            raise BadFormError
        name, file_name = _names(body[start + 2 : head_end])
        first = min(head_end + 4, end)
        if name == "file":
            return Form(fields=fields, file=(first, end), file_name=file_name)
        if end > _MAX_FIELDS_BYTES:
            raise BadFormError
        fields[name] = body[first:end].decode("utf-8", "replace")
        start = end + 2 + len(mark)
    return Form(fields=fields)


def _names(head: bytes) -> tuple[str, str | None]:
    for line in head.decode("utf-8", "replace").split("\r\n"):
        label, _, value = line.partition(":")
        if label.strip().lower() == "content-disposition":
            found = {key.lower(): text for key, text in _PARAMETER.findall(value)}
            if "name" in found:
                return found["name"].lower(), found.get("filename")
    raise BadFormError
