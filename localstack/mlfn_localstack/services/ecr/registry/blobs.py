"""Reading blobs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlfn_localstack.http import FileSlice, HttpResponse
from mlfn_localstack.services.ecr.registry.answers import RegistryError, not_allowed, not_found

if TYPE_CHECKING:
    from mlfn_localstack.http import HttpRequest
    from mlfn_localstack.services.ecr.model import EcrState

_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})")


class BlobRoutes:
    """`/v2/<name>/blobs/<digest>`."""

    def __init__(self, state: EcrState) -> None:
        self._state = state

    def answer(self, request: HttpRequest, name: str, digest: str) -> HttpResponse:
        """A blob, a part of it, or whether it is there."""
        if request.method not in ("GET", "HEAD"):
            raise not_allowed()
        self._state.repository(name)
        if not self._state.has_blob(name, digest):
            raise not_found("BLOB_UNKNOWN", f"blob unknown to registry: {digest}")
        path = self._state.blobs.path(digest.removeprefix("sha256:"))
        size = path.stat().st_size
        headers = (
            ("Content-Type", "application/octet-stream"),
            ("Docker-Content-Digest", digest),
            ("Accept-Ranges", "bytes"),
        )
        match = _RANGE.fullmatch(request.header("range") or "")
        if match is None:
            return HttpResponse(status=200, headers=headers, file=FileSlice(path=path, offset=0, length=size))
        start, end = int(match[1]), min(int(match[2] or size - 1), size - 1)
        if start > end:
            raise RegistryError(416, "BLOB_UPLOAD_INVALID", "The range is not within the blob.")
        part = FileSlice(path=path, offset=start, length=end - start + 1)
        return HttpResponse(status=206, headers=(*headers, ("Content-Range", f"bytes {start}-{end}/{size}")), file=part)
