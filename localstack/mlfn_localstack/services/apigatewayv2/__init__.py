"""Amazon API Gateway v2: HTTP APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.http import Route
from mlfn_localstack.services.apigatewayv2.data_plane import HOST, PREFIX, DataPlane
from mlfn_localstack.services.apigatewayv2.model import Apis
from mlfn_localstack.services.apigatewayv2.operations_apis import ApiOperations
from mlfn_localstack.services.apigatewayv2.operations_authorizers import AuthorizerOperations
from mlfn_localstack.services.apigatewayv2.operations_deployments import DeploymentOperations
from mlfn_localstack.services.apigatewayv2.operations_imports import ImportOperations
from mlfn_localstack.services.apigatewayv2.operations_integrations import IntegrationOperations
from mlfn_localstack.services.apigatewayv2.operations_routes import RouteOperations
from mlfn_localstack.services.apigatewayv2.operations_stages import StageOperations
from mlfn_localstack.services.apigatewayv2.operations_tags import TagOperations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.service import Environment, Operation


class ApiGatewayV2:
    """HTTP APIs: their configuration, and the requests to them."""

    name = "apigatewayv2"

    def __init__(self, environment: Environment) -> None:
        apis = Apis(environment.store, environment.account_id)
        self._data_plane = DataPlane(environment, apis)
        groups = (
            ApiOperations(apis),
            ImportOperations(apis),
            RouteOperations(apis),
            IntegrationOperations(apis),
            StageOperations(apis, self._data_plane.authorizers.forget),
            DeploymentOperations(apis),
            AuthorizerOperations(apis),
            TagOperations(apis),
        )
        self._operations = {name: operation for group in groups for name, operation in group.operations().items()}

    def operations(self) -> Mapping[str, Operation]:
        """Every supported operation."""
        return self._operations

    def routes(self) -> Sequence[Route]:
        """Where APIs are called."""
        return (
            Route(handler=self._data_plane.handle_path, prefix=PREFIX),
            Route(handler=self._data_plane.handle_host, host_pattern=HOST),
        )

    async def start(self) -> None:
        """Nothing: APIs have no life of their own."""

    async def stop(self) -> None:
        """Publish what was counted of requests."""
        await self._data_plane.stop()
