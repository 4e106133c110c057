"""AWS CloudTrail: who called which operation, in log files in a bucket.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from mlfn_localstack.services.cloudtrail.delivery import deliver_all
from mlfn_localstack.services.cloudtrail.model import TrailState
from mlfn_localstack.services.cloudtrail.operations_events import EventOperations
from mlfn_localstack.services.cloudtrail.operations_trails import TrailOperations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.http import Route
    from mlfn_localstack.service import Environment, Operation

_LOG = logging.getLogger(__name__)


class CloudTrail:
    """CloudTrail."""

    name = "cloudtrail"

    def __init__(self, environment: Environment) -> None:
        self._state = TrailState(environment)
        self._delivery_s = float(environment.options.get("cloudtrail_delivery_s", "5"))
        self._delivering: asyncio.Task[None] | None = None
        self._operations: dict[str, Operation] = {
            **TrailOperations(self._state).operations(),
            **EventOperations(self._state).operations(),
        }

    def operations(self) -> Mapping[str, Operation]:
        """Every supported operation."""
        return self._operations

    def routes(self) -> Sequence[Route]:
        """None."""
        return ()

    async def start(self) -> None:
        """Begin delivering, first what was recorded before the last stop."""
        self._delivering = asyncio.create_task(self._deliver())

    async def stop(self) -> None:
        """Stop; what is pending is delivered after the next start."""
        if self._delivering is not None:
            self._delivering.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._delivering

    async def _deliver(self) -> None:
        while True:
            await asyncio.sleep(self._delivery_s)
            try:
                await deliver_all(self._state)
                self._state.expire()
            except Exception:
                _LOG.exception("Log files could not be delivered")
