"""CreateApi, GetApi, GetApis, UpdateApi, DeleteApi, DeleteCorsConfiguration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.apigatewayv2 import errors
from mlfn_localstack.services.apigatewayv2.cors import check_cors
from mlfn_localstack.services.apigatewayv2.model import Apis, Document, Part, new_id, now, shown
from mlfn_localstack.services.apigatewayv2.paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

SELECTION = "$request.method $request.path"
_PLAIN = ("Name", "Description", "Version", "DisableExecuteApiEndpoint", "CorsConfiguration")
_QUICK = ("Target", "RouteKey", "CredentialsArn")


class ApiOperations:
    """HTTP APIs as a whole."""

    def __init__(self, apis: Apis) -> None:
        self._apis = apis

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "CreateApi": self.create,
            "GetApi": self.get,
            "GetApis": self.list,
            "UpdateApi": self.update,
            "DeleteApi": self.delete,
            "DeleteCorsConfiguration": self.delete_cors,
        }

    async def create(self, context: RequestContext, params: Params) -> Result:
        """The new API."""
        if params["ProtocolType"] != "HTTP":
            raise errors.bad_request(f"The emulator has HTTP APIs only, not {params['ProtocolType']}.")
        _check(params)
        api: Document = {
            "ApiId": new_id(10),
            "ProtocolType": "HTTP",
            "RouteSelectionExpression": SELECTION,
            "ApiKeySelectionExpression": "$request.header.x-api-key",
            "DisableExecuteApiEndpoint": False,
            "IpAddressType": params.get("IpAddressType", "ipv4"),
            "CreatedDate": now(),
            "Tags": dict(params.get("Tags") or {}),
            **{name: params[name] for name in _PLAIN if params.get(name) is not None},
        }
        self._apis.put(api)
        if "Target" in params:
            self._quick_create(api["ApiId"], params)
        return _shown(api, context)

    async def get(self, context: RequestContext, params: Params) -> Result:
        """An API."""
        return _shown(self._apis.get(params["ApiId"]), context)

    async def list(self, context: RequestContext, params: Params) -> Result:
        """Every API."""
        return page([_shown(api, context) for api in self._apis.all()], params)

    async def update(self, context: RequestContext, params: Params) -> Result:
        """The API with some members changed."""
        api = self._apis.get(params["ApiId"])
        _check(params)
        if any(params.get(name) for name in _QUICK):
            raise errors.unsupported("Target, RouteKey and CredentialsArn", "UpdateApi")
        changed = {**api, **{name: params[name] for name in _PLAIN if params.get(name) is not None}}
        self._apis.put(changed)
        return _shown(changed, context)

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the API and all its parts are gone."""
        self._apis.get(params["ApiId"])
        self._apis.delete(params["ApiId"])
        return {}

    async def delete_cors(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the API answers no preflight any more."""
        api = self._apis.get(params["ApiId"])
        self._apis.put({key: value for key, value in api.items() if key != "CorsConfiguration"})
        return {}

    def _quick_create(self, api_id: str, params: Params) -> None:
        """An API with one integration, one route and a stage that deploys by itself (AWS: "Quick create")."""
        target = params["Target"]
        if not target.startswith("arn:"):
            raise errors.unsupported("a Target that is no Lambda function", "APIs")
        integration, route, key = new_id(7), new_id(7), params.get("RouteKey") or "$default"
        self._apis.put_part(api_id, Part.INTEGRATION, integration, _managed_integration(integration, target))
        self._apis.put_part(api_id, Part.ROUTE, route, _managed_route(route, key, integration))
        self._apis.put_part(api_id, Part.STAGE, "$default", _managed_stage())


def _managed_integration(integration: str, function: str) -> dict[str, Any]:
    return {
        "IntegrationId": integration,
        "IntegrationType": "AWS_PROXY",
        "IntegrationMethod": "POST",
        "IntegrationUri": function,
        "PayloadFormatVersion": "2.0",
        "ConnectionType": "INTERNET",
        "TimeoutInMillis": 30_000,
        "ApiGatewayManaged": True,
    }


def _managed_route(route: str, key: str, integration: str) -> dict[str, Any]:
    return {
        "RouteId": route,
        "RouteKey": key,
        "Target": f"integrations/{integration}",
        "AuthorizationType": "NONE",
        "ApiKeyRequired": False,
        "ApiGatewayManaged": True,
    }


def _managed_stage() -> dict[str, Any]:
    return {
        "StageName": "$default",
        "AutoDeploy": True,
        "CreatedDate": now(),
        "LastUpdatedDate": now(),
        "DefaultRouteSettings": {"DetailedMetricsEnabled": False},
        "RouteSettings": {},
        "StageVariables": {},
        "Tags": {},
        "ApiGatewayManaged": True,
    }


def _check(params: Params) -> None:
    for member in ("DisableSchemaValidation",):
        if params.get(member):
            raise errors.unsupported(member, "HTTP APIs")
    if params.get("RouteSelectionExpression") not in {None, SELECTION, "${request.method} ${request.path}"}:
        raise errors.bad_request("Invalid RouteSelectionExpression specified: HTTP APIs take only the default.")
    if params.get("CorsConfiguration") is not None:
        check_cors(params["CorsConfiguration"])


def _shown(api: Document, context: RequestContext) -> dict[str, Any]:
    endpoint = f"{context.endpoint}/_aws/execute-api/{api['ApiId']}"
    return {**shown(api), "ApiEndpoint": endpoint}
