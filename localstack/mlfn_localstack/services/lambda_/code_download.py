"""Where the archive of a function can be fetched for ten minutes, by whoever has the address.

https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from mlfn_localstack.blobs import Blobs
from mlfn_localstack.http import FileSlice, HttpResponse

if TYPE_CHECKING:
    from mlfn_localstack.http import HttpRequest
    from mlfn_localstack.service import Environment

PATH = "/_aws/lambda-code/"
VALID_S = 600
_KEY = "key"


class CodeDownloads:
    """Signs addresses of archives, and answers them."""

    def __init__(self, environment: Environment) -> None:
        self._endpoint = environment.endpoint
        self._blobs = Blobs(environment.state_dir / "blobs" / "sha256")
        self._kept = environment.store.documents("lambda.code_download")

    def url(self, sha256: str) -> str:
        """The address of an archive, for a while."""
        expires = str(int(time.time()) + VALID_S)
        signature = self._signature(sha256, expires)
        return f"{self._endpoint}{PATH}{sha256}?X-Amz-Expires-At={expires}&X-Amz-Signature={signature}"

    async def handle(self, request: HttpRequest) -> HttpResponse:
        """The archive, if the address was made here and is not too old."""
        query = {name: values[0] for name, values in parse_qs(request.raw_query).items()}
        sha256, expires = request.raw_path.removeprefix(PATH), query.get("X-Amz-Expires-At", "")
        signature = query.get("X-Amz-Signature", "")
        if not hmac.compare_digest(self._signature(sha256, expires).encode(), signature.encode()):
            return _refused("SignatureDoesNotMatch", "The request signature we calculated does not match.")
        if int(expires) < time.time():
            return _refused("AccessDenied", "Request has expired")
        if request.method not in ("GET", "HEAD") or not self._blobs.has(sha256):
            return HttpResponse(status=404)
        path = self._blobs.path(sha256)
        file = FileSlice(path=path, offset=0, length=path.stat().st_size)
        return HttpResponse(status=200, headers=(("Content-Type", "application/zip"),), file=file)

    def _signature(self, sha256: str, expires: str) -> str:
        key = self._kept.get(_KEY)
        if key is None:
            key = secrets.token_hex(32)
            self._kept.put(_KEY, key)
        return hmac.new(bytes.fromhex(key), f"{sha256}\n{expires}".encode(), hashlib.sha256).hexdigest()


def _refused(code: str, message: str) -> HttpResponse:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return HttpResponse(status=403, headers=(("Content-Type", "application/xml"),), body=body.encode())
