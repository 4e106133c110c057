"""Amazon CloudWatch Logs: groups, streams, events, searching them, and sending them on.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from mlfn_localstack.services.logs.insights.searches import Searches
from mlfn_localstack.services.logs.metric_filters import MetricFilters
from mlfn_localstack.services.logs.model import LogsState
from mlfn_localstack.services.logs.operations_events import EventOperations
from mlfn_localstack.services.logs.operations_groups import GroupOperations
from mlfn_localstack.services.logs.operations_metric_filters import MetricFilterOperations
from mlfn_localstack.services.logs.operations_queries import QueryOperations
from mlfn_localstack.services.logs.operations_resource_policies import ResourcePolicyOperations
from mlfn_localstack.services.logs.operations_search import SearchOperations
from mlfn_localstack.services.logs.operations_streams import StreamOperations
from mlfn_localstack.services.logs.operations_subscriptions import SubscriptionOperations
from mlfn_localstack.services.logs.settled import settled
from mlfn_localstack.services.logs.subscription_delivery import SubscriptionDelivery
from mlfn_localstack.services.logs.subscriptions import Subscriptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.http import Route
    from mlfn_localstack.service import Environment, Operation

_EXPIRY_S = 3600.0


class Logs:
    """CloudWatch Logs."""

    name = "logs"

    def __init__(self, environment: Environment) -> None:
        self._state = LogsState(environment)
        subscriptions, metric_filters = Subscriptions(environment.store), MetricFilters(environment.store)
        self._delivery = SubscriptionDelivery(environment, subscriptions)
        self._searches = Searches(environment, self._state)
        self._expiry: asyncio.Task[None] | None = None
        operations: dict[str, Operation] = {
            **GroupOperations(self._state, subscriptions, metric_filters, environment.gateway).operations(),
            **StreamOperations(self._state).operations(),
            **EventOperations(self._state, subscriptions, metric_filters, environment.gateway).operations(),
            **MetricFilterOperations(self._state, metric_filters).operations(),
            **ResourcePolicyOperations(environment).operations(),
            **SearchOperations(self._state).operations(),
            **QueryOperations(environment, self._state, self._searches).operations(),
            **SubscriptionOperations(environment, self._state, subscriptions).operations(),
        }
        self._operations = settled(operations, environment.log_sources)

    def operations(self) -> Mapping[str, Operation]:
        """Every supported operation."""
        return self._operations

    def routes(self) -> Sequence[Route]:
        """None."""
        return ()

    async def start(self) -> None:
        """Begin removing events that are past their group's retention; go on with what waits."""
        self._delivery.start()
        self._searches.start()
        self._expiry = asyncio.create_task(self._expire())

    async def stop(self) -> None:
        """Stop removing, sending and searching."""
        await self._delivery.stop()
        await self._searches.stop()
        if self._expiry is not None:
            self._expiry.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._expiry

    async def _expire(self) -> None:
        while True:
            self._state.expire()
            await self._state.durable()
            await asyncio.sleep(_EXPIRY_S)
