"""Requests to AWS's APIs: signature, protocol and policies in, result or refusal out, one step after the other."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from mlfn_localstack.auth.chunked import decode_chunks
from mlfn_localstack.http import HttpResponse, Ready
from mlfn_localstack.identifiers import request_id as new_request_id
from mlfn_localstack.protocols import wire_protocol
from mlfn_localstack.request_contexts import context_of
from mlfn_localstack.routing import bucket_in_host
from mlfn_localstack.service import ServiceError, unsupported

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from mlfn_localstack.auth.authorizer import Authorizer
    from mlfn_localstack.auth.sigv4 import SigV4Authenticator, Verified
    from mlfn_localstack.emulator import Emulator
    from mlfn_localstack.http import HttpRequest
    from mlfn_localstack.protocols import WireProtocol
    from mlfn_localstack.protocols.model import OperationModel
    from mlfn_localstack.service import Params, RequestContext, Result

logger = logging.getLogger(__name__)
_JSON = ("Content-Type", "application/json")


class ApiCall:
    """A request to one of AWS's APIs, and what is known of it so far: each step adds to that."""

    __slots__ = ("answer", "context", "operation", "params", "protocol", "request", "request_id", "result", "verified")

    verified: Verified
    operation: OperationModel
    context: RequestContext
    params: Params
    result: Result

    def __init__(self, request: HttpRequest, protocol: WireProtocol) -> None:
        self.request = request
        self.protocol = protocol
        self.request_id = new_request_id()
        self.answer: Awaitable[HttpResponse] | None = None
        """None until no step is left to be taken."""


class Api:
    """Answers requests to AWS's APIs."""

    def __init__(self, emulator: Emulator, authenticator: SigV4Authenticator, authorizer: Authorizer) -> None:
        self._emulator = emulator
        self._authenticator = authenticator
        self._authorizer = authorizer
        self._steps = (self._verify, self._admit, self._run, self._serialise)

    def call(self, request: HttpRequest, service: str) -> ApiCall | Ready:
        """A call that is to be answered, or the answer if there is no such service."""
        try:
            return ApiCall(request, wire_protocol(service, request))
        except (FileNotFoundError, KeyError):
            return self._once_durable(self._answer_unknown(request, service))

    def answer(self, calls: Sequence[ApiCall]) -> None:
        """Give each call its answer; calls that come together take each step together."""
        for step in self._steps:
            for call in calls:
                if call.answer is None:
                    try:
                        step(call)
                    except Exception as error:
                        call.answer = self._once_durable(_failure(call, error))

    def _verify(self, call: ApiCall) -> None:
        """Check the signature."""
        if call.request.spooled is not None:
            call.answer = self._answer_spooled(call)
        else:
            try:
                call.verified = self._authenticator.verify(call.request, call.protocol.model.signing_name)
            except ServiceError as error:
                raise _refused(call, error) from error

    def _admit(self, call: ApiCall) -> None:
        """Read what is asked for, and refuse who may not ask for it."""
        self._read(call, _content(call.request, call.protocol.model.name, call.verified))

    def _run(self, call: ApiCall) -> None:
        """Do it, if that takes no waiting."""
        immediate = self._emulator.immediate(call.context)
        if immediate is None:
            call.answer = self._answer_later(call)
        else:
            call.result = immediate.now(call.params)

    def _serialise(self, call: ApiCall) -> None:
        """Write down what came of it."""
        call.answer = self._once_durable(call.protocol.serialise(call.operation, call.result, call.request_id))

    async def _answer_spooled(self, call: ApiCall) -> HttpResponse:
        """The answer to a request whose body is too large to be looked at while others wait."""
        model = call.protocol.model
        try:
            call.verified = self._authenticator.verify(call.request, model.signing_name)
            self._read(call, await asyncio.to_thread(_content, call.request, model.name, call.verified))
        except Exception as error:
            return _failure(call, error)
        return await self._answer_later(call)

    async def _answer_later(self, call: ApiCall) -> HttpResponse:
        try:
            result = await self._emulator.dispatch(call.context, call.params)
            return call.protocol.serialise(call.operation, result, call.request_id)
        except Exception as error:
            return _failure(call, self._authorizer.told(call.context, call.params, error))

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

    def _read(self, call: ApiCall, content: HttpRequest) -> None:
        """Take the parameters from the request, once its signature holds, and ask the policies."""
        call.operation, call.params = call.protocol.parse(content)
        call.context = self._context(content, call)
        try:
            self._authorizer.authorize(call.context, call.params)
        except ServiceError as error:
            self._emulator.tell(call.context, call.params, error=error)
            raise

    def _context(self, request: HttpRequest, call: ApiCall) -> RequestContext:
        asked = (call.protocol.model.name, call.operation.name)
        return context_of(self._emulator.environment, request, asked, call.verified.caller, call.request_id)


def _refused(call: ApiCall, error: ServiceError) -> ServiceError:
    """Why a request is not taken: one that needs no signature is refused for what it asks (SAML, web identity)."""
    if error.code != "MissingAuthenticationToken":
        return error
    operation, _ = call.protocol.parse(call.request)
    return unsupported(call.protocol.model.name, operation.name) if operation.unsigned else error


def _failure(call: ApiCall, error: Exception) -> HttpResponse:
    return refusal(call.protocol, call.request_id, error)


def refusal(protocol: WireProtocol, request_id: str, error: Exception) -> HttpResponse:
    """What is answered instead: the service's error, or that the emulator has one."""
    if isinstance(error, ServiceError):
        return protocol.error(error, request_id)
    logger.error("%s: request %s failed", protocol.model.name, request_id, exc_info=error)
    failure = ServiceError("InternalFailure", "The emulator failed; its log says why.", status=500)
    return protocol.error(failure, request_id)


def _content(request: HttpRequest, service: str, verified: Verified) -> HttpRequest:
    """The request as S3 takes it: path-style, without the chunks its content came in."""
    return decode_chunks(_path_style(request), verified) if service == "s3" else request


def _path_style(request: HttpRequest) -> HttpRequest:
    """A virtual-host style request with its bucket in the path (the signature was over the original)."""
    bucket = bucket_in_host(request.header("host") or "")
    return request if bucket is None else replace(request, raw_path=f"/{bucket}{request.raw_path}")
