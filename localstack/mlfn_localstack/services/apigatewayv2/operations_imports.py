"""ImportApi and ReimportApi: an API with its routes, integrations and authorizers from one document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.apigatewayv2 import errors
from mlfn_localstack.services.apigatewayv2.model import Part
from mlfn_localstack.services.apigatewayv2.openapi import Definition, read_definition
from mlfn_localstack.services.apigatewayv2.operations_apis import ApiOperations
from mlfn_localstack.services.apigatewayv2.operations_authorizers import AuthorizerOperations
from mlfn_localstack.services.apigatewayv2.operations_integrations import IntegrationOperations
from mlfn_localstack.services.apigatewayv2.operations_routes import RouteOperations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.apigatewayv2.model import Apis, Document

_DEFINED = (Part.ROUTE, Part.INTEGRATION, Part.AUTHORIZER)
"""What a document defines, in the order in which it can be removed."""


class ImportOperations:
    """APIs from OpenAPI documents."""

    def __init__(self, apis: Apis) -> None:
        self._apis = apis
        self._whole = ApiOperations(apis)
        self._routes = RouteOperations(apis)
        self._integrations = IntegrationOperations(apis)
        self._authorizers = AuthorizerOperations(apis)

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"ImportApi": self.create, "ReimportApi": self.replace}

    async def create(self, context: RequestContext, params: Params) -> Result:
        """The new API; none, if a part of it is refused."""
        definition = _definition(params)
        made = await self._whole.create(context, definition.api)
        try:
            await self._fill(context, made["ApiId"], definition)
        except ServiceError:
            self._apis.delete(made["ApiId"])
            raise
        return made | {"ImportInfo": []}

    async def replace(self, context: RequestContext, params: Params) -> Result:
        """The API as the document defines it; as it was, if a part of it is refused."""
        definition, api_id = _definition(params), params["ApiId"]
        before, parts = self._apis.get(api_id), self._parts(api_id)
        self._empty(api_id)
        try:
            plain = {name: value for name, value in before.items() if name not in {"CorsConfiguration", "Description"}}
            self._apis.put(plain | {"Tags": before["Tags"] | definition.api.get("Tags", {})})
            changed = {name: value for name, value in definition.api.items() if name not in {"Tags", "ProtocolType"}}
            answer = await self._whole.update(context, {"ApiId": api_id, **changed})
            await self._fill(context, api_id, definition)
        except ServiceError:
            self._restore(before, parts)
            raise
        return answer | {"ImportInfo": []}

    async def _fill(self, context: RequestContext, api_id: str, definition: Definition) -> None:
        made = {
            name: (await self._authorizers.create(context, {"ApiId": api_id, **one}))["AuthorizerId"]
            for name, one in definition.authorizers.items()
        }
        for one in definition.routes:
            route: dict[str, Any] = {"ApiId": api_id, **one.route}
            if one.authorizer is not None:
                route["AuthorizerId"] = made[one.authorizer]
            if one.integration is not None:
                integration = await self._integrations.create(context, {"ApiId": api_id, **one.integration})
                route["Target"] = f"integrations/{integration['IntegrationId']}"
            await self._routes.create(context, route)

    def _parts(self, api_id: str) -> dict[Part, dict[str, Document]]:
        return {part: self._apis.parts(api_id, part) for part in _DEFINED}

    def _empty(self, api_id: str) -> None:
        for part in _DEFINED:
            for identifier in self._apis.parts(api_id, part):
                self._apis.delete_part(api_id, part, identifier)

    def _restore(self, before: Document, parts: Mapping[Part, Mapping[str, Document]]) -> None:
        self._empty(before["ApiId"])
        self._apis.put(before)
        for part, bodies in parts.items():
            for identifier, body in bodies.items():
                self._apis.put_part(before["ApiId"], part, identifier, body)


def _definition(params: Params) -> Definition:
    if params.get("Basepath", "ignore") != "ignore":
        raise errors.unsupported(f"Basepath {params['Basepath']}", "imported APIs")
    return read_definition(params["Body"])
