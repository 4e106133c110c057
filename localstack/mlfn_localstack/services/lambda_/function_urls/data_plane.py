"""Requests to function URLs: let in or not, handed to the function, answered with what it says.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

from __future__ import annotations

import json
import re
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.http import HttpResponse
from mlfn_localstack.service import Caller, RequestContext, ServiceError
from mlfn_localstack.services.apigatewayv2.cors import is_preflight, origin_headers, preflight
from mlfn_localstack.services.apigatewayv2.event import ApiCall, iam_authorization, proxy_event
from mlfn_localstack.services.apigatewayv2.response import JSON, MalformedResultError, from_result
from mlfn_localstack.services.lambda_.function_urls.access import NONE, UrlAccess
from mlfn_localstack.services.lambda_.policy import OWN_PRINCIPAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.http import HttpRequest
    from mlfn_localstack.service import Environment, Operation, Result
    from mlfn_localstack.services.lambda_.function_urls.repository import Document, FunctionUrls
    from mlfn_localstack.services.lambda_.names import ArnFormat, FunctionReference

PREFIX = "/_aws/lambda-url/"
HOST = r"(?P<url>[a-z0-9]+)\.lambda-url\..+"
_HOST = re.compile(HOST)
_DEFAULT = "$default"
_FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)


class UrlDataPlane:
    """Answers requests to functions."""

    def __init__(self, environment: Environment, urls: FunctionUrls, arns: ArnFormat, invoke: Operation) -> None:
        self._environment = environment
        self._urls = urls
        self._arns = arns
        self._invoke = invoke
        self._access = UrlAccess(environment)

    async def handle_path(self, request: HttpRequest) -> HttpResponse:
        """The answer to `/_aws/lambda-url/<url id>/<path>`."""
        url_id, slash, path = request.raw_path.removeprefix(PREFIX).partition("/")
        return await self._handle(request, url_id, slash + path or "/")

    async def handle_host(self, request: HttpRequest) -> HttpResponse:
        """The answer to `<path>` at the host `<url id>.lambda-url.…`."""
        match = _HOST.fullmatch((request.header("host") or "").partition(":")[0])
        return await self._handle(request, match["url"] if match else "", request.raw_path)

    async def _handle(self, request: HttpRequest, url_id: str, path: str) -> HttpResponse:
        found = self._urls.at(url_id)
        if found is None:
            return _refused(403, "AccessDeniedException", None)
        reference, document = found
        cors = document.get("Cors") or {}
        if cors and is_preflight(request):
            return preflight(request, cors)._replace(status=200)
        request_id = str(uuid.uuid4())
        answer = await self._answer(request, reference, document, path, request_id)
        shared = origin_headers(request, cors)
        kept = tuple(pair for pair in answer.headers if not (cors and pair[0].startswith("access-control-")))
        return answer._replace(headers=(*kept, *shared, ("x-amzn-requestid", request_id)))

    async def _answer(
        self, request: HttpRequest, reference: FunctionReference, document: Document, path: str, request_id: str
    ) -> HttpResponse:
        arn, caller = self._arns.function(reference.name, reference.qualifier), None
        if document["AuthType"] == NONE:
            is_admitted = self._access.admits_all(request, reference, arn)
        else:
            caller = self._access.admit(request, arn, request_id)
            is_admitted = caller is not None
        if not is_admitted:
            return _refused(403, "AccessDeniedException", _FORBIDDEN)
        if request.spooled is not None:
            return _refused(413, "RequestEntityTooLargeException", "Request Entity Too Large")
        event = _event(request, path, document["UrlId"], request_id, caller)
        payload = json.dumps(event, separators=(",", ":")).encode()
        try:
            result = await self._call(request, arn, payload, request_id, caller)
        except ServiceError as error:
            return _refused(error.status, error.code, error.message)
        return _answered(result)

    async def _call(
        self, request: HttpRequest, arn: str, payload: bytes, request_id: str, caller: Caller | None
    ) -> Result:
        """What the function gives, told to whoever watches calls as any other call is."""
        environment = self._environment
        account_id = environment.account_id
        own = Caller(arn=OWN_PRINCIPAL, account_id=account_id, user_id=OWN_PRINCIPAL, access_key="")
        context = RequestContext(
            service="lambda",
            operation="Invoke",
            region=environment.region,
            account_id=account_id,
            caller=caller or own,
            request_id=request_id,
            endpoint=environment.endpoint,
            source_ip=request.client,
            fields=request.fields,
            peer=request.peer,
        )
        params: dict[str, Any] = {"FunctionName": arn, "Payload": payload}
        result, failure = None, None
        try:
            result = await self._invoke(context, params)
        except ServiceError as error:
            failure = error
        for watcher in environment.watchers:
            watcher(context, params, result, failure)
        await environment.store.durable()
        if result is None:
            raise failure or RuntimeError("a call has neither a result nor an error")
        return result


def _event(request: HttpRequest, path: str, url_id: str, request_id: str, caller: Caller | None) -> dict[str, Any]:
    """A request as the function sees it: the payload format of HTTP APIs, 2.0, with the path as it came."""
    event = proxy_event(
        ApiCall(
            request=request,
            request_id=request_id,
            account_id="anonymous" if caller is None else caller.account_id,
            api_id=url_id,
            stage=_DEFAULT,
            stage_variables={},
            route_key=_DEFAULT,
            path=path,
            path_parameters=(),
            authorization=None if caller is None else iam_authorization(caller),
            at=datetime.now(UTC),
        )
    )
    event["requestContext"]["domainPrefix"] = url_id
    if request.header("content-length") is None:
        del event["headers"]["content-length"]
    return event


def _answered(result: Mapping[str, Any]) -> HttpResponse:
    """The answer that a function's result stands for."""
    try:
        if not result.get("FunctionError"):
            return from_result(result["Payload"], default_type=JSON)
    except MalformedResultError:
        pass
    return HttpResponse(status=502, headers=(JSON,), body=b"Internal Server Error")


def _refused(status: int, code: str, text: str | None) -> HttpResponse:
    body = json.dumps({"Message": text}, separators=(",", ":")).encode()
    return HttpResponse(status=status, headers=(JSON, ("x-amzn-errortype", code)), body=body)
