"""HTTP APIs as OpenAPI documents define them: what has to be created, in the members of API Gateway's own operations.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.apigatewayv2 import errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_METHODS = {name: name.upper() for name in ("get", "head", "post", "put", "patch", "delete", "options")}
_METHODS["x-amazon-apigateway-any-method"] = "ANY"
_DEFAULT_PATH = "/$default"
_INTEGRATION = "x-amazon-apigateway-integration"
_AUTHORIZER = "x-amazon-apigateway-authorizer"
_FUNCTION_MEMBERS = (
    *("authorizerUri", "authorizerPayloadFormatVersion", "authorizerResultTtlInSeconds"),
    "enableSimpleResponses",
)
_NOBODY = "NONE"
"""What AWS SAM requires where nobody has to be known."""
_SIGNED = "awsSigv4"
_TAG = "x-amazon-apigateway-tag-value"

Members = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinedRoute:
    """A route with what answers it and who may call it."""

    route: Members
    integration: Members | None
    authorizer: str | None
    """The name of one of the definition's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """An API as a document defines it."""

    api: Members
    authorizers: Mapping[str, Members]
    routes: tuple[DefinedRoute, ...]


def read_definition(body: str) -> Definition:
    """The API in a document.

    Raises:
        ServiceError: BadRequestException: it is none, or not of OpenAPI 3.
    """
    document = _document(body)
    info, paths = document.get("info"), document.get("paths", {})
    if not str(document.get("openapi", "")).startswith("3.") or not isinstance(info, dict) or not _is_tree(paths):
        raise errors.bad_request("Unable to import API: the body is no OpenAPI 3 document with info and paths.")
    components = document.get("components") or {}
    schemes = components.get("securitySchemes") or {}
    return Definition(
        api=_api(document, info),
        authorizers={name: _authorizer(name, one) for name, one in schemes.items() if _AUTHORIZER in one},
        routes=tuple(_routes(document, paths, schemes, components.get("x-amazon-apigateway-integrations") or {})),
    )


def _document(body: str) -> Members:
    try:
        found = json.loads(body) if body.lstrip().startswith("{") else _yaml(body)
    except ValueError as error:
        raise errors.bad_request(f"Unable to parse API definition: {error}") from error
    if not isinstance(found, dict):
        raise errors.bad_request("Unable to parse API definition: it is no object.")
    return found


def _yaml(body: str) -> Any:
    import yaml  # noqa: PLC0415 - a megabyte of memory

    try:
        return yaml.safe_load(body)
    except yaml.YAMLError as error:
        raise ValueError("it is neither JSON nor YAML.") from error


def _is_tree(paths: Any) -> bool:
    return isinstance(paths, dict) and all(isinstance(item, dict) for item in paths.values())


def _api(document: Members, info: Members) -> Members:
    tags = {tag["name"]: tag[_TAG] for tag in document.get("tags", []) if _TAG in tag}
    cors = document.get("x-amazon-apigateway-cors")
    given = {
        "Name": info.get("title"),
        "Version": str(info["version"]) if "version" in info else None,
        "Description": info.get("description"),
        "CorsConfiguration": _capital(cors) if cors else None,
        "Tags": tags or None,
    }
    if not given["Name"]:
        raise errors.bad_request("Unable to import API: info has no title.")
    return {"ProtocolType": "HTTP", **{name: value for name, value in given.items() if value is not None}}


def _capital(members: Members) -> Members:
    return {_capital_name(name): value for name, value in members.items()}


def _capital_name(name: str) -> str:
    return name[:1].upper() + name[1:]


def _authorizer(name: str, scheme: Members) -> Members:
    found = scheme[_AUTHORIZER]
    sources = found.get("identitySource") or []
    given = {
        "Name": name,
        "IdentitySource": [one.strip() for one in sources.split(",")] if isinstance(sources, str) else sources,
    }
    match found.get("type"):
        case "jwt":
            return given | {"AuthorizerType": "JWT", "JwtConfiguration": _tokens(found.get("jwtConfiguration") or {})}
        case "request":
            members = {_capital_name(key): found[key] for key in _FUNCTION_MEMBERS if key in found}
            return given | {"AuthorizerType": "REQUEST"} | members
    raise errors.unsupported(f"authorizers of type {found.get('type')}", "HTTP APIs")


def _tokens(settings: Members) -> Members:
    audience = settings.get("audience")
    return _capital(settings) | {"Audience": [audience] if isinstance(audience, str) else audience}


def _routes(document: Members, paths: Members, schemes: Members, shared: Members) -> Iterator[DefinedRoute]:
    for path, item in paths.items():
        for name, method in _METHODS.items():
            if name in item:
                operation = item[name] or {}
                kind, authorizer, scopes = _authorization(operation, document.get("security"), schemes)
                route = {
                    "RouteKey": "$default" if path == _DEFAULT_PATH else f"{method} {path}",
                    "AuthorizationType": kind,
                    "AuthorizationScopes": scopes or None,
                    "OperationName": operation.get("operationId"),
                }
                yield DefinedRoute(
                    route={key: value for key, value in route.items() if value is not None},
                    integration=_integration(operation.get(_INTEGRATION), shared),
                    authorizer=authorizer,
                )


def _authorization(operation: Members, default: Any, schemes: Members) -> tuple[str, str | None, list[str]]:
    """How callers are known, by which authorizer, and with which scopes."""
    if (operation.get("x-amazon-apigateway-auth") or {}).get("type") == "AWS_IAM":
        return "AWS_IAM", None, []
    for requirement in operation.get("security", default) or []:
        for name, scopes in requirement.items():
            scheme = schemes.get(name) or {}
            if name == _NOBODY and not scheme:
                return "NONE", None, []
            if scheme.get("x-amazon-apigateway-authtype") == _SIGNED:
                return "AWS_IAM", None, []
            if _AUTHORIZER in scheme:
                kind = "JWT" if scheme[_AUTHORIZER].get("type") == "jwt" else "CUSTOM"
                return kind, name, list(scopes)
            raise errors.unsupported(f"the security scheme {name}", "HTTP APIs")
    return "NONE", None, []


def _integration(found: Members | None, shared: Members) -> Members | None:
    if found is None:
        return None
    if "$ref" in found:
        return _integration(shared.get(found["$ref"].rpartition("/")[2]), {})
    given = {
        "IntegrationType": str(found.get("type", "")).upper(),
        "IntegrationMethod": found.get("httpMethod"),
        "IntegrationUri": found.get("uri"),
        "PayloadFormatVersion": str(found.get("payloadFormatVersion", "1.0")),
        "TimeoutInMillis": found.get("timeoutInMillis"),
        "ConnectionType": found.get("connectionType"),
        "CredentialsArn": found.get("credentials"),
        "Description": found.get("description"),
    }
    return {name: value for name, value in given.items() if value is not None}
