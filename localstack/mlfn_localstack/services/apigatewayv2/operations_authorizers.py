"""Create-, Get-, Update- and DeleteAuthorizer, GetAuthorizers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.apigatewayv2 import errors
from mlfn_localstack.services.apigatewayv2.model import Apis, Document, Part, new_id, shown
from mlfn_localstack.services.apigatewayv2.paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_PLAIN = ("Name", "AuthorizerType", "IdentitySource", "JwtConfiguration")
_UNSUPPORTED = (
    "AuthorizerCredentialsArn",
    "AuthorizerPayloadFormatVersion",
    "AuthorizerResultTtlInSeconds",
    "AuthorizerUri",
    "EnableSimpleResponses",
    "IdentityValidationExpression",
)


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
            if route.get("AuthorizerId") == params["AuthorizerId"] and route["AuthorizationType"] == "JWT":
                raise errors.conflict(f"Cannot delete authorizer: it is referenced by the route {route['RouteKey']}")
        self._apis.delete_part(params["ApiId"], Part.AUTHORIZER, params["AuthorizerId"])
        return {}

    def _put(self, params: Params, current: Document) -> Result:
        for member in _UNSUPPORTED:
            if params.get(member):
                raise errors.unsupported(member, "authorizers")
        authorizer = {**current, **{name: params[name] for name in _PLAIN if params.get(name) is not None}}
        if authorizer["AuthorizerType"] != "JWT":
            raise errors.unsupported(f"AuthorizerType {authorizer['AuthorizerType']}", "HTTP APIs")
        settings = authorizer.get("JwtConfiguration") or {}
        if not settings.get("Issuer") or not settings.get("Audience"):
            raise errors.bad_request("A JWT authorizer needs JwtConfiguration with Issuer and Audience")
        if not settings["Issuer"].startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise errors.bad_request("Invalid issuer: URL must use https")
        sources = authorizer.get("IdentitySource") or []
        if len(sources) != 1 or not sources[0].startswith(("$request.header.", "$request.querystring.")):
            raise errors.bad_request("A JWT authorizer takes one identity source: a header or a query string parameter")
        self._apis.put_part(params["ApiId"], Part.AUTHORIZER, authorizer["AuthorizerId"], authorizer)
        return shown(authorizer)
