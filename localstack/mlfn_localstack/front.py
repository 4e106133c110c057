"""The emulator's front door: every request goes to control, to a service's own route, or to an AWS API."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING

from mlfn_localstack.api import Api, ApiCall
from mlfn_localstack.auth.claim import claimed_service
from mlfn_localstack.browsers.recognising import comes_from_a_browser
from mlfn_localstack.http import FAILED, HttpResponse, ready_now
from mlfn_localstack.routing import is_known_signing_name, service_of
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from mlfn_localstack.auth.authorizer import Authorizer
    from mlfn_localstack.auth.sigv4 import SigV4Authenticator
    from mlfn_localstack.browsers.answering import Browsers
    from mlfn_localstack.control import Control
    from mlfn_localstack.emulator import Emulator
    from mlfn_localstack.http import Handler, HttpRequest, Route

logger = logging.getLogger(__name__)
_CONTROL = ("/_localstack/", "/_emulator/")
_JSON = ("Content-Type", "application/json")


class Front:
    """Answers every request of the emulator's server."""

    def __init__(
        self, emulator: Emulator, authenticator: SigV4Authenticator, authorizer: Authorizer, control: Control
    ) -> None:
        self._api = Api(emulator, authenticator, authorizer)
        self._control = control
        self._parts = (emulator, authenticator, authorizer)
        self._ready = asyncio.Event()
        self._prefixes: list[tuple[str, Handler]] = []
        self._signed: dict[str, list[tuple[str, Handler]]] = {}
        """Prefixes below which requests may be signed for one of AWS's APIs, by its signing name."""
        self._hosts: list[tuple[re.Pattern[str], Handler]] = []
        self._by_host = lru_cache(maxsize=256)(self._find_host)

    def open(self, routes: list[Route]) -> None:
        """Let requests in, which have waited until now, and send what these routes match to their handlers."""
        for route in routes:
            if route.prefix is not None:
                self._prefixes.append((route.prefix, route.handler))
                if route.signing_name is not None:
                    self._signed.setdefault(route.signing_name, []).append((route.prefix, route.handler))
            if route.host_pattern is not None:
                self._hosts.append((re.compile(route.host_pattern), route.handler))
        self._by_host.cache_clear()
        self._ready.set()

    @cached_property
    def _browsers(self) -> Browsers:
        from mlfn_localstack.browsers.answering import Browsers  # noqa: PLC0415 - few emulators ever see a browser

        return Browsers(*self._parts)

    def answers(self, requests: Sequence[HttpRequest]) -> list[Awaitable[HttpResponse]]:
        """The answers to requests: `Ready` ones where nothing has to be waited for but the commit."""
        addressed = [self._addressed(request) for request in requests]
        self._api.answer([each for each in addressed if isinstance(each, ApiCall)])
        return [each.answer or ready_now(FAILED) if isinstance(each, ApiCall) else each for each in addressed]

    def _addressed(self, request: HttpRequest) -> Awaitable[HttpResponse] | ApiCall:
        """A call of one of AWS's APIs, or the answer of whatever else a request goes to."""
        if request.raw_path.startswith(_CONTROL):
            return self._control.handle(request)
        if not self._ready.is_set():
            return self._answer_later(request)
        signed_for = claimed_service(request)
        handler = self._route(request, signed_for)
        if handler is not None:
            return _handle_route(handler, request)
        try:
            service = service_of(request, signed_for)
            if service == "s3" and comes_from_a_browser(request):
                return self._browsers.answer(request, partial(self._called, request))
            return self._api.call(request, service)
        except Exception:  # the others of the cohort are to be answered
            logger.exception("%s %s cannot be answered", request.method, request.raw_path)
            return ready_now(FAILED)

    async def _called(self, request: HttpRequest) -> HttpResponse:
        """S3's answer to a request by itself."""
        call = self._api.call(request, "s3")
        if isinstance(call, ApiCall):
            self._api.answer([call])
            return await (call.answer or ready_now(FAILED))
        return await call

    async def _answer_later(self, request: HttpRequest) -> HttpResponse:
        await self._ready.wait()
        (answer,) = self.answers([request])
        return await answer

    def _route(self, request: HttpRequest, signed_for: str | None) -> Handler | None:
        handler = self._by_host(request.fields.get("host", ""))
        if handler is not None:
            return handler
        prefixes = self._signed.get(signed_for or "", ()) if is_known_signing_name(signed_for) else self._prefixes
        for prefix, handler in prefixes:
            if request.raw_path.startswith(prefix):
                return handler
        return None

    def _find_host(self, host: str) -> Handler | None:
        name = host.rpartition(":")[0] or host
        return next((handler for pattern, handler in self._hosts if pattern.fullmatch(name)), None)


async def _handle_route(handler: Handler, request: HttpRequest) -> HttpResponse:
    try:
        return await handler(request)
    except ServiceError as error:
        body = json.dumps({"message": error.message}).encode()
        return HttpResponse(status=error.status, headers=(_JSON,), body=body)
