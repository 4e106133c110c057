"""A request as a Lambda function sees it: payload format 2.0 (AWS: "AWS Lambda proxy integrations for HTTP APIs")."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.http import HttpRequest
    from mlfn_localstack.service import Caller

_TEXT_TYPES = frozenset({"application/json", "application/javascript", "application/xml"})
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
        **_body(call.request),
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
    request = call.request
    domain = (request.header("host") or "").rpartition("@")[2]
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
        "time": call.at.astimezone(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(call.at.timestamp() * 1000),
    }
    if call.authorization is not None:
        context["authorizer"] = dict(call.authorization.context)
    return context


def _headers(call: ApiCall) -> dict[str, str]:
    """Names in lower case, values of repeated headers joined, cookies left to their own member.

    A signature is left out, so that no function can replay it; the forwarding headers end with what the gateway saw.
    """
    signed = call.authorization is not None and "iam" in call.authorization.context
    headers: dict[str, str] = {}
    for name, value in call.request.headers:
        if name != "cookie" and not (signed and name == "authorization"):
            headers[name] = f"{headers[name]},{value}" if name in headers else value
    forwarded = headers.get("x-forwarded-for")
    client = call.request.client
    headers["x-forwarded-for"] = f"{forwarded}, {client}" if forwarded else client
    headers["x-forwarded-proto"] = "http"
    headers["x-forwarded-port"] = headers.get("host", "").partition(":")[2] or "80"
    return headers


def _query(raw: str) -> dict[str, str]:
    query: dict[str, str] = {}
    for name, value in parse_qsl(raw, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return query


def _body(request: HttpRequest) -> dict[str, Any]:
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
