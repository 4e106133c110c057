"""Amazon EventBridge Scheduler: schedules that call functions, queues, topics, state machines and event buses.

https://docs.aws.amazon.com/scheduler/latest/APIReference/Welcome.html

Not there, and refused by name: universal targets, ECS, Kinesis and SageMaker, keys of KMS.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mlfn_localstack.services.events.dead_letters import DeadLetters
from mlfn_localstack.services.events.delivery_queue import DeliveryQueue
from mlfn_localstack.services.events.ticker import Ticker
from mlfn_localstack.services.scheduler.firing import Firing
from mlfn_localstack.services.scheduler.model import SchedulerState
from mlfn_localstack.services.scheduler.operations_groups import GroupOperations
from mlfn_localstack.services.scheduler.operations_schedules import ScheduleOperations
from mlfn_localstack.services.scheduler.targets import Targets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlfn_localstack.http import Route
    from mlfn_localstack.service import Environment, Operation


class Scheduler:
    """EventBridge Scheduler."""

    name = "scheduler"

    def __init__(self, environment: Environment, clock: Callable[[], float] = time.time) -> None:
        state, targets = SchedulerState(environment, clock), Targets(environment.gateway)
        dead_letters = DeadLetters(environment.gateway, None, "SCHEDULE_ARN")
        self._queue = DeliveryQueue(environment.store, targets.deliver, dead_letters.give_up, owner="scheduler")
        firing = Firing(state, self._queue)
        self._ticker = Ticker(firing, environment.store, clock)
        state.changed = self._ticker.changed
        groups = (ScheduleOperations(state, firing, targets), GroupOperations(state))
        self._operations = {name: operation for group in groups for name, operation in group.operations().items()}

    def operations(self) -> Mapping[str, Operation]:
        """Every supported operation."""
        return self._operations

    def routes(self) -> Sequence[Route]:
        """None: everything goes through the wire protocol."""
        return ()

    async def start(self) -> None:
        """Go on with queued deliveries, and fire schedules, those missed meanwhile at once."""
        self._queue.start()
        self._ticker.start()

    async def stop(self) -> None:
        """Leave the rest for the next start."""
        await self._ticker.stop()
        await self._queue.stop()
