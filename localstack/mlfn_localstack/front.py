"""The emulator's front door: every request goes to control, to a service's own route, or to an AWS API."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from mlfn_localstack.auth.chunked import decode_chunks
from mlfn_localstack.auth.claim import claimed_service
from mlfn_localstack.http import HttpResponse, Ready
from mlfn_localstack.identifiers import request_id as new_request_id
from mlfn_localstack.protocols import wire_protocol
from mlfn_localstack.routing import bucket_in_host, is_known_signing_name, service_of
from mlfn_localstack.service import RequestContext, ServiceError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from mlfn_localstack.auth.authorizer import Authorizer
    from mlfn_localstack.auth.sigv4 import SigV4Authenticator, Verified
    from mlfn_localstack.control import Control
    from mlfn_localstack.emulator import Emulator
    from mlfn_localstack.http import Handler, HttpRequest, Route
    from mlfn_localstack.protocols import WireProtocol
    from mlfn_localstack.protocols.model import OperationModel
    from mlfn_localstack.service import Caller, Params

logger = logging.getLogger(__name__)
_CONTROL = ("/_localstack/", "/_emulator/")
_JSON = ("Content-Type", "application/json")


class Front:
    """Answers every request of the emulator's server."""

    def __init__(
        self, emulator: Emulator, authenticator: SigV4Authenticator, authorizer: Authorizer, control: Control
    ) -> None:
        self._emulator = emulator
        self._authenticator = authenticator
        self._authorizer = authorizer
        self._control = control
        self._ready = asyncio.Event()
        self._prefixes: list[tuple[str, Handler]] = []
        self._hosts: list[tuple[re.Pattern[str], Handler]] = []
        self._by_host = lru_cache(maxsize=256)(self._find_host)

    def open(self, routes: list[Route]) -> None:
        """Let requests in, which have waited until now, and send what these routes match to their handlers."""
        for route in routes:
            if route.prefix is not None:
                self._prefixes.append((route.prefix, route.handler))
            if route.host_pattern is not None:
                self._hosts.append((re.compile(route.host_pattern), route.handler))
        self._by_host.cache_clear()
        self._ready.set()

    def handle(self, request: HttpRequest) -> Awaitable[HttpResponse]:
        """The answer to a request: a `Ready` one if nothing has to be waited for but the commit."""
        if request.raw_path.startswith(_CONTROL):
            return self._control.handle(request)
        if not self._ready.is_set():
            return self._handle_later(request)
        signed_for = claimed_service(request)
        handler = self._route(request, signed_for)
        if handler is not None:
            return _handle_route(handler, request)
        return self._answer_api(request, service_of(request, signed_for))

    async def _handle_later(self, request: HttpRequest) -> HttpResponse:
        await self._ready.wait()
        return await self.handle(request)

    def _route(self, request: HttpRequest, signed_for: str | None) -> Handler | None:
        handler = self._by_host(request.fields.get("host", ""))
        if handler is not None:
            return handler
        if not is_known_signing_name(signed_for):
            for prefix, handler in self._prefixes:
                if request.raw_path.startswith(prefix):
                    return handler
        return None

    def _find_host(self, host: str) -> Handler | None:
        name = host.rpartition(":")[0] or host
        return next((handler for pattern, handler in self._hosts if pattern.fullmatch(name)), None)

    def _answer_api(self, request: HttpRequest, service: str) -> Awaitable[HttpResponse]:
        request_id = new_request_id()
        try:
            protocol = wire_protocol(service, request)
        except (FileNotFoundError, KeyError):
            return self._once_durable(self._answer_unknown(request, service))
        if request.spooled is not None:
            return self._answer_spooled(request, service, protocol, request_id)
        try:
            operation, context, params = self._admit(request, service, protocol, request_id)
            immediate = self._emulator.immediate(context)
            if immediate is None:
                return self._answer_later(protocol, operation, context, params)
            response = protocol.serialise(operation, immediate.now(params), request_id)
        except Exception as error:
            response = _failure(protocol, service, request_id, error)
        return self._once_durable(response)

    async def _answer_spooled(
        self, request: HttpRequest, service: str, protocol: WireProtocol, request_id: str
    ) -> HttpResponse:
        """The answer to a request whose body is too large to be looked at while others wait."""
        try:
            verified = self._authenticator.verify(request, protocol.model.signing_name)
            content = await asyncio.to_thread(_content, request, service, verified)
            operation, context, params = self._authorized(content, service, protocol, request_id, verified.caller)
        except Exception as error:
            return _failure(protocol, service, request_id, error)
        return await self._answer_later(protocol, operation, context, params)

    async def _answer_later(
        self, protocol: WireProtocol, operation: OperationModel, context: RequestContext, params: Params
    ) -> HttpResponse:
        try:
            result = await self._emulator.dispatch(context, params)
            return protocol.serialise(operation, result, context.request_id)
        except Exception as error:
            return _failure(protocol, context.service, context.request_id, error)

    def _once_durable(self, response: HttpResponse) -> Ready:
        return Ready(response, self._emulator.environment.store.when_durable)

    def _answer_unknown(self, request: HttpRequest, service: str) -> HttpResponse:
        """Says that there is no such service, but only to who has signed for it."""
        try:
            self._authenticator.verify(request, service)
        except ServiceError as error:
            status, body = error.status, {"__type": error.code, "message": error.message}
        else:
            status, body = 501, {"message": f"The emulator has no service {service!r}."}
            if service == "execute-api":  # somebody's API, but not at this address
                status, body = 404, {"message": "Not Found"}
        return HttpResponse(status=status, headers=(_JSON,), body=json.dumps(body).encode())

    def _admit(
        self, request: HttpRequest, service: str, protocol: WireProtocol, request_id: str
    ) -> tuple[OperationModel, RequestContext, Params]:
        """What is asked for, by whom, once both the signature and the policies allow it."""
        verified = self._authenticator.verify(request, protocol.model.signing_name)
        content = _content(request, service, verified)
        return self._authorized(content, service, protocol, request_id, verified.caller)

    def _authorized(
        self, request: HttpRequest, service: str, protocol: WireProtocol, request_id: str, caller: Caller
    ) -> tuple[OperationModel, RequestContext, Params]:
        operation, params = protocol.parse(request)
        environment = self._emulator.environment
        context = RequestContext(
            service=service,
            operation=operation.name,
            region=environment.region,
            account_id=environment.account_id,
            caller=caller,
            request_id=request_id,
            endpoint=f"http://{request.fields.get('host')}",
            source_ip=request.client,
            user_agent=request.fields.get("user-agent", ""),
            peer=request.peer,
        )
        try:
            self._authorizer.authorize(context, params, source_ip=request.client)
        except ServiceError as error:
            self._emulator.tell(context, params, error=error)
            raise
        return operation, context, params


async def _handle_route(handler: Handler, request: HttpRequest) -> HttpResponse:
    try:
        return await handler(request)
    except ServiceError as error:
        body = json.dumps({"message": error.message}).encode()
        return HttpResponse(status=error.status, headers=(_JSON,), body=body)


def _failure(protocol: WireProtocol, service: str, request_id: str, error: Exception) -> HttpResponse:
    if isinstance(error, ServiceError):
        return protocol.error(error, request_id)
    logger.error("%s: request %s failed", service, request_id, exc_info=error)
    failure = ServiceError("InternalFailure", "The emulator failed; its log says why.", status=500)
    return protocol.error(failure, request_id)


def _content(request: HttpRequest, service: str, verified: Verified) -> HttpRequest:
    """The request as S3 takes it: path-style, without the chunks its content came in."""
    return decode_chunks(_path_style(request), verified) if service == "s3" else request


def _path_style(request: HttpRequest) -> HttpRequest:
    """A virtual-host style request with its bucket in the path (the signature was over the original)."""
    bucket = bucket_in_host(request.header("host") or "")
    return request if bucket is None else replace(request, raw_path=f"/{bucket}{request.raw_path}")
