"""Amazon CloudWatch: metrics, metric math, alarms and (kept, not drawn) dashboards.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING

from mlfn_localstack.services.cloudwatch.alarms import Alarms
from mlfn_localstack.services.cloudwatch.composites import Composites
from mlfn_localstack.services.cloudwatch.model import Metrics
from mlfn_localstack.services.cloudwatch.operations_alarms import AlarmOperations
from mlfn_localstack.services.cloudwatch.operations_composites import CompositeOperations
from mlfn_localstack.services.cloudwatch.operations_dashboards import DashboardOperations
from mlfn_localstack.services.cloudwatch.operations_metrics import MetricOperations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.http import Route
    from mlfn_localstack.service import Environment, Operation

_EXPIRY_TICKS = 720
_LOG = logging.getLogger(__name__)


class CloudWatch:
    """CloudWatch."""

    name = "cloudwatch"

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._metrics = Metrics(environment.store)
        self._alarms = Alarms(environment, self._metrics)
        self._composites = Composites(self._alarms)
        self._tick_s = float(environment.options.get("cloudwatch_tick_s", "5"))
        self._watching: asyncio.Task[None] | None = None
        self._operations: dict[str, Operation] = {
            **MetricOperations(self._metrics).operations(),
            **AlarmOperations(environment, self._alarms, self._composites).operations(),
            **CompositeOperations(environment, self._alarms, self._composites).operations(),
            **DashboardOperations(environment).operations(),
        }

    def operations(self) -> Mapping[str, Operation]:
        """Every supported operation."""
        return self._operations

    def routes(self) -> Sequence[Route]:
        """None."""
        return ()

    async def start(self) -> None:
        """Begin evaluating alarms."""
        self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Stop evaluating."""
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching

    async def _watch(self) -> None:
        await self._alarms.resume()
        await self._composites.catch_up()
        ticks = 0
        while True:
            await asyncio.sleep(self._tick_s)
            try:
                await self._alarms.evaluate(time.time())
                if ticks % _EXPIRY_TICKS == 0:
                    self._metrics.expire()
                await self._environment.store.durable()
            except Exception:
                _LOG.exception("Alarms could not be evaluated")
            ticks += 1
