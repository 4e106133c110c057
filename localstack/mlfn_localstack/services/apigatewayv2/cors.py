"""Cross-origin requests: preflights answered by the gateway, and the headers of every other answer.

AWS: "Configure CORS for HTTP APIs in API Gateway".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.http import HttpRequest, HttpResponse
from mlfn_localstack.services.apigatewayv2 import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Params

Headers = tuple[tuple[str, str], ...]
MAX_AGE_S = 86_400


def check_cors(cors: Params) -> None:
    """Refuse a configuration that API Gateway refuses."""
    if cors.get("AllowCredentials") and "*" in (*cors.get("AllowOrigins", ()), *cors.get("AllowMethods", ())):
        raise errors.bad_request("AllowCredentials cannot be set to true if AllowOrigins or AllowMethods contains '*'")
    if not -1 <= int(cors.get("MaxAge") or 0) <= MAX_AGE_S:
        raise errors.bad_request(f"MaxAge must be between -1 and {MAX_AGE_S}")


def is_preflight(request: HttpRequest) -> bool:
    """Whether a browser asks for permission."""
    return (
        request.method == "OPTIONS"
        and request.header("origin") is not None
        and request.header("access-control-request-method") is not None
    )


def preflight(request: HttpRequest, cors: Mapping[str, Any]) -> HttpResponse:
    """The answer to a preflight: 204, with headers only if origin, method and headers are allowed."""
    headers = list(origin_headers(request, cors))
    if headers:
        for name, member in (
            ("access-control-allow-methods", "AllowMethods"),
            ("access-control-allow-headers", "AllowHeaders"),
        ):
            if cors.get(member):
                headers.append((name, ",".join(cors[member])))
        if cors.get("MaxAge") is not None:
            headers.append(("access-control-max-age", str(cors["MaxAge"])))
    return HttpResponse(status=204, headers=tuple(headers))


def origin_headers(request: HttpRequest, cors: Mapping[str, Any]) -> Headers:
    """The headers that let a page of an allowed origin read an answer."""
    origin = request.header("origin")
    if origin is None or not _allowed(origin, cors.get("AllowOrigins") or ()):
        return ()
    wildcard = "*" in cors.get("AllowOrigins", ())
    headers = [("access-control-allow-origin", "*" if wildcard else origin)]
    if not wildcard:
        headers.append(("vary", "origin"))
    if cors.get("AllowCredentials"):
        headers.append(("access-control-allow-credentials", "true"))
    if cors.get("ExposeHeaders"):
        headers.append(("access-control-expose-headers", ",".join(cors["ExposeHeaders"])))
    return tuple(headers)


def _allowed(origin: str, origins: list[str] | tuple[str, ...]) -> bool:
    schemes = {pattern.removesuffix("*") for pattern in origins if pattern in {"http://*", "https://*"}}
    return "*" in origins or origin in origins or any(origin.startswith(scheme) for scheme in schemes)
