"""Answers that several routes of the registry share."""

from __future__ import annotations

import json

from mlfn_localstack.http import HttpResponse

_JSON = ("Content-Type", "application/json")
_VERSION = ("Docker-Distribution-Api-Version", "registry/2.0")


class RegistryError(Exception):
    """A refusal in the distribution API's form."""

    def __init__(self, status: int, code: str, message: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


def refusal(error: RegistryError) -> HttpResponse:
    """The answer for a refusal."""
    body = json.dumps({"errors": [{"code": error.code, "message": error.message, "detail": None}]}).encode()
    return HttpResponse(status=error.status, headers=(_JSON, _VERSION, *error.headers), body=body)


def unauthorised(endpoint: str) -> HttpResponse:
    """The answer to a request without a password that holds."""
    challenge = ("WWW-Authenticate", f'Basic realm="{endpoint}/",service="ecr.amazonaws.com"')
    return refusal(RegistryError(401, "UNAUTHORIZED", "Not Authorized", (challenge,)))


def not_allowed() -> RegistryError:
    """The method means nothing here."""
    return RegistryError(405, "UNSUPPORTED", "The method is not supported here.")


def not_found(code: str, message: str) -> RegistryError:
    """The blob or manifest is not there."""
    return RegistryError(404, code, message)
