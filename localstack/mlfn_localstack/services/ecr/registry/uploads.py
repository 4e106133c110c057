"""Uploading blobs: at once, in pieces, or by mounting them from another repository."""

from __future__ import annotations

import asyncio
import re
import uuid
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from mlfn_localstack.blobs import append, sha256_of
from mlfn_localstack.http import HttpResponse
from mlfn_localstack.protocols.rest import parse_query
from mlfn_localstack.services.ecr.registry.answers import RegistryError, not_allowed, not_found

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlfn_localstack.http import HttpRequest
    from mlfn_localstack.service import Environment
    from mlfn_localstack.services.ecr.model import EcrState

_CONTENT_RANGE = re.compile(r"(?:bytes )?(\d{1,18})-(\d{1,18})(?:/.*)?")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class UploadRoutes:
    """`/v2/<name>/blobs/uploads/[<upload>]`."""

    def __init__(self, environment: Environment, state: EcrState) -> None:
        self._state = state
        self._sessions = environment.store.documents("ecr-upload")
        self._directory = environment.state_dir / "uploads" / "registry"
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def answer(
        self, request: HttpRequest, name: str, upload: str, may_mount: Callable[[str], bool]
    ) -> HttpResponse:
        """Begin, continue, finish, look at or give up an upload; or mount a blob from where the caller may read it."""
        self._state.repository(name)
        if not upload:
            if request.method != "POST":
                raise not_allowed()
            return await self._begin(request, name, may_mount)
        async with self._turn(upload):  # nothing may be added to what is being digested
            return await self._go_on(request, name, upload)

    def _turn(self, upload: str) -> asyncio.Lock:
        return self._turns.setdefault(upload, asyncio.Lock())

    async def _go_on(self, request: HttpRequest, name: str, upload: str) -> HttpResponse:
        file = self._file(name, upload)
        match request.method:
            case "PATCH":
                await self._add(request, file)
                return self._progress(202, name, upload, file)
            case "PUT":
                return await self._finish(request, name, upload, file)
            case "GET":
                return self._progress(204, name, upload, file)
            case "DELETE":
                self._end(upload, file)
                return HttpResponse(status=204)
            case _:
                raise not_allowed()

    async def _begin(self, request: HttpRequest, name: str, may_mount: Callable[[str], bool]) -> HttpResponse:
        query = parse_query(request.raw_query)
        mounted, source = query.get("mount", [""])[0], query.get("from", [""])[0]
        enabled = self._state.setting("BLOB_MOUNTING") == "ENABLED"
        if mounted and enabled and self._state.has_blob(source, mounted) and may_mount(source):
            self._state.link_blob(name, mounted)
            return _created(name, mounted)
        upload = str(uuid.uuid4())
        self._directory.mkdir(parents=True, exist_ok=True)
        file = self._directory / upload
        file.touch(mode=0o600)
        self._sessions.put(upload, {"repository": name})
        if "digest" in query:
            async with self._turn(upload):
                return await self._finish(request, name, upload, file)
        return self._progress(202, name, upload, file)

    def _file(self, name: str, upload: str) -> Path:
        session = self._sessions.get(upload)
        file = self._directory / upload
        if session is None or session["repository"] != name or not file.is_file():
            raise not_found("BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        return file

    async def _add(self, request: HttpRequest, file: Path) -> None:
        size = file.stat().st_size
        declared = request.header("content-range")
        match = _CONTENT_RANGE.fullmatch(declared) if declared else None
        if declared and (match is None or int(match[1]) != size):
            shown = ("Range", f"0-{max(size - 1, 0)}")
            raise RegistryError(416, "BLOB_UPLOAD_INVALID", "The piece does not continue the upload.", (shown,))
        if request.spooled is not None:
            await asyncio.to_thread(append, file, request.spooled.path)
        elif request.body:
            with file.open("ab") as stream:
                stream.write(request.body)

    async def _finish(self, request: HttpRequest, name: str, upload: str, file: Path) -> HttpResponse:
        digest = parse_query(request.raw_query).get("digest", [""])[0]
        if not _DIGEST.fullmatch(digest):
            raise RegistryError(400, "DIGEST_INVALID", "The digest parameter must be sha256:<64 hexadecimal digits>.")
        known: str | None = request.spooled.sha256 if request.spooled is not None and file.stat().st_size == 0 else None
        await self._add(request, file)
        sha256: str = await asyncio.to_thread(sha256_of, file) if known is None else known
        if f"sha256:{sha256}" != digest:
            self._end(upload, file)
            raise RegistryError(400, "DIGEST_INVALID", f"provided digest did not match uploaded content: {digest}")
        self._state.blobs.adopt(file, sha256)
        self._state.link_blob(name, digest)
        self._end(upload, file)
        return _created(name, digest)

    def _end(self, upload: str, file: Path) -> None:
        self._sessions.delete(upload)
        file.unlink(missing_ok=True)

    def _progress(self, status: int, name: str, upload: str, file: Path) -> HttpResponse:
        headers = (
            ("Location", f"/v2/{name}/blobs/uploads/{upload}"),
            ("Docker-Upload-UUID", upload),
            ("Range", f"0-{max(file.stat().st_size - 1, 0)}"),
        )
        return HttpResponse(status=status, headers=headers)


def _created(name: str, digest: str) -> HttpResponse:
    headers = (("Location", f"/v2/{name}/blobs/{digest}"), ("Docker-Content-Digest", digest))
    return HttpResponse(status=201, headers=headers)
