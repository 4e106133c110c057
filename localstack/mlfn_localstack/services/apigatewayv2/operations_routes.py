"""Create-, Get-, Update- and DeleteRoute, GetRoutes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlfn_localstack.services.apigatewayv2 import errors
from mlfn_localstack.services.apigatewayv2.model import Apis, Document, Part, new_id, shown
from mlfn_localstack.services.apigatewayv2.paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_SEGMENT = r"\{[a-zA-Z0-9_.:-]+\}|[^{}/+\s]*"
_KEY = re.compile(
    rf"\$default|(?:ANY|GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) /(?:(?:{_SEGMENT})(?:/(?:{_SEGMENT}))*)?"
    rf"(?:(?<=/)\{{[a-zA-Z0-9_.:-]+\+\}})?"
)
_VARIABLE = re.compile(r"\{[^}+]+\}")
_MALFORMED = (
    "The provided route key is not formatted properly for HTTP protocol. "
    'Format should be "<HTTP METHOD> /<RESOURCE PATH>" or "$default"'
)
_AUTHORIZERS = {"JWT": "JWT", "CUSTOM": "REQUEST"}
"""Which authorizers a route's AuthorizationType takes."""
_NAMES = {"JWT": "JWT", "CUSTOM": "Lambda"}
_PLAIN = ("RouteKey", "Target", "AuthorizationType", "AuthorizerId", "AuthorizationScopes", "OperationName")
_UNSUPPORTED = (
    "ApiKeyRequired",
    "ModelSelectionExpression",
    "RequestModels",
    "RequestParameters",
    "RouteResponseSelectionExpression",
)


class RouteOperations:
    """Methods and paths, and what they lead to."""

    def __init__(self, apis: Apis) -> None:
        self._apis = apis

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "CreateRoute": self.create,
            "GetRoute": self.get,
            "GetRoutes": self.list,
            "UpdateRoute": self.update,
            "DeleteRoute": self.delete,
        }

    async def create(self, _context: RequestContext, params: Params) -> Result:
        """The new route."""
        self._apis.get(params["ApiId"])
        route = {"RouteId": new_id(7), "AuthorizationType": "NONE", "ApiKeyRequired": False}
        return self._put(params, route)

    async def get(self, _context: RequestContext, params: Params) -> Result:
        """A route."""
        return shown(self._apis.part(params["ApiId"], Part.ROUTE, params["RouteId"]))

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """All routes of an API."""
        self._apis.get(params["ApiId"])
        return page([shown(body) for body in self._apis.parts(params["ApiId"], Part.ROUTE).values()], params)

    async def update(self, _context: RequestContext, params: Params) -> Result:
        """The route with some members changed."""
        return self._put(params, self._apis.part(params["ApiId"], Part.ROUTE, params["RouteId"]))

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the route is gone."""
        self._apis.delete_part(params["ApiId"], Part.ROUTE, params["RouteId"])
        return {}

    def _put(self, params: Params, current: Document) -> Result:
        for member in _UNSUPPORTED:
            if params.get(member):
                raise errors.unsupported(member, "routes of HTTP APIs")
        route = {**current, **{name: params[name] for name in _PLAIN if params.get(name) is not None}}
        self._check(params["ApiId"], route)
        self._apis.put_part(params["ApiId"], Part.ROUTE, route["RouteId"], route)
        return shown(route)

    def _check(self, api_id: str, route: Document) -> None:
        key = route["RouteKey"]
        if not _KEY.fullmatch(key):
            raise errors.bad_request(_MALFORMED)
        self._check_twins(api_id, route)
        kind, _, integration = (route.get("Target") or "").partition("/")
        if kind and (kind != "integrations" or self._apis.find_part(api_id, Part.INTEGRATION, integration) is None):
            raise errors.bad_request(f"Invalid target specified: {route['Target']}")
        self._check_authorization(api_id, route)

    def _check_twins(self, api_id: str, route: Document) -> None:
        key = route["RouteKey"]
        for other in self._apis.parts(api_id, Part.ROUTE).values():
            if other["RouteId"] == route["RouteId"]:
                continue
            if other["RouteKey"] == key:
                raise errors.conflict(f"Route with key {key} already exists for this API")
            if _VARIABLE.sub("{}", other["RouteKey"]) == _VARIABLE.sub("{}", key):
                raise errors.conflict(
                    f'The provided route key "{key}" has a conflicting variable on the same hierarchical level as '
                    f'"{other["RouteKey"]}"'
                )

    def _check_authorization(self, api_id: str, route: Document) -> None:
        kind = route["AuthorizationType"]
        if route.get("AuthorizationScopes") and kind != "JWT":
            raise errors.bad_request(
                "Invalid Route authorization type specified. Authorization Scopes are only valid for "
                "COGNITO_USER_POOLS and JWT authorization types"
            )
        if kind in _AUTHORIZERS:
            identifier = route.get("AuthorizerId") or ""
            found = self._apis.find_part(api_id, Part.AUTHORIZER, identifier)
            if found is None or found["AuthorizerType"] != _AUTHORIZERS[kind]:
                raise errors.bad_request(
                    f"Invalid authorizer ID specified. Setting the authorization type to {kind} requires a valid "
                    f"{_NAMES[kind]} authorizer."
                )
