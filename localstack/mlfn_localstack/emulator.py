"""The emulator without its server: services built on demand, calling each other through one door."""

from __future__ import annotations

import asyncio
import importlib
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from mlfn_localstack.identifiers import request_id
from mlfn_localstack.service import (
    Caller,
    Environment,
    Immediate,
    Operation,
    Params,
    RequestContext,
    Result,
    Service,
    ServiceError,
    caller_of,
    unsupported,
)
from mlfn_localstack.services import MOVES, SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mlfn_localstack.credentials import RootCredentials
    from mlfn_localstack.http import Route
    from mlfn_localstack.service import Authenticator
    from mlfn_localstack.store import Store


logger = logging.getLogger(__name__)
_TURNS_BETWEEN = 8
"""Of the event loop before a service starts: enough for a request to come in and be answered."""


class Emulator:
    """All services over one store; also the gateway between them."""

    def __init__(
        self,
        *,
        store: Store,
        authenticator: Authenticator,
        state_dir: Path,
        root: RootCredentials | None = None,
        options: Mapping[str, str] | None = None,
        authorize: Callable[[RequestContext, Params], None] | None = None,
        connected: Callable[[], asyncio.BaseProtocol] | None = None,
    ) -> None:
        self._authorize = authorize
        self._services: dict[str, Service] = {}
        environment = Environment(
            store=store,
            gateway=self,
            authenticator=authenticator,
            state_dir=state_dir,
            options=options or {},
            connected=connected,
        )
        if root is not None:
            environment = replace(environment, account_id=root.account_id, region=root.region, endpoint=root.endpoint)
        self.environment = environment

    def service(self, name: str) -> Service:
        """A service by botocore's name, built at its first use.

        Raises:
            ServiceError: the emulator has no such service.
        """
        if name not in self._services:
            if name not in SERVICES:
                raise ServiceError("UnknownService", f"The emulator has no service {name!r}.", status=501)
            self._services[name] = self._build(name)
        return self._services[name]

    def _build(self, name: str) -> Service:
        module, attribute = SERVICES[name].split(":")
        try:
            service: Service = getattr(importlib.import_module(module), attribute)(self.environment)
        except (ImportError, AttributeError) as error:
            logger.exception("The service %s cannot be loaded", name)
            raise ServiceError("UnknownService", f"The service {name!r} cannot be loaded.", status=501) from error
        return service

    def routes(self) -> list[Route]:
        """What the services that are built answer outside the wire protocols."""
        return [route for service in self._services.values() for route in service.routes()]

    def operation(self, context: RequestContext) -> Operation:
        """The operation that is asked for.

        Raises:
            ServiceError: the emulator does not have it.
        """
        operation = self.service(context.service).operations().get(context.operation)
        if operation is None:
            raise unsupported(context.service, context.operation)
        return operation

    def immediate(self, context: RequestContext) -> Immediate | None:
        """The operation that is asked for, if it never waits and nobody watches.

        Raises:
            ServiceError: the emulator does not have it.
        """
        operation = self.operation(context)
        return operation if isinstance(operation, Immediate) and not self.environment.watchers else None

    async def dispatch(self, context: RequestContext, params: Params, *, durable: bool = True) -> Result:
        """Run an operation and answer once what it wrote is durable, unless that is left to the caller."""
        operation = self.operation(context)
        if self.environment.watchers:
            return await self._dispatch_watched(operation, context, params)
        result = await operation(context, params)
        if durable:
            await self.environment.store.durable()
        return result

    async def _dispatch_watched(self, operation: Operation, context: RequestContext, params: Params) -> Result:
        try:
            result = await operation(context, params)
        except ServiceError as error:
            self.tell(context, params, error=error)
            await self.environment.store.durable()
            raise
        self.tell(context, params, result=result)
        await self.environment.store.durable()
        return result

    def tell(
        self,
        context: RequestContext,
        params: Params,
        *,
        result: Result | None = None,
        error: ServiceError | None = None,
    ) -> None:
        """Tell whoever watches of a call that is over."""
        for watcher in self.environment.watchers:
            watcher(context, params, result, error)

    async def call(
        self,
        service: str,
        operation: str,
        params: Params,
        *,
        principal: str | Caller,
        source_arn: str = "",
        durable: bool = True,
    ) -> Result:
        """Call a neighbour's operation as `principal` (an ARN, a service such as `states.amazonaws.com`, a caller)."""
        account = self.environment.account_id
        context = RequestContext(
            service=service,
            operation=operation,
            region=self.environment.region,
            account_id=account,
            caller=caller_of(principal, account),
            request_id=request_id(),
            endpoint=self.environment.endpoint,
            source_arn=source_arn,
        )
        if self._authorize is not None:
            self._authorize(context, params)
        return await self.dispatch(context, params, durable=durable)

    async def start(self) -> None:
        """Start every service, so that what was under way goes on; one that cannot be loaded answers so itself."""
        await self._move_earlier()
        for name in SERVICES:
            for _ in range(_TURNS_BETWEEN):
                await asyncio.sleep(0)
            try:
                await self.service(name).start()
            except ServiceError:
                continue  # it cannot be loaded, which is logged, and says so when it is called
            except Exception:  # the others are to start all the same
                logger.exception("The service %s did not start", name)

    async def _move_earlier(self) -> None:
        store = self.environment.store
        for table, reference in MOVES.items():
            if store.execute("SELECT 1 FROM sqlite_master WHERE name=?", (table,)).fetchone() is not None:
                module, attribute = reference.split(":")
                await getattr(importlib.import_module(module), attribute)(store)

    async def stop(self) -> None:
        """Stop what was started; a service that fails to does not keep the others going."""
        for name, service in self._services.items():
            try:
                await service.stop()
            except Exception:  # the others hold processes and files
                logger.exception("The service %s did not stop", name)
