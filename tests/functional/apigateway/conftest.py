"""An HTTP API in front of functions, in process."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.fixtures.lambda_lab import Lab, Run, run

from mlfn_localstack.http import HttpRequest, HttpResponse
from mlfn_localstack.services.apigatewayv2 import ApiGatewayV2

__all__ = ["run"]
ECHO = "def handler(event, context):\n    return event"
ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"


class Api:
    """An API with one function behind it."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.gateway = ApiGatewayV2(lab.environment)
        lab.services["apigatewayv2"] = self.gateway
        self.id = ""
        self.integration = ""

    async def do(self, operation: str, **params: Any) -> Any:
        """An operation on this API."""
        return await self.lab.run("apigatewayv2", operation, {"ApiId": self.id, **params})

    async def create(self, code: str = ECHO, *, permit: bool = True, **params: Any) -> None:
        """The API, its function `f`, an integration and the default stage."""
        await self.lab.create(code)
        created = await self.do("CreateApi", Name="a", ProtocolType="HTTP", **params)
        self.id = created["ApiId"]
        if permit:
            source = f"arn:aws:execute-api:us-east-1:000000000000:{self.id}/*/*"
            await self.permit(source)
        self.integration = await self.integrate(ARN)
        await self.do("CreateStage", StageName="$default", AutoDeploy=True)

    async def permit(self, source: str, **params: Any) -> None:
        """Let API Gateway call the function for a source."""
        await self.lab.do(
            "AddPermission",
            StatementId="api",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=source,
            **params,
        )

    async def integrate(self, uri: str, **params: Any) -> str:
        """The id of a new integration."""
        wanted = {"IntegrationType": "AWS_PROXY", "IntegrationUri": uri, "PayloadFormatVersion": "2.0"}
        created = await self.do("CreateIntegration", **(wanted | params))
        return str(created["IntegrationId"])

    async def route(self, key: str, **params: Any) -> Any:
        """A route to the function."""
        return await self.do("CreateRoute", RouteKey=key, **({"Target": f"integrations/{self.integration}"} | params))

    async def request(
        self, method: str, path: str, body: bytes = b"", *, more: tuple[tuple[str, str], ...] = (), **headers: str
    ) -> HttpResponse:
        """The answer to a request of the data plane; `more` are headers that may come more than once."""
        raw_path, _, raw_query = path.partition("?")
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.gateway.routes()[0].handler(
            HttpRequest(
                method=method,
                raw_path=f"/_aws/execute-api/{self.id}{raw_path}",
                raw_query=raw_query,
                headers=(*{"host": "127.0.0.1:4566", "content-type": "application/json", **names}.items(), *more),
                body=body,
                client="127.0.0.1",
            )
        )


@pytest.fixture
def run_api(run: Run) -> Run:
    """Run a scenario against an API, whose state stays for the next one."""

    def run_scenario(scenario: Any, **options: str) -> Any:
        return run(lambda lab: scenario(Api(lab)), **options)

    return run_scenario


def parsed(answer: HttpResponse) -> Any:
    """The JSON body of an answer."""
    return json.loads(answer.body)
