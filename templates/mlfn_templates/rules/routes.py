"""Who gets in: routes, their authorisers, throttling and the log that tells of them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_engine.linting.findings import Finding
    from mlfn_templates.rules.stack import Resource, Stack

_ROUTE = "AWS::ApiGatewayV2::Route"
_KEY = re.compile(r"(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (/[\w{}+.-]+)+")
_NAME = re.compile(r" /(?:models|pipelines)/([^/{]+)")
_AUTHORIZATIONS = ("AWS_IAM", "JWT", "NONE")
_MAX_INTEGRATION_MS = 30_000
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html"""
_TOLD = ("$context.requestId", "$context.identity.userArn", "$context.status", "$context.routeKey")


def authorisation(stack: Stack) -> Iterator[Finding]:
    """Every route asks who calls, but for what is declared public."""
    access = _declared(stack)
    for route in stack.of(_ROUTE):
        kind, declared = route.get("AuthorizationType"), access.get(_callee(route), {})
        if kind not in _AUTHORIZATIONS:
            yield route.says("route-authorisation", f"AuthorizationType is {kind!r}; use AWS_IAM or JWT")
        elif kind == "NONE" and not declared.get("public"):
            yield route.says("route-open", "anybody may call it, and the model is not declared with public=True")
        elif kind == "JWT":
            yield from _token_route(stack, route, declared.get("tokens") or {})
    for url in stack.of("AWS::Lambda::Url"):
        yield url.says("function-url", "a function URL goes past the API's routes, throttling and access log")


def _token_route(stack: Stack, route: Resource, declared: dict[str, Any]) -> Iterator[Finding]:
    authorizer = stack.target(route.get("AuthorizerId"), "AWS::ApiGatewayV2::Authorizer")
    if authorizer is None:
        yield route.says("route-authorisation", "its JWT authoriser is not in the template")
        return
    issuer, audiences = (authorizer.get("JwtConfiguration", part) for part in ("Issuer", "Audience"))
    if not str(issuer).startswith("https://"):
        yield authorizer.says("token-issuer", f"its issuer is {issuer!r}; tokens need one at https://")
    if not audiences or "*" in audiences:
        yield authorizer.says("token-audience", "it takes tokens that are meant for somebody else: name the audiences")
    missing = set(declared.get("scopes", ())) - set(route.get("AuthorizationScopes") or ())
    if missing:
        yield route.says("token-scopes", f"it does not ask for the declared scopes {', '.join(sorted(missing))}")


def keys(stack: Stack) -> Iterator[Finding]:
    """Route keys are a method and a path."""
    for route in stack.of(_ROUTE):
        key = route.get("RouteKey")
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            yield route.says("route-key", f"{key!r} is not a method and a path, such as 'POST /models/name'")


def integrations(stack: Stack) -> Iterator[Finding]:
    """Routes lead to the alias of the API, in the format that carries the verified caller."""
    for integration in stack.of("AWS::ApiGatewayV2::Integration"):
        alias = stack.target(integration.get("IntegrationUri"), "AWS::Lambda::Alias")
        if alias is None or alias.get("Name") != "api":
            yield integration.says("api-alias", "it does not lead to an alias 'api' of this template")
        if integration.get("PayloadFormatVersion") != "2.0":
            yield integration.says("payload-format", "PayloadFormatVersion is not '2.0', which carries the caller")
        if not 50 <= int(integration.get("TimeoutInMillis") or _MAX_INTEGRATION_MS) <= _MAX_INTEGRATION_MS:
            yield integration.says("integration-timeout", "TimeoutInMillis is not within 50 to 30,000")


def stages(stack: Stack) -> Iterator[Finding]:
    """The API is throttled, and its log tells of every request."""
    for stage in stack.of("AWS::ApiGatewayV2::Stage"):
        limits = [stage.get("DefaultRouteSettings", name) for name in ("ThrottlingBurstLimit", "ThrottlingRateLimit")]
        if not all(isinstance(limit, int) and 0 < limit <= 10_000 for limit in limits):
            yield stage.says("throttling", "set ThrottlingBurstLimit and ThrottlingRateLimit, at most 10,000 each")
        text = str(stage.get("AccessLogSettings", "Format"))
        missing = [name for name in _TOLD if name not in text]
        if stage.get("AccessLogSettings", "DestinationArn") is None or missing:
            yield stage.says("access-log", "refused requests leave no trace: log " + (", ".join(missing) or "them"))
    if stack.of(_ROUTE) and not stack.of("AWS::ApiGatewayV2::Stage"):
        yield stack.of(_ROUTE)[0].says("throttling", "its API has no stage in the template")


def _callee(route: Resource) -> str:
    found = _NAME.search(str(route.get("RouteKey")))
    return found[1] if found else ""


def _declared(stack: Stack) -> dict[str, Any]:
    """Who may call what, as the app declared it."""
    text = stack.tree.get("Metadata", {}).get("MlfnAccess", "{}")
    try:
        found = json.loads(text)
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
