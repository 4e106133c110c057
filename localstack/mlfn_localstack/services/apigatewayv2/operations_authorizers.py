"""Create-, Get-, Update- and DeleteAuthorizer, GetAuthorizers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.apigatewayv2 import errors
from mlfn_localstack.services.apigatewayv2.function_uri import function_arn
from mlfn_localstack.services.apigatewayv2.model import Apis, Document, Part, new_id, shown
from mlfn_localstack.services.apigatewayv2.paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_PLAIN = ("Name", "AuthorizerType", "IdentitySource")
_JWT_ONLY = ("JwtConfiguration",)
_FUNCTION_ONLY = (
    *("AuthorizerUri", "AuthorizerPayloadFormatVersion", "AuthorizerResultTtlInSeconds"),
    "EnableSimpleResponses",
)
_UNSUPPORTED = ("AuthorizerCredentialsArn", "IdentityValidationExpression")
_USED = ("JWT", "CUSTOM")
_FORMATS = ("1.0", "2.0")
_GIVEN = (*_PLAIN, *_JWT_ONLY, *_FUNCTION_ONLY)
_LONGEST_S, _DEFAULT_S = 3_600, 300
_SOURCES = ("$request.header.", "$request.querystring.", "$context.", "$stageVariables.")


class AuthorizerOperations:
    """Whose tokens a route takes."""

    def __init__(self, apis: Apis) -> None:
        self._apis = apis

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "CreateAuthorizer": self.create,
            "GetAuthorizer": self.get,
            "GetAuthorizers": self.list,
            "UpdateAuthorizer": self.update,
            "DeleteAuthorizer": self.delete,
        }

    async def create(self, _context: RequestContext, params: Params) -> Result:
        """The new authorizer."""
        self._apis.get(params["ApiId"])
        return self._put(params, {"AuthorizerId": new_id(6)})

    async def get(self, _context: RequestContext, params: Params) -> Result:
        """An authorizer."""
        return shown(self._apis.part(params["ApiId"], Part.AUTHORIZER, params["AuthorizerId"]))

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """All authorizers of an API."""
        self._apis.get(params["ApiId"])
        return page([shown(body) for body in self._apis.parts(params["ApiId"], Part.AUTHORIZER).values()], params)

    async def update(self, _context: RequestContext, params: Params) -> Result:
        """The authorizer with some members changed."""
        return self._put(params, self._apis.part(params["ApiId"], Part.AUTHORIZER, params["AuthorizerId"]))

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once no route uses it and it is gone."""
        self._apis.part(params["ApiId"], Part.AUTHORIZER, params["AuthorizerId"])
        for route in self._apis.parts(params["ApiId"], Part.ROUTE).values():
            if route.get("AuthorizerId") == params["AuthorizerId"] and route["AuthorizationType"] in _USED:
                raise errors.conflict(f"Cannot delete authorizer: it is referenced by the route {route['RouteKey']}")
        self._apis.delete_part(params["ApiId"], Part.AUTHORIZER, params["AuthorizerId"])
        return {}

    def _put(self, params: Params, current: Document) -> Result:
        for member in _UNSUPPORTED:
            if params.get(member):
                raise errors.unsupported(member, "authorizers")
        given = {name: params[name] for name in _GIVEN if params.get(name) is not None}
        authorizer = {**current, **given}
        _check_jwt(authorizer) if authorizer["AuthorizerType"] == "JWT" else _check_function(authorizer)
        self._apis.put_part(params["ApiId"], Part.AUTHORIZER, authorizer["AuthorizerId"], authorizer)
        return shown(authorizer)


def _check_jwt(authorizer: Document) -> None:
    _refuse_members(authorizer, _FUNCTION_ONLY)
    settings = authorizer.get("JwtConfiguration") or {}
    if not settings.get("Issuer") or not settings.get("Audience"):
        raise errors.bad_request("A JWT authorizer needs JwtConfiguration with Issuer and Audience")
    if not settings["Issuer"].startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise errors.bad_request("Invalid issuer: URL must use https")
    sources = authorizer.get("IdentitySource") or []
    if len(sources) != 1 or not sources[0].startswith(_SOURCES[:2]):
        raise errors.bad_request("A JWT authorizer takes one identity source: a header or a query string parameter")


def _check_function(authorizer: Document) -> None:
    _refuse_members(authorizer, _JWT_ONLY)
    version = authorizer.get("AuthorizerPayloadFormatVersion")
    if version is None:
        raise errors.bad_request("AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer")
    if version not in _FORMATS:
        raise errors.bad_request("AuthorizerPayloadFormatVersion must be one of: 1.0, 2.0")
    if authorizer.get("EnableSimpleResponses") and version == _FORMATS[0]:
        raise errors.bad_request("EnableSimpleResponses is only for authorizers of payload format version 2.0")
    function_arn(authorizer.get("AuthorizerUri") or "")
    sources = authorizer.get("IdentitySource") or []
    if not all(source.startswith(_SOURCES) for source in sources):
        raise errors.bad_request(f"Identity sources begin with one of: {', '.join(_SOURCES)}")
    kept_s = authorizer.setdefault("AuthorizerResultTtlInSeconds", _DEFAULT_S if sources else 0)
    if not 0 <= kept_s <= _LONGEST_S:
        raise errors.bad_request(f"AuthorizerResultTtlInSeconds must be between 0 and {_LONGEST_S}")
    authorizer.setdefault("EnableSimpleResponses", False)


def _refuse_members(authorizer: Document, names: tuple[str, ...]) -> None:
    given = [name for name in names if authorizer.get(name)]
    if given:
        kind = authorizer["AuthorizerType"]
        raise errors.bad_request(f"{', '.join(given)}: not a parameter of {kind} authorizers")
