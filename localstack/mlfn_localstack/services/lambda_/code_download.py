"""Where the archive of a function can be fetched for ten minutes, by whoever has the address.

https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.blobs import Blobs
from mlfn_localstack.http import FileSlice, HttpResponse
from mlfn_localstack.signed_addresses import SignedAddresses

if TYPE_CHECKING:
    from mlfn_localstack.http import HttpRequest
    from mlfn_localstack.service import Environment

PATH = "/_aws/lambda-code/"
VALID_S = 600


class CodeDownloads:
    """Signs addresses of archives, and answers them."""

    def __init__(self, environment: Environment) -> None:
        self._endpoint = environment.endpoint
        self._blobs = Blobs(environment.state_dir / "blobs" / "sha256")
        self._addresses = SignedAddresses(environment.store, "lambda.code_download")

    def url(self, sha256: str) -> str:
        """The address of an archive, for a while."""
        return f"{self._endpoint}{PATH}{sha256}?{self._addresses.query(sha256, VALID_S)}"

    async def handle(self, request: HttpRequest) -> HttpResponse:
        """The archive, if the address was made here and is not too old."""
        sha256 = request.raw_path.removeprefix(PATH)
        refusal = self._addresses.refusal(sha256, request.raw_query)
        if refusal is not None:
            return refusal
        if request.method not in ("GET", "HEAD") or not self._blobs.has(sha256):
            return HttpResponse(status=404)
        path = self._blobs.path(sha256)
        file = FileSlice(path=path, offset=0, length=path.stat().st_size)
        return HttpResponse(status=200, headers=(("Content-Type", "application/zip"),), file=file)
