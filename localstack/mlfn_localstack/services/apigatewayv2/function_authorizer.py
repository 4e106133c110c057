"""REQUEST authorizers: a Lambda function decides who may take a route, and its answer is kept for a while.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from mlfn_localstack.auth.context_keys import ContextKeys
from mlfn_localstack.auth.policy import AccessRequest, Decision, PolicySyntaxError, Statement, evaluate, parse_policy
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.apigatewayv2.access import ACTION
from mlfn_localstack.services.apigatewayv2.authorization import Admission
from mlfn_localstack.services.apigatewayv2.event import ApiCall, Authorization, proxy_event
from mlfn_localstack.services.apigatewayv2.first_format import FIRST_FORMAT, first_event
from mlfn_localstack.services.apigatewayv2.function_uri import function_arn
from mlfn_localstack.services.apigatewayv2.response import message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlfn_localstack.http import HttpRequest, HttpResponse
    from mlfn_localstack.service import Gateway
    from mlfn_localstack.services.apigatewayv2.model import Document

MOST_KEPT = 1_000
_LEFT_OUT = ("body", "isBase64Encoded")
_LOG = logging.getLogger(__name__)


class MalformedDecisionError(Exception):
    """A function's answer is no decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a function decided."""

    allowed: bool | tuple[Statement, ...]
    """Whether the route may be taken, or a policy that says which."""
    context: Mapping[str, Any] | None

    def lets(self, resource: str) -> bool:
        """Whether it lets a caller take a route."""
        if isinstance(self.allowed, bool):
            return self.allowed
        request = AccessRequest(action=ACTION, resource=resource, context=ContextKeys({}))
        return evaluate([self.allowed], request) is Decision.ALLOW


class FunctionAuthorizers:
    """Asks functions, and keeps what they said."""

    def __init__(self, gateway: Gateway, principal: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._gateway = gateway
        self._principal = principal
        self._clock = clock
        self._kept: dict[tuple[str, ...], tuple[float, Verdict]] = {}

    async def admit(self, call: ApiCall, authorizer: Document, resource: str, source: str) -> Admission | HttpResponse:
        """The admission, or the refusal to answer with; `source` is the ARN that the function's policy has to name."""
        values = [_identity(call, each) for each in authorizer.get("IdentitySource") or ()]
        found = [value for value in values if value]
        if len(found) < len(values):
            return message(401, "Unauthorized")
        try:
            verdict = await self._verdict(call, authorizer, found, resource, source)
        except (ServiceError, MalformedDecisionError) as error:
            _LOG.info("the authorizer %s gave no decision: %s", authorizer["Name"], error)
            return message(500, "Internal Server Error")
        if not verdict.lets(resource):
            return message(403, "Forbidden")
        return Admission(authorization=Authorization(context={"lambda": verdict.context}))

    def forget(self, api_id: str, stage: str) -> None:
        """Ask again, whatever was said at a stage."""
        self._kept = {key: kept for key, kept in self._kept.items() if key[:2] != (api_id, stage)}

    async def _verdict(
        self, call: ApiCall, authorizer: Document, found: list[str], resource: str, source: str
    ) -> Verdict:
        key, now = (call.api_id, call.stage, authorizer["AuthorizerId"], *found), self._clock()
        until, verdict = self._kept.get(key, (0.0, None))
        if verdict is not None and now < until:
            return verdict
        event = _event(call, authorizer, found, resource)
        params = {"FunctionName": function_arn(authorizer["AuthorizerUri"]), "Payload": json.dumps(event).encode()}
        answer = await self._gateway.call("lambda", "Invoke", params, principal=self._principal, source_arn=source)
        if answer.get("FunctionError"):
            raise MalformedDecisionError(f"the function failed: {answer['FunctionError']}")
        verdict = _read(answer["Payload"], simple=bool(authorizer.get("EnableSimpleResponses")))
        kept_s = authorizer["AuthorizerResultTtlInSeconds"]
        if found and kept_s:
            self._make_room(now)
            self._kept[key] = (now + kept_s, verdict)
        return verdict

    def _make_room(self, now: float) -> None:
        if len(self._kept) >= MOST_KEPT:
            self._kept = {key: kept for key, kept in self._kept.items() if kept[0] > now}
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()


def _identity(call: ApiCall, source: str) -> str | None:
    """What a request has at `$request.header.x`, `$request.querystring.x`, `$context.x` or `$stageVariables.x`."""
    kind, _, name = source.removeprefix("$request.").partition(".")
    match kind:
        case "header":
            return ",".join(value for each, value in call.request.headers if each == name.lower())
        case "querystring":
            return _queried(call.request, name)
        case "$stageVariables":
            return call.stage_variables.get(name)
        case _:
            return _of_context(proxy_event(call)["requestContext"], name)


def _queried(request: HttpRequest, name: str) -> str | None:
    return next(iter(parse_qs(request.raw_query).get(name, ())), None)


def _of_context(context: Any, path: str) -> str | None:
    for name in path.split("."):
        context = context.get(name) if isinstance(context, dict) else None
    return None if context is None else str(context)


def _event(call: ApiCall, authorizer: Document, found: list[str], resource: str) -> dict[str, Any]:
    """The request as the function sees it: without its body."""
    if authorizer["AuthorizerPayloadFormatVersion"] == FIRST_FORMAT:
        joined = ",".join(found)
        own: dict[str, Any] = {"methodArn": resource, "identitySource": joined, "authorizationToken": joined}
        event = first_event(call)
    else:
        own, event = {"routeArn": resource, "identitySource": found or None}, proxy_event(call)
    kept = {name: value for name, value in event.items() if name not in _LEFT_OUT}
    return {"version": kept["version"], "type": "REQUEST", **own, **kept}


def _read(payload: bytes, *, simple: bool) -> Verdict:
    """The decision that an answer stands for.

    Raises:
        MalformedDecisionError: it is none.
    """
    try:
        answer = json.loads(payload)
    except ValueError:
        raise MalformedDecisionError("the answer is not JSON") from None
    if not isinstance(answer, dict):
        raise MalformedDecisionError("the answer is no object")
    context = answer.get("context")
    if context is not None and not isinstance(context, dict):
        raise MalformedDecisionError("context is no object")
    if simple:
        if not isinstance(answer.get("isAuthorized"), bool):
            raise MalformedDecisionError("isAuthorized is neither true nor false")
        return Verdict(allowed=answer["isAuthorized"], context=context)
    if not isinstance(answer.get("principalId"), str):
        raise MalformedDecisionError("principalId is no text")
    try:
        return Verdict(allowed=parse_policy(json.dumps(answer.get("policyDocument"))), context=context)
    except PolicySyntaxError as error:
        raise MalformedDecisionError(f"the policy cannot be read: {error}") from error
