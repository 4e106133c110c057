"""What a runtime may ask (AWS: "Lambda runtime API"): next, response, error, and init error."""

from __future__ import annotations

import json
from typing import Protocol

from mlfn_localstack.services.lambda_.execution.invocation import (
    MAX_RESPONSE_BYTES,
    Outcome,
    response_too_large,
)
from mlfn_localstack.services.lambda_.execution.runtime_api import PREFIX, Headers, RuntimeConnection

_ACCEPTED = b'{"status":"OK"}\n'


class Runtime(Protocol):
    """The environment behind the API."""

    @property
    def request_id(self) -> str | None:
        """The id of the invocation that may still be answered."""

    def runtime_is_ready(self, connection: RuntimeConnection) -> None:
        """Asked for the next event."""

    def runtime_answered(self, outcome: Outcome) -> None:
        """Answered."""

    def runtime_failed_to_start(self, outcome: Outcome) -> None:
        """Failed in its init phase."""


class RuntimeRequests:
    """Takes a runtime's requests apart."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def runtime_request(
        self, connection: RuntimeConnection, method: str, path: str, headers: Headers, body: bytes
    ) -> None:
        """Handle one complete request."""
        match method, path.removeprefix(PREFIX).split("/") if path.startswith(PREFIX) else []:
            case "GET", ["invocation", "next"] if self._runtime.request_id is not None:
                _refuse(connection, 403, "InvalidStateTransition", "The invocation under way is not answered yet")
            case "GET", ["invocation", "next"]:
                self._runtime.runtime_is_ready(connection)
            case "POST", ["invocation", request_id, "response" | "error" as kind]:
                self._result(connection, request_id, kind, headers, body)
            case "POST", ["init", "error"]:
                self._runtime.runtime_failed_to_start(_failure(headers, body))
                connection.respond(202, _ACCEPTED)
            case _:
                _refuse(connection, 404, "NotFound", "404 page not found")

    def _result(self, connection: RuntimeConnection, request_id: str, kind: str, headers: Headers, body: bytes) -> None:
        if request_id != self._runtime.request_id:
            _refuse(connection, 400, "InvalidRequestID", "Invalid request ID")
        elif len(body) > MAX_RESPONSE_BYTES:
            limit = f"Exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
            _refuse(connection, 413, "RequestEntityTooLarge", limit)
            self._runtime.runtime_answered(response_too_large())
        else:
            connection.respond(202, _ACCEPTED)
            outcome = Outcome(payload=body) if kind == "response" else _failure(headers, body)
            self._runtime.runtime_answered(outcome)


def _failure(headers: Headers, body: bytes) -> Outcome:
    error_type = headers.get("lambda-runtime-function-error-type", "")
    try:
        error_type = error_type or str(json.loads(body).get("errorType", ""))
    except (ValueError, AttributeError):
        error_type = error_type or "Runtime.Unknown"
    return Outcome(payload=body, error="Unhandled", error_type=error_type, status="error")


def _refuse(connection: RuntimeConnection, status: int, error_type: str, message: str) -> None:
    body = json.dumps({"errorMessage": message, "errorType": error_type}).encode()
    connection.respond(status, body)
