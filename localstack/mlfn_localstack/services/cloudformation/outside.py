"""Those outside whom stacks wait for: providers of custom resources, and whoever signals wait conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_localstack.services.cloudformation.provider_requests import ProviderRequests
from mlfn_localstack.services.cloudformation.wait_signals import WaitSignals

if TYPE_CHECKING:
    import asyncio

    from mlfn_localstack.http import Route
    from mlfn_localstack.service import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What is asked of them, and what came."""

    providers: ProviderRequests
    signals: WaitSignals

    def routes(self) -> tuple[Route, ...]:
        """Where they put what they say."""
        return (self.providers.route(), self.signals.route())


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationSignals:
    """The signals that one operation of a stack waits for, until it is interrupted."""

    signals: WaitSignals
    interruption: asyncio.Event

    def address(self, place: str) -> str:
        """As `WaitSignals.address`."""
        return self.signals.address(place)

    def place(self, address: str) -> str:
        """As `WaitSignals.place`."""
        return self.signals.place(address)

    async def all(self, place: str, count: int, within_s: int) -> dict[str, str]:
        """As `WaitSignals.all`."""
        return await self.signals.all(place, count, within_s, self.interruption)

    def forget(self, place: str) -> None:
        """As `WaitSignals.forget`."""
        self.signals.forget(place)


def outside_of(environment: Environment) -> Outside:
    """Those whom the stacks of an emulator wait for."""
    return Outside(providers=ProviderRequests(environment), signals=WaitSignals(environment))
