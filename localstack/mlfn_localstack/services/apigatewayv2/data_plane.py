"""Requests to deployed APIs: routed, authorised, throttled, handed to Lambda, answered."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import re
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.http import HttpRequest, HttpResponse
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.apigatewayv2.access import IamAccess
from mlfn_localstack.services.apigatewayv2.access_log import AccessLog, Trace
from mlfn_localstack.services.apigatewayv2.authorization import Admission, Gatekeeper
from mlfn_localstack.services.apigatewayv2.cors import is_preflight, origin_headers, preflight
from mlfn_localstack.services.apigatewayv2.event import ApiCall, decoded_path, proxy_event
from mlfn_localstack.services.apigatewayv2.first_format import FIRST_FORMAT, first_event, from_first_result
from mlfn_localstack.services.apigatewayv2.function_authorizer import FunctionAuthorizers
from mlfn_localstack.services.apigatewayv2.function_uri import function_arn
from mlfn_localstack.services.apigatewayv2.jwt import JwtVerifier
from mlfn_localstack.services.apigatewayv2.metrics import ApiMetrics
from mlfn_localstack.services.apigatewayv2.model import Apis, Configuration, Document, Part
from mlfn_localstack.services.apigatewayv2.response import MalformedResultError, from_result, message
from mlfn_localstack.services.apigatewayv2.routing import (
    DEFAULT,
    RouteMatch,
    RoutePattern,
    find_route,
    parse_route,
)
from mlfn_localstack.services.apigatewayv2.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlfn_localstack.service import Environment, Result

PREFIX = "/_aws/execute-api/"
HOST = r"(?P<api>[a-z0-9]+)\.execute-api\..+"
PRINCIPAL = "apigateway.amazonaws.com"
_READERS: dict[str, Callable[[bytes], HttpResponse]] = {FIRST_FORMAT: from_first_result, "2.0": from_result}
MAX_HEAD_BYTES = 10_240
MAX_BODY_BYTES = 10 * 1024 * 1024
_HOST = re.compile(HOST)
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A stage, ready to answer."""

    api: Document
    stage: Document
    configuration: Configuration
    routes: Mapping[str, Document]
    patterns: tuple[RoutePattern, ...]


class DataPlane:
    """Answers requests to APIs."""

    def __init__(self, environment: Environment, apis: Apis) -> None:
        self._environment = environment
        self._apis = apis
        self._gatekeeper = Gatekeeper(IamAccess(environment), JwtVerifier())
        self.authorizers = FunctionAuthorizers(environment.gateway, PRINCIPAL)
        self._throttle = Throttle()
        self._metrics = ApiMetrics(environment.gateway)
        self._access_log = AccessLog(environment)
        self._left: set[asyncio.Future[Result]] = set()
        self._served: dict[tuple[str, str], tuple[int, Served]] = {}

    async def stop(self) -> None:
        """Publish what was counted, and write what was logged."""
        await self._access_log.stop()
        await self._metrics.stop()

    async def handle_path(self, request: HttpRequest) -> HttpResponse:
        """The answer to `/_aws/execute-api/<api id>/<path>`."""
        api_id, slash, path = request.raw_path.removeprefix(PREFIX).partition("/")
        return await self._handle(request, api_id, slash + path or "/")

    async def handle_host(self, request: HttpRequest) -> HttpResponse:
        """The answer to `<path>` at the host `<api id>.execute-api.…`."""
        match = _HOST.fullmatch((request.header("host") or "").partition(":")[0])
        return await self._handle(request, match["api"] if match else "", request.raw_path)

    async def _handle(self, request: HttpRequest, api_id: str, raw_path: str) -> HttpResponse:
        api = self._apis.find(api_id)
        if api is None or api.get("DisableExecuteApiEndpoint"):
            return message(404, "Not Found")
        request_id = base64.b64encode(secrets.token_bytes(11)).decode()
        started = time.perf_counter()
        trace = Trace(request=request, request_id=request_id, path=decoded_path(raw_path))
        answer = await self._answer(request, api, trace)
        self._record(api, trace, answer, started)
        configured = "CorsConfiguration" in api
        cors = origin_headers(request, api["CorsConfiguration"]) if configured else ()
        kept = tuple(pair for pair in answer.headers if not (configured and pair[0].startswith("access-control-")))
        if answer.status == 204 and is_preflight(request):
            cors, kept = (), answer.headers
        headers = (*kept, *cors, ("apigw-requestid", request_id))
        return HttpResponse(status=answer.status, headers=headers, body=answer.body)

    def _record(self, api: Document, trace: Trace, answer: HttpResponse, started: float) -> None:
        served, _ = self._stage(api, trace.path)
        stage = served.stage["StageName"] if served else None
        self._metrics.answered(api["ApiId"], stage, answer.status, (time.perf_counter() - started) * 1000)
        if served is not None:
            self._access_log.write(api, served.stage, trace, answer)

    async def _answer(self, request: HttpRequest, api: Document, trace: Trace) -> HttpResponse:
        if _head_bytes(request) > MAX_HEAD_BYTES:
            return message(431, "Request Header Fields Too Large")
        if "CorsConfiguration" in api and is_preflight(request):
            return preflight(request, api["CorsConfiguration"])
        served, inner = self._stage(api, trace.path)
        if served is None:
            return message(404, "Not Found")
        match = find_route(served.patterns, request.method, tuple(inner.split("/")[1:]))
        if match is None and DEFAULT in served.routes:
            match = RouteMatch(key=DEFAULT, parameters=())
        if match is None:
            return message(404, "Not Found")
        trace.route_key = match.key
        if len(request.body) > MAX_BODY_BYTES or request.spooled is not None:
            return message(413, "Request Entity Too Large")
        if not self._throttle.admits(api["ApiId"], served.stage, match.key):
            return message(429, "Too Many Requests")
        return await self._run(served, match, trace)

    async def _run(self, served: Served, match: RouteMatch, trace: Trace) -> HttpResponse:
        route = served.routes[match.key]
        admission = await self._admit(served, match, route, trace)
        if isinstance(admission, HttpResponse):
            return admission
        trace.authorization = admission.authorization
        call = self._call(served, match, trace)
        integration = served.configuration.integrations.get((route.get("Target") or "").partition("/")[2])
        if integration is None:
            return message(500, "Internal Server Error")
        return await self._integrate(call, integration, route, trace)

    async def _admit(
        self, served: Served, match: RouteMatch, route: Document, trace: Trace
    ) -> Admission | HttpResponse:
        resource = self._resource(served, trace.request, trace.path)
        if route["AuthorizationType"] != "CUSTOM":
            return await self._gatekeeper.admit(trace.request, served, route, resource)
        authorizer = served.configuration.authorizers[route["AuthorizerId"]]
        source = f"{self._execute_arn(served.api['ApiId'])}/authorizers/{route['AuthorizerId']}"
        return await self.authorizers.admit(self._call(served, match, trace), authorizer, resource, source)

    async def _integrate(self, call: ApiCall, integration: Document, route: Document, trace: Trace) -> HttpResponse:
        started = time.perf_counter()
        invocation = asyncio.ensure_future(self._invoke(call, integration, route))
        await asyncio.wait({invocation}, timeout=integration["TimeoutInMillis"] / 1000)
        trace.integration_ms = int((time.perf_counter() - started) * 1000)
        if not invocation.done():
            self._leave(invocation)
            trace.integration_error = "Execution failed due to a timeout error."
            return message(503, "Service Unavailable")
        try:
            result = invocation.result()
        except ServiceError as error:
            trace.integration_status, trace.integration_error = error.status, error.message
            return _refused(error)
        return _answered(result, trace, _READERS[integration["PayloadFormatVersion"]])

    def _leave(self, invocation: asyncio.Future[Result]) -> None:
        """Let a function finish that nobody waits for any more."""
        self._left.add(invocation)
        invocation.add_done_callback(self._forget)

    def _forget(self, invocation: asyncio.Future[Result]) -> None:
        self._left.discard(invocation)
        if not invocation.cancelled() and (error := invocation.exception()) is not None:
            _LOG.info("a function that had run out of its integration's time failed: %s", error)

    async def _invoke(self, call: ApiCall, integration: Document, route: Document) -> Result:
        event = first_event(call) if integration["PayloadFormatVersion"] == FIRST_FORMAT else proxy_event(call)
        payload = json.dumps(event, separators=(",", ":")).encode()
        params = {"FunctionName": function_arn(integration["IntegrationUri"]), "Payload": payload}
        return await self._environment.gateway.call(
            "lambda", "Invoke", params, principal=PRINCIPAL, source_arn=self._source(call, route)
        )

    def _source(self, call: ApiCall, route: Document) -> str:
        """The ARN of the route as resource policies see it: the path is the route's, not the request's."""
        method, _, path = route["RouteKey"].partition(" ")
        return f"{self._execute_arn(call.api_id)}/{call.stage}/{'*' if method == 'ANY' else method}{path}"

    def _resource(self, served: Served, request: HttpRequest, path: str) -> str:
        """What an identity policy must allow: the request's own method and path."""
        stage = served.stage["StageName"]
        inner = path if stage == DEFAULT else path.removeprefix(f"/{stage}")
        return f"{self._execute_arn(served.api['ApiId'])}/{stage}/{request.method}{inner}"

    def _execute_arn(self, api_id: str) -> str:
        environment = self._environment
        return f"arn:aws:execute-api:{environment.region}:{environment.account_id}:{api_id}"

    def _call(self, served: Served, match: RouteMatch, trace: Trace) -> ApiCall:
        return ApiCall(
            request=trace.request,
            request_id=trace.request_id,
            account_id=self._environment.account_id,
            api_id=served.api["ApiId"],
            stage=served.stage["StageName"],
            stage_variables=served.stage["StageVariables"],
            route_key=match.key,
            path=trace.path,
            path_parameters=match.parameters,
            authorization=trace.authorization,
            at=trace.at,
        )

    def _stage(self, api: Document, path: str) -> tuple[Served | None, str]:
        """The stage that a path names in its first segment, else `$default`; and the rest of the path."""
        first, slash, rest = path[1:].partition("/")
        named = self._ready(api, first) if first and first != DEFAULT else None
        if named is not None:
            return named, slash + rest or "/"
        return self._ready(api, DEFAULT), path

    def _ready(self, api: Document, stage_name: str) -> Served | None:
        key, generation = (api["ApiId"], stage_name), self._apis.generation(api["ApiId"])
        cached = self._served.get(key)
        if cached is not None and cached[0] == generation:
            return cached[1]
        stage = self._apis.find_part(api["ApiId"], Part.STAGE, stage_name)
        if stage is None:
            return None
        configuration = self._apis.served(api["ApiId"], stage)
        routes = {route["RouteKey"]: route for route in configuration.routes.values()}
        patterns = tuple(parse_route(route_key) for route_key in routes if route_key != DEFAULT)
        served = Served(api=api, stage=stage, configuration=configuration, routes=routes, patterns=patterns)
        self._served[key] = (generation, served)
        return served


def _head_bytes(request: HttpRequest) -> int:
    """What API Gateway limits: the request line and the values of headers, together."""
    line = len(request.method) + len(request.raw_path) + len(request.raw_query) + len(" ? HTTP/1.1\r\n")
    return line + sum(len(value) for _, value in request.headers)


def _refused(error: ServiceError) -> HttpResponse:
    if error.code == "TooManyRequestsException":
        return message(503, "Service Unavailable")
    if error.status == 413:
        return message(413, "Request Entity Too Large")
    return message(500, "Internal Server Error")


def _answered(result: Mapping[str, Any], trace: Trace, read: Callable[[bytes], HttpResponse]) -> HttpResponse:
    trace.integration_status = result["StatusCode"]
    trace.integration_request_id = result.get("ResponseMetadata", {}).get("RequestId")
    if result.get("FunctionError"):
        trace.integration_error = f"The Lambda function returned the following error: {_error_of(result)}."
        return message(500, "Internal Server Error")
    try:
        answer = read(result["Payload"])
    except MalformedResultError as error:
        trace.integration_error = f"The response from the Lambda function is malformed: {error}."
        return message(500, "Internal Server Error")
    trace.own_answer = False
    return answer


def _error_of(result: Mapping[str, Any]) -> str:
    """A function's error message, as far as its payload has one."""
    try:
        return str(json.loads(result["Payload"]).get("errorMessage", ""))
    except (ValueError, AttributeError):
        return str(result["FunctionError"])
