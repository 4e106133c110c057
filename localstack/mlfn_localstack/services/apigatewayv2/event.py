"""A request as a Lambda function sees it: payload format 2.0 (AWS: "AWS Lambda proxy integrations for HTTP APIs")."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.http import HttpRequest
    from mlfn_localstack.service import Caller

_TEXT_TYPES = frozenset({"application/json", "application/javascript", "application/xml"})
_FORWARDING = frozenset({"x-forwarded-for", "x-forwarded-proto", "x-forwarded-port"})
_SIGNED = _FORWARDING | {"authorization"}
_TEXT_SUFFIXES = ("+json", "+xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """Who the gateway let in, and on what grounds: the `authorizer` member of the request context."""

    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """A request, and what the gateway knows about it."""

    request: HttpRequest
    request_id: str
    account_id: str
    api_id: str
    stage: str
    stage_variables: Mapping[str, str]
    route_key: str
    path: str
    """Decoded; with the stage in front unless it is `$default`."""
    path_parameters: tuple[tuple[str, str], ...]
    authorization: Authorization | None
    at: datetime


def iam_authorization(caller: Caller) -> Authorization:
    """The authorizer context of a signed request."""
    iam = {
        "accessKey": caller.access_key,
        "accountId": caller.account_id,
        "callerId": caller.user_id,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": caller.arn,
        "userId": caller.user_id,
    }
    return Authorization(context={"iam": iam})


def proxy_event(call: ApiCall) -> dict[str, Any]:
    """The event; members without content are absent, as in AWS."""
    cookies = [
        cookie.strip() for name, value in call.request.headers if name == "cookie" for cookie in value.split(";")
    ]
    query = _query(call.request.raw_query)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": call.route_key,
        "rawPath": call.path,
        "rawQueryString": call.request.raw_query,
        "headers": _headers(call),
        "requestContext": _context(call),
        **event_body(call.request),
    }
    if cookies:
        event["cookies"] = cookies
    if query:
        event["queryStringParameters"] = query
    if call.path_parameters:
        event["pathParameters"] = dict(call.path_parameters)
    if call.stage_variables:
        event["stageVariables"] = dict(call.stage_variables)
    return event


def _context(call: ApiCall) -> dict[str, Any]:
    request, domain = call.request, domain_of(call.request)
    context: dict[str, Any] = {
        "accountId": call.account_id,
        "apiId": call.api_id,
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0].partition(":")[0],
        "http": {
            "method": request.method,
            "path": call.path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.client,
            "userAgent": request.header("user-agent") or "",
        },
        "requestId": call.request_id,
        "routeKey": call.route_key,
        "stage": call.stage,
        **time_members(call),
    }
    if call.authorization is not None:
        context["authorizer"] = dict(call.authorization.context)
    return context


def domain_of(request: HttpRequest) -> str:
    """The host that was asked."""
    return (request.header("host") or "").rpartition("@")[2]


def time_members(call: ApiCall) -> dict[str, Any]:
    """When a request came, in both forms."""
    return {
        "time": call.at.astimezone(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(call.at.timestamp() * 1000),
    }


def headers_of(call: ApiCall) -> list[tuple[str, str]]:
    """The headers that a function gets, with names in lower case: the request's, and those that the gateway adds.

    A signature is left out, so that no function can replay it; the forwarding headers end with what the gateway saw.
    """
    request = call.request
    signed = call.authorization is not None and "iam" in call.authorization.context
    left_out = _SIGNED if signed else _FORWARDING
    headers = [pair for pair in request.headers if pair[0] not in left_out]
    if request.header("content-length") is None:
        headers.append(("content-length", str(len(request.body))))
    if request.header("x-amzn-trace-id") is None:
        root = f"Root=1-{int(call.at.timestamp()):08x}-{secrets.token_hex(12)}"
        headers.append(("x-amzn-trace-id", root))
    before = [value for name, value in request.headers if name == "x-forwarded-for"]
    seen = f"{','.join(before)}, {request.client}" if before else request.client
    port = domain_of(request).partition(":")[2] or "80"
    return [*headers, ("x-forwarded-for", seen), ("x-forwarded-proto", "http"), ("x-forwarded-port", port)]


def _headers(call: ApiCall) -> dict[str, str]:
    """Values of repeated headers joined, cookies left to their own member."""
    headers: dict[str, str] = {}
    for name, value in headers_of(call):
        if name != "cookie":
            headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def _query(raw: str) -> dict[str, str]:
    query: dict[str, str] = {}
    for name, value in parse_qsl(raw, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return query


def event_body(request: HttpRequest) -> dict[str, Any]:
    """The body as text or Base64, and which it is; no `body` if there is none."""
    if not request.body:
        return {"isBase64Encoded": False}
    text = _text(request)
    if text is not None:
        return {"body": text, "isBase64Encoded": False}
    return {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}


def _text(request: HttpRequest) -> str | None:
    """The body as text, if its type says text and it is."""
    media_type = (request.header("content-type") or "").partition(";")[0].strip().lower()
    textual = media_type.startswith("text/") or media_type in _TEXT_TYPES or media_type.endswith(_TEXT_SUFFIXES)
    if (media_type and not textual) or request.header("content-encoding"):
        return None
    try:
        return request.body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def decoded_path(raw_path: str) -> str:
    """A path without its percent encoding."""
    return unquote(raw_path)
