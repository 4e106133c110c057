"""A request as a Lambda function sees it: payload format 1.0, and the answer that its result stands for.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from mlfn_localstack.services.apigatewayv2.event import domain_of, event_body, headers_of, time_members
from mlfn_localstack.services.apigatewayv2.response import MalformedResultError, proxy_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.http import HttpResponse
    from mlfn_localstack.services.apigatewayv2.event import ApiCall

FIRST_FORMAT = "1.0"
_TITLED = frozenset(
    {
        *("content-length", "content-type", "host", "user-agent", "x-amzn-trace-id"),
        *("x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"),
    }
)
"""Headers that keep the capitals of HTTP/1.1 in this format; all others come in lower case."""
_NOBODY = {
    "accessKey": None,
    "accountId": None,
    "caller": None,
    "cognitoAmr": None,
    "cognitoAuthenticationProvider": None,
    "cognitoAuthenticationType": None,
    "cognitoIdentityId": None,
    "cognitoIdentityPoolId": None,
    "principalOrgId": None,
    "user": None,
    "userArn": None,
}


def first_event(call: ApiCall) -> dict[str, Any]:
    """The event; members without content are null, as in AWS."""
    method = call.request.method
    return {
        "version": "1.0",
        "resource": resource_of(call),
        "path": call.path,
        "httpMethod": method,
        **_headers(call),
        **_query(call.request.raw_query),
        "requestContext": first_context(call),
        "pathParameters": dict(call.path_parameters) or None,
        "stageVariables": dict(call.stage_variables) or None,
        "body": None,
        **event_body(call.request),
    }


def resource_of(call: ApiCall) -> str:
    """The path of the route that was taken."""
    return call.route_key.partition(" ")[2] or call.route_key


def first_context(call: ApiCall) -> dict[str, Any]:
    """What the gateway knows of a request, in this format's words."""
    request, domain = call.request, domain_of(call.request)
    moment = time_members(call)
    return {
        "accountId": call.account_id,
        "apiId": call.api_id,
        **_authorizer(call),
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0].partition(":")[0],
        "extendedRequestId": call.request_id,
        "httpMethod": request.method,
        "identity": {
            **_NOBODY,
            **_signer(call),
            "sourceIp": request.client,
            "userAgent": request.header("user-agent") or "",
        },
        "path": call.path,
        "protocol": "HTTP/1.1",
        "requestId": call.request_id,
        "requestTime": moment["time"],
        "requestTimeEpoch": moment["timeEpoch"],
        "resourceId": call.route_key,
        "resourcePath": resource_of(call),
        "stage": call.stage,
    }


def from_first_result(payload: bytes) -> HttpResponse:
    """The answer that a function's result stands for: it has to be written as one.

    Raises:
        MalformedResultError: it is no proxy response.
    """
    try:
        result = json.loads(payload)
    except ValueError:
        raise MalformedResultError("the result is not JSON") from None
    if not isinstance(result, dict) or "statusCode" not in result:
        raise MalformedResultError("the result has no statusCode")
    return proxy_response({name: value for name, value in result.items() if name != "cookies"})


def _headers(call: ApiCall) -> dict[str, Any]:
    """The last value of each header, and all of them."""
    several: dict[str, list[str]] = {}
    for name, value in headers_of(call):
        several.setdefault(name.title() if name in _TITLED else name, []).append(value)
    ordered = dict(sorted(several.items()))
    return {"headers": {name: values[-1] for name, values in ordered.items()}, "multiValueHeaders": ordered}


def _query(raw: str) -> dict[str, Any]:
    several: dict[str, list[str]] = {}
    for name, value in parse_qsl(raw, keep_blank_values=True):
        several.setdefault(name, []).append(value)
    last = {name: values[-1] for name, values in several.items()}
    return {"queryStringParameters": last or None, "multiValueQueryStringParameters": several or None}


def _signer(call: ApiCall) -> Mapping[str, Any]:
    known = {} if call.authorization is None else call.authorization.context.get("iam", {})
    if not known:
        return {}
    return {
        "accessKey": known["accessKey"],
        "accountId": known["accountId"],
        "caller": known["callerId"],
        "user": known["userId"],
        "userArn": known["userArn"],
    }


def _authorizer(call: ApiCall) -> dict[str, Any]:
    if call.authorization is None or "iam" in call.authorization.context:
        return {}
    context = call.authorization.context
    token = context.get("jwt", {"claims": None, "scopes": None})
    return {"authorizer": {**token, **(context.get("lambda") or {})}}
