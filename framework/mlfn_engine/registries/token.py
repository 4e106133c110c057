"""Bearer tokens of registries that ask for them (the distribution project's token specification)."""

from __future__ import annotations

import http.client
import json
import re
import urllib.request
from urllib.parse import urlencode, urlsplit

from mlfn.errors import TargetError

_LIMIT = 1 << 20
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


def bearer_token(challenge: str, authorization: str | None, timeout_s: float) -> str | None:
    """The token that a `WWW-Authenticate: Bearer` challenge asks for; None if its realm gives none.

    Raises:
        TargetError: the realm is not an address that credentials may be sent to.
    """
    parameters = dict(_PARAMETER.findall(challenge))
    realm = parameters.pop("realm", "")
    _check_realm(realm)
    query = urlencode({key: value for key, value in parameters.items() if key in {"service", "scope"}})
    headers = {"Authorization": authorization} if authorization and authorization.startswith("Basic ") else {}
    request = urllib.request.Request(f"{realm}?{query}", headers=headers)  # noqa: S310  checked above
    try:
        with _OPENER.open(request, timeout=timeout_s) as answer:
            found = json.loads(answer.read(_LIMIT))
    except (OSError, http.client.HTTPException, ValueError):
        return None
    token = (found.get("token") or found.get("access_token")) if isinstance(found, dict) else None
    return token if isinstance(token, str) and token.isascii() and token.isprintable() else None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """urllib would send the credentials to whatever host a redirect names."""

    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirects)


def _check_realm(realm: str) -> None:
    parts = urlsplit(realm)
    local = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise TargetError(
            f"The registry sends its callers to {realm!r} for a token, where credentials would travel in the clear.",
            hint="Ask its operator for an https token service.",
        )
