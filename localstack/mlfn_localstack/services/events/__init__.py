"""Amazon EventBridge: buses, rules by pattern and by schedule, and their targets.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mlfn_localstack.services.events.archives import Archives
from mlfn_localstack.services.events.dead_letters import DeadLetters
from mlfn_localstack.services.events.delivery_queue import DeliveryQueue
from mlfn_localstack.services.events.model import PRINCIPAL, EventsState
from mlfn_localstack.services.events.operations_archives import ArchiveOperations
from mlfn_localstack.services.events.operations_buses import BusOperations
from mlfn_localstack.services.events.operations_events import EventOperations
from mlfn_localstack.services.events.operations_permissions import PermissionOperations
from mlfn_localstack.services.events.operations_replays import ReplayOperations
from mlfn_localstack.services.events.operations_rules import RuleOperations
from mlfn_localstack.services.events.operations_tags import TagOperations
from mlfn_localstack.services.events.operations_targets import TargetOperations
from mlfn_localstack.services.events.publishing import Publisher
from mlfn_localstack.services.events.replays import Replays
from mlfn_localstack.services.events.targets import Targets
from mlfn_localstack.services.events.ticker import Ticker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlfn_localstack.http import Route
    from mlfn_localstack.service import Environment, Operation


class Events:
    """EventBridge."""

    name = "events"

    def __init__(self, environment: Environment, clock: Callable[[], float] = time.time) -> None:
        state = EventsState(environment, clock)
        gateway = environment.gateway
        dead_letters = DeadLetters(gateway, PRINCIPAL, "RULE_ARN")
        self._queue = DeliveryQueue(environment.store, Targets(gateway).deliver, dead_letters.give_up)
        archives = Archives(state)
        publisher = Publisher(state, self._queue, archives)
        self._replays = Replays(state, archives, publisher)
        self._ticker = Ticker(publisher, environment.store, clock)
        state.changed = self._ticker.changed
        groups = (
            BusOperations(state),
            RuleOperations(state),
            TargetOperations(state),
            EventOperations(state, publisher),
            TagOperations(state),
            PermissionOperations(state),
            ArchiveOperations(state, archives),
            ReplayOperations(state, archives, self._replays),
        )
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
        self._replays.start()

    async def stop(self) -> None:
        """Leave the rest for the next start."""
        await self._replays.stop()
        await self._ticker.stop()
        await self._queue.stop()
