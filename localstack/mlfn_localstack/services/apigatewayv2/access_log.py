"""Access logs of HTTP APIs: one line per request, in the stage's format.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.log_batches import next_batch
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.http import HttpRequest, HttpResponse
    from mlfn_localstack.service import Environment, Params
    from mlfn_localstack.services.apigatewayv2.event import Authorization
    from mlfn_localstack.services.apigatewayv2.model import Document

PRINCIPAL = "delivery.logs.amazonaws.com"
FLUSH_S = 0.05
_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_]+(?:\.[A-Za-z0-9_:]+)*)")
_LOG = logging.getLogger(__name__)
_RESPONSE_TYPES = {
    401: "UNAUTHORIZED",
    403: "ACCESS_DENIED",
    404: "RESOURCE_NOT_FOUND",
    413: "REQUEST_TOO_LARGE",
    429: "THROTTLED",
    500: "INTEGRATION_FAILURE",
    503: "INTEGRATION_TIMEOUT",
}


@dataclass(slots=True, kw_only=True)
class Trace:
    """What became of a request, gathered on its way."""

    request: HttpRequest
    request_id: str
    path: str
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    route_key: str | None = None
    authorization: Authorization | None = None
    integration_request_id: str | None = None
    integration_ms: int | None = None
    integration_status: int | None = None
    """Lambda's own answer; the function's is the status of the whole."""
    integration_error: str | None = None
    own_answer: bool = True
    """The gateway answers itself: no function's answer reached the client."""


class AccessLog:
    """Writes lines to the log groups of stages, a little later than the answers."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._waiting: defaultdict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
        self._known: set[tuple[str, str]] = set()
        self._flushing: asyncio.Task[None] | None = None

    def write(self, api: Document, stage: Document, trace: Trace, answer: HttpResponse) -> None:
        """Take a request that was answered, if its stage logs."""
        settings = stage.get("AccessLogSettings") or {}
        group = settings.get("DestinationArn", "").partition(":log-group:")[2].removesuffix(":*")
        if not group or not settings.get("Format"):
            return
        now = datetime.now(UTC)
        values = variables(api, stage, trace, answer, now) | {"accountId": self._environment.account_id}
        stream = hashlib.md5(f"{api['ApiId']}/{stage['StageName']}".encode(), usedforsecurity=False).hexdigest()
        line = int(now.timestamp() * 1000), fill(settings["Format"], values)
        self._waiting[group, stream].append(line)
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush_later())

    async def stop(self) -> None:
        """Write the rest."""
        if self._flushing is not None:
            self._flushing.cancel()
            await asyncio.gather(self._flushing, return_exceptions=True)
        await self._flush()

    async def _flush_later(self) -> None:
        await asyncio.sleep(FLUSH_S)
        self._flushing = None
        await self._flush()

    async def _flush(self) -> None:
        waiting, self._waiting = self._waiting, defaultdict(list)
        for (group, stream), lines in waiting.items():
            rest = deque(sorted(lines, key=lambda line: line[0]))
            while rest:
                await self._put(group, stream, next_batch(rest))

    async def _put(self, group: str, stream: str, lines: list[dict[str, int | str]]) -> None:
        target = {"logGroupName": group, "logStreamName": stream}
        try:
            if (group, stream) not in self._known:
                await self._create(target)
                self._known.add((group, stream))
            await self._call("PutLogEvents", {**target, "logEvents": lines})
        except ServiceError as error:
            self._known.discard((group, stream))
            _LOG.warning("access log %s: %d lines were lost: %s", group, len(lines), error)

    async def _create(self, target: Params) -> None:
        try:
            await self._call("CreateLogStream", target)
        except ServiceError as error:
            if error.code != "ResourceAlreadyExistsException":
                raise

    async def _call(self, operation: str, params: Params) -> None:
        await self._environment.gateway.call("logs", operation, params, principal=PRINCIPAL)


def fill(template: str, values: dict[str, Any]) -> str:
    """A format with its variables; what there is no value for is `-`. Nothing a caller sends can break out of JSON."""
    quoted = template.lstrip().startswith("{")

    def value(match: re.Match[str]) -> str:
        found = values.get(match[1])
        text = "-" if found is None or found == "" else str(found)
        return json.dumps(text, ensure_ascii=False)[1:-1] if quoted else text.replace("\n", " ")

    return _VARIABLE.sub(value, template.rstrip("\n"))


def variables(api: Document, stage: Document, trace: Trace, answer: HttpResponse, now: datetime) -> dict[str, Any]:
    """The values of $context's variables by name."""
    request = trace.request
    domain = request.header("host") or ""
    own = {
        "apiId": api["ApiId"],
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0].partition(":")[0],
        "extendedRequestId": trace.request_id,
        "httpMethod": request.method,
        "path": trace.path,
        "protocol": "HTTP/1.1",
        "requestId": trace.request_id,
        "requestTime": trace.at.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": int(trace.at.timestamp() * 1000),
        "responseLatency": int((now - trace.at).total_seconds() * 1000),
        "responseLength": len(answer.body),
        "dataProcessed": len(request.body) + len(answer.body),
        "routeKey": trace.route_key,
        "stage": stage["StageName"],
        "status": answer.status,
        "identity.sourceIp": request.client,
        "identity.userAgent": request.header("user-agent"),
    }
    return own | _caller(trace) | _integration(trace, answer) | _error(trace, answer)


def _caller(trace: Trace) -> dict[str, Any]:
    context = trace.authorization.context if trace.authorization else {}
    if "jwt" in context:
        return {f"authorizer.claims.{name}": value for name, value in context["jwt"]["claims"].items()}
    if "lambda" in context:
        return {f"authorizer.{name}": value for name, value in (context["lambda"] or {}).items()}
    iam = context.get("iam", {})
    return {
        "identity.accountId": iam.get("accountId"),
        "identity.caller": iam.get("callerId"),
        "identity.principalOrgId": iam.get("principalOrgId"),
        "identity.user": iam.get("userId"),
        "identity.userArn": iam.get("userArn"),
    }


def _integration(trace: Trace, answer: HttpResponse) -> dict[str, Any]:
    if trace.integration_status is None and trace.integration_error is None:
        return {}
    return {
        "awsEndpointRequestId": trace.integration_request_id,
        "integration.error": trace.integration_error,
        "integration.integrationStatus": trace.integration_status,
        "integration.latency": trace.integration_ms,
        "integration.requestId": trace.integration_request_id,
        "integration.status": None if trace.own_answer else answer.status,
        "integrationErrorMessage": trace.integration_error,
        "integrationLatency": trace.integration_ms,
        "integrationStatus": trace.integration_status,
    }


def _error(trace: Trace, answer: HttpResponse) -> dict[str, Any]:
    if not trace.own_answer or answer.status < 400:
        return {}
    text = json.loads(answer.body)["message"] if answer.body else None
    kind = _RESPONSE_TYPES.get(answer.status, f"DEFAULT_{answer.status // 100}XX")
    if trace.integration_status is not None:
        kind = "INTEGRATION_FAILURE"
    return {
        "error.message": text,
        "error.messageString": None if text is None else json.dumps(text),
        "error.responseType": kind,
    }
