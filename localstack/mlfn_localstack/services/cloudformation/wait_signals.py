"""Signals that wait conditions wait for, put at the presigned addresses of their handles.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-waitcondition.html
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from mlfn_localstack.http import HttpRequest, HttpResponse, Route
from mlfn_localstack.services.cloudformation.arrivals import Arrivals, arrived_body
from mlfn_localstack.services.cloudformation.errors import ToldFailureError
from mlfn_localstack.signed_addresses import SignedAddresses

if TYPE_CHECKING:
    import asyncio

    from mlfn_localstack.service import Environment

_VALID_S = 86_399
_STATUSES = ("SUCCESS", "FAILURE")


class WaitSignals:
    """The signals of every handle, by stack's id and logical id."""

    def __init__(self, environment: Environment) -> None:
        self._store = environment.store
        self._kept = environment.store.documents("cloudformation.wait_signals")
        self._addresses = SignedAddresses(environment.store, "cloudformation.wait_key")
        self._base = environment.endpoint
        self._prefix = f"/cloudformation-waitcondition-{environment.region}/"
        self._arrivals = Arrivals()

    def route(self) -> Route:
        """Where signals are put."""
        return Route(prefix=self._prefix, handler=self.receive)

    def address(self, place: str) -> str:
        """Where signals for a handle are to be put."""
        return f"{self._base}{self._prefix}{quote(place, safe='/')}?{self._addresses.query(place, _VALID_S)}"

    def place(self, address: str) -> str:
        """The handle that an address is of.

        Raises:
            ToldFailureError: it is none of a handle.
        """
        path = urlsplit(address).path
        if not path.startswith(self._prefix):
            raise ToldFailureError(f"Invalid wait condition handle: {address}")
        return unquote(path.removeprefix(self._prefix))

    async def receive(self, request: HttpRequest) -> HttpResponse:
        """Take a signal; one of the same id takes the other's place."""
        place = unquote(request.raw_path.removeprefix(self._prefix))
        refusal = self._addresses.refusal(place, request.raw_query if request.method == "PUT" else "")
        if refusal is not None:
            return refusal
        signal = _signal(arrived_body(request) or b"")
        if signal is not None:
            kept = self._of(place)
            kept["Signals"][str(signal["UniqueId"])] = signal
            self._kept.put(place, kept)
            await self._store.durable()
            self._arrivals.tell(place)
        return HttpResponse(status=200)

    async def all(self, place: str, count: int, within_s: int, interruption: asyncio.Event) -> dict[str, str]:
        """The data of as many signals, by their ids.

        Raises:
            ToldFailureError: one says that something failed, they do not come in time, or nobody waits any more.
        """
        kept = self._of(place)
        if kept["EndsAt"] is None:
            self._kept.put(place, kept | {"EndsAt": time.time() + within_s})
            await self._store.durable()
        while len(_data(self._of(place))) < count:
            left_s = self._of(place)["EndsAt"] - time.time()
            if interruption.is_set():
                raise ToldFailureError("Resource creation cancelled")
            if left_s <= 0:
                received = len(_data(self._of(place)))
                raise ToldFailureError(
                    f"WaitCondition timed out. Received {received} conditions when expecting {count}"
                )
            await self._arrivals.wait(place, interruption, within_s=left_s)
        return _data(self._of(place))

    def forget(self, place: str) -> None:
        """Keep nothing of a handle that is gone."""
        self._kept.delete(place)
        self._arrivals.forget(place)

    def _of(self, place: str) -> dict[str, Any]:
        kept: dict[str, Any] = self._kept.get(place) or {"Signals": {}, "EndsAt": None}
        return kept


def _signal(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    if not isinstance(found, dict) or found.get("Status") not in _STATUSES or "UniqueId" not in found:
        return None
    return found


def _data(kept: dict[str, Any]) -> dict[str, str]:
    """The data of the signals that came.

    Raises:
        ToldFailureError: one of them says that something failed.
    """
    for name, signal in kept["Signals"].items():
        if signal["Status"] != "SUCCESS":
            reason = signal.get("Reason", "")
            raise ToldFailureError(f"WaitCondition received failed message: '{reason}' for uniqueId: {name}")
    return {name: str(signal.get("Data", "")) for name, signal in kept["Signals"].items()}
