"""From an event to the deliveries that it causes."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.events.inputs import target_input
from mlfn_localstack.services.events.patterns import compile_pattern
from mlfn_localstack.services.events.schedules import moment, next_tick, parse_schedule
from mlfn_localstack.services.events.targets import is_bus

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mlfn_localstack.services.events.archives import Archives
    from mlfn_localstack.services.events.delivery_queue import DeliveryQueue
    from mlfn_localstack.services.events.model import EventsState, Rule


class Publisher:
    """Queues what rules and schedules ask for."""

    def __init__(self, state: EventsState, queue: DeliveryQueue, archives: Archives) -> None:
        self._state = state
        self._archives = archives
        self._queue = queue

    def publish(
        self, event: dict[str, Any], bus: str, among: Collection[str] | None = None, *, is_forwarded: bool = False
    ) -> None:
        """Queue an event for every target of the bus' rules that it fits (durable with the next commit).

        `among`: the ARNs of the only rules that are asked. An event that a rule forwarded from another bus is not
        forwarded again.
        """
        for rule in self._state.rules(bus):
            if rule["State"] == "DISABLED" or "EventPattern" not in rule or (among and rule["Arn"] not in among):
                continue
            if compile_pattern(rule["EventPattern"])(event):
                self._queue_for(rule, event, is_forwarded=is_forwarded)

    def fire_due(self) -> None:
        """Queue a scheduled event for each rule that is due; however many ticks were missed, it is one."""
        now = self._state.clock()
        for rule in self._state.due_rules(now):
            due = moment(rule["Due"])
            following = next_tick(parse_schedule(rule["ScheduleExpression"]), due, moment(now))
            self._queue_for(rule, self.event("aws.events", "Scheduled Event", {}, [rule["Arn"]], rule["Due"]))
            self._state.put_rule(rule | {"Due": following.timestamp() if following else None})

    def next_due(self) -> float | None:
        """When the next scheduled event is due."""
        return min((float(rule["Due"]) for rule in self._state.due_rules()), default=None)

    def event(self, source: str, detail_type: str, detail: Any, resources: Sequence[str], at: float) -> dict[str, Any]:
        """An event as targets see it."""
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": detail_type,
            "source": source,
            "account": self._state.environment.account_id,
            "time": moment(at).replace(tzinfo=None).isoformat(timespec="seconds") + "Z",
            "region": self._state.environment.region,
            "resources": list(resources),
            "detail": detail,
        }

    def _queue_for(self, rule: Rule, event: dict[str, Any], *, is_forwarded: bool = False) -> None:
        if "Archive" in rule:
            if rule["Targets"]:
                self._archives.keep(rule["Archive"], event)
            return
        for target in rule["Targets"]:
            if is_forwarded and is_bus(target["Arn"]):
                continue
            self._queue.put(rule["Arn"], target, target_input(target, rule, event, self._state.clock()), event["id"])
