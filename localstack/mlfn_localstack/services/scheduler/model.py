"""What the scheduler keeps: schedules, and groups of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.scheduler import errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_localstack.service import Environment

PRINCIPAL = "scheduler.amazonaws.com"
DEFAULT_GROUP = "default"

Schedule = dict[str, Any]
"""Members of GetSchedule (times as numbers), `ClientToken`, `Tick`: when it is to fire next by its expression (None:
never), and `Due`: when it fires, which is later within a flexible window."""
Group = dict[str, Any]
"""Members of GetScheduleGroup (times as numbers) and `Tags`."""


class SchedulerState:
    """Schedules and groups; every change is written through to the store."""

    def __init__(self, environment: Environment, clock: Callable[[], float]) -> None:
        self.environment = environment
        self.clock = clock
        self._documents = environment.store.documents("scheduler-schedule")
        self._groups = environment.store.documents("scheduler-group")
        self._schedules: dict[str, Schedule] = dict(self._documents.items())
        self._prefix = f"arn:aws:scheduler:{environment.region}:{environment.account_id}:"
        self._born = time.time()
        self.changed: Callable[[], None] = lambda: None
        """Called after a schedule has changed."""

    def schedule_arn(self, group: str, name: str) -> str:
        """The ARN of a schedule."""
        return f"{self._prefix}schedule/{group}/{name}"

    def schedules(self, group: str | None = None) -> list[Schedule]:
        """All schedules (of a group), by group and name."""
        return [each for _, each in sorted(self._schedules.items()) if group in (None, each["GroupName"])]

    def due(self, before: float = float("inf")) -> list[Schedule]:
        """The schedules that fire by then; in no order, of which a thousand schedules' is not worth the time."""
        return [each for each in self._schedules.values() if each["Due"] is not None and each["Due"] <= before]

    def find(self, group: str, name: str) -> Schedule | None:
        """A schedule, or None."""
        return self._schedules.get(f"{group}/{name}")

    def schedule(self, group: str, name: str) -> Schedule:
        """A schedule.

        Raises:
            ServiceError: ResourceNotFoundException.
        """
        found = self.find(group, name)
        if found is None:
            raise errors.no_schedule(name)
        return found

    def put(self, schedule: Schedule) -> None:
        """Write a schedule."""
        key = f"{schedule['GroupName']}/{schedule['Name']}"
        self._schedules[key] = schedule
        self._documents.put(key, schedule)
        self.changed()

    def delete(self, schedule: Schedule) -> None:
        """Remove a schedule."""
        key = f"{schedule['GroupName']}/{schedule['Name']}"
        self._schedules.pop(key, None)
        self._documents.delete(key)

    def group_arn(self, name: str) -> str:
        """The ARN of a group."""
        return f"{self._prefix}schedule-group/{name}"

    def find_group(self, name: str) -> Group | None:
        """A group, or None; the default group is always there."""
        found: Group | None = self._groups.get(name)
        if found is None and name == DEFAULT_GROUP:
            return new_group(name, self.group_arn(name), self._born, {})
        return found

    def group(self, name: str) -> Group:
        """A group.

        Raises:
            ServiceError: ResourceNotFoundException.
        """
        found = self.find_group(name)
        if found is None:
            raise errors.no_group(name)
        return found

    def groups(self) -> list[Group]:
        """All groups, by name."""
        kept = dict(self._groups.items())
        kept.setdefault(DEFAULT_GROUP, self.group(DEFAULT_GROUP))
        return [kept[name] for name in sorted(kept)]

    def put_group(self, group: Group) -> None:
        """Write a group."""
        self._groups.put(group["Name"], group)

    def delete_group(self, group: Group) -> None:
        """Remove a group with its schedules."""
        for schedule in self.schedules(group["Name"]):
            self.delete(schedule)
        self._groups.delete(group["Name"])


def new_group(name: str, arn: str, now: float, tags: dict[str, str]) -> Group:
    """A group that has just been made."""
    return {
        "Name": name,
        "Arn": arn,
        "State": "ACTIVE",
        "CreationDate": now,
        "LastModificationDate": now,
        "Tags": tags,
    }
