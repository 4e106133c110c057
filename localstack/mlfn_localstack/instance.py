"""One running emulator: its state, services and server put together."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_localstack.auth.authorizer import Authorizer
from mlfn_localstack.auth.keys import IssuedKeys
from mlfn_localstack.auth.sigv4 import SigV4Authenticator
from mlfn_localstack.cohort import Cohort
from mlfn_localstack.connection import ConnectionSettings
from mlfn_localstack.control import Control
from mlfn_localstack.credentials import RootCredentials, ensure_credentials
from mlfn_localstack.emulator import Emulator
from mlfn_localstack.front import Front
from mlfn_localstack.http_body import remove_unfinished
from mlfn_localstack.limits import body_limits
from mlfn_localstack.server import HttpServer, listen
from mlfn_localstack.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceSettings:
    """How an emulator is to run."""

    state_dir: Path
    host: str = "127.0.0.1"
    port: int = 4566
    region: str = "us-east-1"
    account_id: str = "000000000000"
    synchronous: str = "NORMAL"
    options: Mapping[str, str] | None = None


class StateInUseError(Exception):
    """Another emulator runs on the same state."""


class Instance:
    """An emulator that can be started and stopped."""

    def __init__(self, settings: InstanceSettings) -> None:
        self._settings = settings
        self._stop_reason: asyncio.Future[str] | None = None

    async def start(self) -> None:
        """Take the state and the port, start the services, answer.

        Raises:
            StateInUseError: another emulator has this state.
            OSError: the address is taken.
        """
        settings = self._settings
        settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings.state_dir.chmod(0o700)  # whoever made it, and whatever the umask
        self._lock = _lock(settings.state_dir)
        try:
            listener = listen(settings.host, settings.port)
        except OSError:
            os.close(self._lock)
            raise
        self.port: int = listener.getsockname()[1]
        shown = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "localhost") else settings.host  # noqa: S104 - compared, not bound
        self.root: RootCredentials = ensure_credentials(
            settings.state_dir,
            endpoint=f"http://{f'[{shown}]' if ':' in shown else shown}:{self.port}",
            region=settings.region,
            account_id=settings.account_id,
        )
        self._stop_reason = asyncio.get_running_loop().create_future()
        self._assemble()
        await self._server.start(listener)
        self._starting = asyncio.create_task(self._start_services())

    def _assemble(self) -> None:
        settings = self._settings
        self._store = Store(settings.state_dir / "state.db", synchronous=settings.synchronous)
        keys = IssuedKeys(self.root, self._store)
        authenticator = SigV4Authenticator(keys, region=self.root.region)
        authorizer = Authorizer(self._store)
        self.emulator = Emulator(
            store=self._store,
            authenticator=authenticator,
            state_dir=settings.state_dir,
            root=self.root,
            options=settings.options,
            authorize=authorizer.authorize,
            connected=lambda: self._server.connected(),  # noqa: PLW0108 - the server is made from what is made here
        )
        control = Control(
            root=self.root,
            authenticator=authenticator,
            state_dir=settings.state_dir,
            request_stop=self.request_stop,
            notes=self.emulator.environment.health,
        )
        self._front = Front(self.emulator, authenticator, authorizer, control)
        uploads = settings.state_dir / "uploads"
        remove_unfinished(uploads)
        limits = body_limits(uploads)
        self._server = HttpServer(ConnectionSettings(cohort=Cohort(self._front.answers), limit=limits))

    async def _start_services(self) -> None:
        """Load the services while clients can connect already: their requests wait, health answers."""
        await self.emulator.start()
        self._front.open(self.emulator.routes())

    def request_stop(self, reason: str) -> None:
        """Have `run` return `reason`: `shutdown` or `reset`."""
        if self._stop_reason is not None and not self._stop_reason.done():
            self._stop_reason.set_result(reason)

    async def stopped(self) -> str:
        """Why it is to stop, once it is."""
        if self._stop_reason is None:
            return "shutdown"
        return await self._stop_reason

    async def stop(self) -> None:
        """Stop answering, stop the services, give the state back."""
        await self._starting
        await self._server.stop()
        await self.emulator.stop()
        self._store.close()
        os.close(self._lock)


def _lock(state_dir: Path) -> int:
    descriptor = os.open(state_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if error.errno in (errno.EAGAIN, errno.EACCES):
            raise StateInUseError(f"Another emulator is using {state_dir}.") from error
        raise
    return descriptor
