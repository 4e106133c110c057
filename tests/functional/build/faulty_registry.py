"""A registry that can be told to fail."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

Fault = tuple[str, str]
"""A method and what goes wrong the next time it is used: `drop`, `503`, `429`, `lose` (the session), `alter` or
`expire` (the token).

A path can stand for the method: then the fault waits for a request that ends so."""


class FaultyRegistry:
    """One repository on loopback; `faults` are used up in order."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.tags: dict[str, bytes] = {}
        self.sessions: dict[str, bytes] = {}
        self.faults: deque[Fault] = deque()
        self.requests: list[str] = []
        self.authorizations: list[str | None] = []
        self.storage: str | None = None
        self.bearer: str | None = None
        registry = self

        class Handler(_Handler):
            state = registry

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        """Stop."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: FaultyRegistry

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.state.requests.append(f"{self.command} {self.path}")
        self.state.authorizations.append(self.headers.get("Authorization"))
        parts = urlsplit(self.path)
        if self.state.faults and (
            self.command == self.state.faults[0][0] or self.path.endswith(self.state.faults[0][0])
        ):
            return self._fail(self.state.faults.popleft()[1], parts.path, body)
        if parts.path == "/token":
            return self._token()
        if self.state.bearer and self.headers.get("Authorization") != f"Bearer {self.state.bearer}":
            return self._unauthorized()
        route: Callable[[str, str, bytes], None] = getattr(self, f"_{self.command.lower()}")
        return route(parts.path, parts.query, body)

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = _handle  # noqa: N815  http.server's names

    def _fail(self, fault: str, path: str, body: bytes) -> None:
        if fault == "503":
            return self._answer(503)
        if fault == "429":
            return self._answer(429, {"Retry-After": "7"})
        if fault == "expire":
            self.state.bearer = f"{self.state.bearer}-renewed"
            return self._unauthorized()
        if self.command == "GET" and "/blobs/sha256:" in path:
            return self._fail_download(fault, self.state.blobs[path.rpartition("/")[2]])
        if fault == "lose":
            self.state.sessions.clear()
            return self._answer(404)
        if fault == "alter":
            return self._answer(201, {"Docker-Content-Digest": f"sha256:{'0' * 64}"})
        if path in self.state.sessions:
            self.state.sessions[path] += body[: len(body) // 2]
        self.close_connection = True
        return None

    def _fail_download(self, fault: str, content: bytes) -> None:
        if fault == "redirect":
            return self._answer(307, {"Location": f"{self.state.storage or self.state.endpoint}/elsewhere{self.path}"})
        if fault == "whole":
            return self._answer(200, body=content)
        if fault == "alter":
            return self._answer(200, body=content[::-1])
        if fault == "more":
            return self._answer(200, body=content + b"more")
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        self._start(206 if start else 200, {"Content-Length": str(len(content) - start)})
        self.wfile.write(content[start : start + max((len(content) - start) // 2, 1)])
        self.close_connection = True
        return None

    def _unauthorized(self) -> None:
        realm = f'Bearer realm="{self.state.endpoint}/token",service="faulty",scope="repository:mlfn:pull,push"'
        self._answer(401, {"WWW-Authenticate": realm})

    def _token(self) -> None:
        expected = "Basic " + base64.b64encode(b"AWS:secret").decode()
        if self.headers.get("Authorization") != expected or not self.state.bearer:
            return self._answer(401)
        return self._answer(200, body=json.dumps({"token": self.state.bearer}).encode())

    def _head(self, path: str, query: str, body: bytes) -> None:
        name = path.rpartition("/")[2]
        found = self.state.blobs.get(name) if "/blobs/" in path else self.state.tags.get(name)
        digest = f"sha256:{hashlib.sha256(found or b'').hexdigest()}"
        self._answer(404 if found is None else 200, {"Docker-Content-Digest": digest})

    def _post(self, path: str, query: str, body: bytes) -> None:
        session = f"{path}{len(self.state.requests)}"
        self.state.sessions[session] = b""
        self._answer(202, {"Location": f"{self.state.endpoint}{session}?state=1"})

    def _get(self, path: str, query: str, body: bytes) -> None:
        name = path.rpartition("/")[2]
        if "/manifests/" in path:
            found = self.state.tags.get(name) or self.state.blobs.get(name)
            return self._answer(404 if found is None else 200, body=found or b"")
        if name in self.state.blobs:
            start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
            return self._answer(206 if start else 200, body=self.state.blobs[name][start:])
        if path not in self.state.sessions:
            return self._answer(404)
        return self._answer(204, {"Location": path, "Range": f"0-{max(len(self.state.sessions[path]) - 1, 0)}"})

    def _patch(self, path: str, query: str, body: bytes) -> None:
        if path not in self.state.sessions:
            return self._answer(404)
        if not self.headers["Content-Range"].startswith(f"{len(self.state.sessions[path])}-"):
            return self._answer(416)
        self.state.sessions[path] += body
        return self._answer(202, {"Location": path, "Range": f"0-{len(self.state.sessions[path]) - 1}"})

    def _put(self, path: str, query: str, body: bytes) -> None:
        if "/manifests/" in path:
            self.state.tags[path.rpartition("/")[2]] = body
            return self._answer(201)
        content = self.state.sessions.pop(path, b"") + body
        digest = parse_qs(query)["digest"][0]
        if digest != f"sha256:{hashlib.sha256(content).hexdigest()}":
            return self._answer(400, body=b'{"errors": [{"code": "DIGEST_INVALID", "message": "digest invalid"}]}')
        self.state.blobs[digest] = content
        return self._answer(201, {"Docker-Content-Digest": digest})

    def _answer(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self._start(status, {**(headers or {}), "Content-Length": str(len(body))})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _start(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
