"""The emulator's own endpoints: health for everybody, anything that changes it for the root key only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mlfn_localstack.http import HttpResponse
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services import SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mlfn_localstack.auth.sigv4 import SigV4Authenticator
    from mlfn_localstack.credentials import RootCredentials
    from mlfn_localstack.http import HttpRequest

SIGNING_NAME = "emulator"
EDITION = "mlfn"
VERSION = "4.14.0"
"""The LocalStack release whose paths are answered here: its clients look at this."""


class Control:
    """`/_localstack/health` and `/_emulator/{shutdown,reset}`."""

    def __init__(
        self,
        *,
        root: RootCredentials,
        authenticator: SigV4Authenticator,
        state_dir: Path,
        request_stop: Callable[[str], None],
        notes: Mapping[str, object],
    ) -> None:
        self._root = root
        self._authenticator = authenticator
        self._state_dir = state_dir
        self._request_stop = request_stop
        self._notes = notes

    async def handle(self, request: HttpRequest) -> HttpResponse:
        """The answer to a control request."""
        match (request.method, request.raw_path):
            case ("GET" | "HEAD", "/_localstack/health" | "/_emulator/health"):
                return _json(200, self._health(request))
            case ("POST", "/_emulator/shutdown" | "/_emulator/reset"):
                return self._stop(request)
            case _:
                return _json(404, {"message": "Not found"})

    def _health(self, request: HttpRequest) -> dict[str, object]:
        health: dict[str, object] = {
            "services": dict.fromkeys(sorted(SERVICES), "available"),
            "edition": EDITION,
            "version": VERSION,
            **self._notes,
        }
        if request.client in ("127.0.0.1", "::1"):
            health["state_dir"] = str(self._state_dir)
        return health

    def _stop(self, request: HttpRequest) -> HttpResponse:
        try:
            caller = self._authenticator.authenticate(request, SIGNING_NAME)
        except ServiceError as error:
            return _json(403, {"message": error.message})
        if caller.arn != self._root.arn:
            return _json(403, {"message": "Only the root key may do this."})
        self._request_stop(request.raw_path.rpartition("/")[2])
        return _json(202, {})


def _json(status: int, body: dict[str, object]) -> HttpResponse:
    return HttpResponse(status=status, headers=(("Content-Type", "application/json"),), body=json.dumps(body).encode())
