"""Create-, Get-, Update- and DeleteIntegration, GetIntegrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.apigatewayv2 import errors
from mlfn_localstack.services.apigatewayv2.function_uri import function_arn
from mlfn_localstack.services.apigatewayv2.model import Apis, Document, Part, new_id, shown
from mlfn_localstack.services.apigatewayv2.paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_PLAIN = ("IntegrationUri", "PayloadFormatVersion", "Description", "TimeoutInMillis", "IntegrationMethod")
_UNSUPPORTED = (
    "ConnectionId",
    "ContentHandlingStrategy",
    "CredentialsArn",
    "IntegrationSubtype",
    "PassthroughBehavior",
    "RequestParameters",
    "RequestTemplates",
    "ResponseParameters",
    "TemplateSelectionExpression",
    "TlsConfig",
)
_FORMATS = ("1.0", "2.0")
_TIMEOUT_MS = (50, 30_000)


class IntegrationOperations:
    """What routes lead to: Lambda functions."""

    def __init__(self, apis: Apis) -> None:
        self._apis = apis

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "CreateIntegration": self.create,
            "GetIntegration": self.get,
            "GetIntegrations": self.list,
            "UpdateIntegration": self.update,
            "DeleteIntegration": self.delete,
        }

    async def create(self, _context: RequestContext, params: Params) -> Result:
        """The new integration."""
        self._apis.get(params["ApiId"])
        defaults = {
            "IntegrationId": new_id(7),
            "IntegrationType": params["IntegrationType"],
            "ConnectionType": "INTERNET",
            "IntegrationMethod": "POST",
            "TimeoutInMillis": _TIMEOUT_MS[1],
        }
        integration = _changed(defaults, params)
        self._put(params, integration)
        return shown(integration)

    async def get(self, _context: RequestContext, params: Params) -> Result:
        """An integration."""
        return shown(self._apis.part(params["ApiId"], Part.INTEGRATION, params["IntegrationId"]))

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """All integrations of an API."""
        self._apis.get(params["ApiId"])
        return page([shown(body) for body in self._apis.parts(params["ApiId"], Part.INTEGRATION).values()], params)

    async def update(self, _context: RequestContext, params: Params) -> Result:
        """The integration with some members changed."""
        current = self._apis.part(params["ApiId"], Part.INTEGRATION, params["IntegrationId"])
        integration = _changed(current, params)
        self._put(params, integration)
        return shown(integration)

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once no route uses it and it is gone."""
        target = f"integrations/{params['IntegrationId']}"
        self._apis.part(params["ApiId"], Part.INTEGRATION, params["IntegrationId"])
        users = [
            route["RouteKey"]
            for route in self._apis.parts(params["ApiId"], Part.ROUTE).values()
            if route.get("Target") == target
        ]
        if users:
            raise errors.conflict(f"Cannot delete Integration: it is used by the routes {', '.join(sorted(users))}")
        self._apis.delete_part(params["ApiId"], Part.INTEGRATION, params["IntegrationId"])
        return {}

    def _put(self, params: Params, integration: Document) -> None:
        self._apis.put_part(params["ApiId"], Part.INTEGRATION, integration["IntegrationId"], integration)


def _changed(current: Document, params: Params) -> Document:
    for member in _UNSUPPORTED:
        if params.get(member):
            raise errors.unsupported(member, "integrations")
    integration: Document = {**current, **{name: params[name] for name in _PLAIN if params.get(name) is not None}}
    _check_type(params.get("IntegrationType", "AWS_PROXY"))
    if params.get("ConnectionType", "INTERNET") != "INTERNET":
        raise errors.unsupported(f"ConnectionType {params['ConnectionType']}", "integrations")
    if "PayloadFormatVersion" not in integration:
        raise errors.bad_request("PayloadFormatVersion is a required parameter for integration")
    if integration["PayloadFormatVersion"] not in _FORMATS:
        raise errors.bad_request("PayloadFormatVersion must be one of: 1.0, 2.0")
    least, most = _TIMEOUT_MS
    if not least <= integration["TimeoutInMillis"] <= most:
        raise errors.bad_request(f"Timeout should be between {least} ms and {most} ms")
    function_arn(integration.get("IntegrationUri") or "")
    return integration


def _check_type(kind: str) -> None:
    if not kind.endswith("_PROXY"):
        raise errors.bad_request(
            "Currently, an API with a protocol type of HTTP may only be associated with proxy integrations "
            "(AWS_PROXY, HTTP_PROXY)"
        )
    if kind != "AWS_PROXY":
        raise errors.unsupported(f"type {kind}", "integrations: use AWS_PROXY; other types")
