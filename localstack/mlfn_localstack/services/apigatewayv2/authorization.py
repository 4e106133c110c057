"""Who may take a route: everybody, signers whom IAM lets through, or holders of a token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs

from mlfn_localstack.services.apigatewayv2.event import Authorization, iam_authorization
from mlfn_localstack.services.apigatewayv2.jwt import JwtVerifier, TokenRefusedError, scopes
from mlfn_localstack.services.apigatewayv2.response import message

if TYPE_CHECKING:
    from mlfn_localstack.http import HttpRequest, HttpResponse
    from mlfn_localstack.services.apigatewayv2.access import IamAccess
    from mlfn_localstack.services.apigatewayv2.model import Configuration, Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """A request was let in; `authorization` is None where nobody is asked."""

    authorization: Authorization | None


class ServedApi(Protocol):
    """What is needed of a stage."""

    @property
    def configuration(self) -> Configuration:
        """Its routes, integrations and authorizers."""


class Gatekeeper:
    """Applies a route's authorisation."""

    def __init__(self, iam: IamAccess, jwt: JwtVerifier) -> None:
        self._iam = iam
        self._jwt = jwt

    async def admit(
        self, request: HttpRequest, served: ServedApi, route: Document, resource: str
    ) -> Admission | HttpResponse:
        """The admission, or the refusal to answer with."""
        match route["AuthorizationType"]:
            case "NONE":
                return Admission(authorization=None)
            case "AWS_IAM":
                caller = self._iam.admit(request, resource)
                if caller is None:
                    return message(403, "Forbidden")
                return Admission(authorization=iam_authorization(caller))
            case _:
                authorizer = served.configuration.authorizers[route["AuthorizerId"]]
                return await self._admit_token(request, authorizer, route)

    async def _admit_token(
        self, request: HttpRequest, authorizer: Document, route: Document
    ) -> Admission | HttpResponse:
        text = _token(request, authorizer["IdentitySource"][0])
        if not text:
            return message(401, "Unauthorized", ("www-authenticate", "Bearer"))
        try:
            claims = await self._jwt.verify(text, authorizer["JwtConfiguration"])
        except TokenRefusedError as error:
            return message(401, "Unauthorized", _challenge("invalid_token", str(error)))
        granted, wanted = scopes(claims), route.get("AuthorizationScopes") or []
        if wanted and not set(wanted) & set(granted or ()):
            return message(403, "Forbidden", _challenge("insufficient_scope", "", " ".join(wanted)))
        jwt = {"claims": {name: _claim(value) for name, value in claims.items()}, "scopes": granted if wanted else None}
        return Admission(authorization=Authorization(context={"jwt": jwt}))


def _token(request: HttpRequest, source: str) -> str:
    kind, _, name = source.removeprefix("$request.").partition(".")
    value = request.header(name.lower()) or "" if kind == "header" else parse_qs(request.raw_query).get(name, [""])[0]
    scheme, _, rest = value.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else value


def _challenge(error: str, description: str, scope: str = "") -> tuple[str, str]:
    parts = [f'scope="{scope}"', f'error="{error}"', *([f'error_description="{description}"'] if description else [])]
    return "www-authenticate", "Bearer " + " ".join(parts)


def _claim(value: Any) -> str:
    """Claims reach functions as text; lists as `[a b]` (AWS: HTTP API JWT authorizers)."""
    if isinstance(value, list):
        return f"[{' '.join(map(str, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{key}:{item}' for key, item in value.items())}]"
    return str(value)
