"""From a schedule that is due to the delivery that it causes."""

from __future__ import annotations

import random
import uuid
from typing import TYPE_CHECKING

from mlfn_localstack.services.events.schedules import moment
from mlfn_localstack.services.scheduler.expressions import parse_expression
from mlfn_localstack.services.scheduler.targets import default_input

if TYPE_CHECKING:
    from datetime import datetime

    from mlfn_localstack.services.events.delivery_queue import DeliveryQueue
    from mlfn_localstack.services.scheduler.model import Schedule, SchedulerState


class Firing:
    """Queues what schedules ask for."""

    def __init__(self, state: SchedulerState, queue: DeliveryQueue) -> None:
        self._state = state
        self._queue = queue

    def planned(self, schedule: Schedule) -> Schedule:
        """A schedule with its first tick, counted from now, or from its start."""
        if schedule["State"] == "DISABLED":
            return {**schedule, "Tick": None, "Due": None}
        now, start = self._state.clock(), schedule.get("StartDate")
        begin = max(now, start) if start is not None else now
        expression = parse_expression(schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"])
        return _due(schedule, expression.first(moment(begin)))

    def fire_due(self) -> None:
        """Queue a delivery for each schedule that is due; however many ticks were missed, it is one."""
        now = self._state.clock()
        for schedule in self._state.due(now):
            self._queue_for(schedule)
            expression = parse_expression(schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"])
            following = _due(schedule, expression.following(moment(schedule["Tick"]), moment(now)))
            if following["Due"] is None and schedule["ActionAfterCompletion"] == "DELETE":
                self._state.delete(schedule)
            else:
                self._state.put(following)

    def next_due(self) -> float | None:
        """When the next schedule is due."""
        return min((float(schedule["Due"]) for schedule in self._state.due()), default=None)

    def _queue_for(self, schedule: Schedule) -> None:
        environment, arn, target = self._state.environment, schedule["Arn"], schedule["Target"]
        execution, at = str(uuid.uuid4()), f"{moment(schedule['Tick']):%Y-%m-%dT%H:%M:%SZ}"
        text = target.get("Input")
        if text is None:
            text = default_input(arn, environment.account_id, environment.region, at, execution)
        known = {"schedule-arn": arn, "scheduled-time": at, "execution-id": execution}
        for name, value in known.items():
            text = text.replace(f"<aws.scheduler.{name}>", value)
        self._queue.put(arn, target, text, execution)


def _due(schedule: Schedule, tick: datetime | None) -> Schedule:
    """A schedule with its next tick, and when within its flexible window that is fired; none beyond its end."""
    end = schedule.get("EndDate")
    is_once = schedule["ScheduleExpression"].startswith("at(")
    if tick is None or (end is not None and not is_once and tick.timestamp() >= end):
        return {**schedule, "Tick": None, "Due": None}
    window_s = 60 * (schedule["FlexibleTimeWindow"].get("MaximumWindowInMinutes") or 0)
    due = tick.timestamp() + random.uniform(0.0, window_s)  # noqa: S311 - spreads load
    return {**schedule, "Tick": tick.timestamp(), "Due": due}
