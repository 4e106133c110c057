"""CreateSchedule, GetSchedule, UpdateSchedule, DeleteSchedule, ListSchedules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.events.schedules import ScheduleError
from mlfn_localstack.services.scheduler import errors
from mlfn_localstack.services.scheduler.expressions import parse_expression
from mlfn_localstack.services.scheduler.model import DEFAULT_GROUP
from mlfn_localstack.services.scheduler.paging import page
from mlfn_localstack.services.scheduler.targets import check_target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.scheduler.firing import Firing
    from mlfn_localstack.services.scheduler.model import Schedule, SchedulerState
    from mlfn_localstack.services.scheduler.targets import Targets

_TIMES = ("StartDate", "EndDate", "CreationDate", "LastModificationDate")
_GIVEN = ("ScheduleExpression", "Description", "Target", "FlexibleTimeWindow")
_RETRIES = {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}
"""How often targets are asked again where a schedule does not say it."""
_HIDDEN = frozenset({"ClientToken", "Tick", "Due"})
_LISTED = ("Arn", "Name", "GroupName", "State", "CreationDate", "LastModificationDate")


class ScheduleOperations:
    """Schedules."""

    def __init__(self, state: SchedulerState, firing: Firing, targets: Targets) -> None:
        self._state = state
        self._firing = firing
        self._targets = targets

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "CreateSchedule": self.create,
            "GetSchedule": self.get,
            "UpdateSchedule": self.update,
            "DeleteSchedule": self.delete,
            "ListSchedules": self.list,
        }

    async def create(self, _context: RequestContext, params: Params) -> Result:
        """The ARN of a new schedule; the same again for the same token."""
        group, name = params.get("GroupName") or DEFAULT_GROUP, params["Name"]
        await self._check(group, params)
        existing = self._state.find(group, name)
        if existing is not None:
            if params.get("ClientToken") and params["ClientToken"] == existing["ClientToken"]:
                return {"ScheduleArn": existing["Arn"]}
            raise errors.conflict(f"Schedule {name} already exists.")
        schedule = self._schedule(group, params, self._state.clock())
        self._state.put(self._firing.planned(schedule))
        return {"ScheduleArn": schedule["Arn"]}

    async def get(self, _context: RequestContext, params: Params) -> Result:
        """A schedule."""
        return _shown(self._existing(params))

    async def update(self, _context: RequestContext, params: Params) -> Result:
        """The ARN of a schedule that is now as the request says; what that leaves out has its default."""
        existing = self._existing(params)
        await self._check(existing["GroupName"], params)
        schedule = self._schedule(existing["GroupName"], params, existing["CreationDate"])
        self._state.put(self._firing.planned(schedule))
        return {"ScheduleArn": schedule["Arn"]}

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the schedule is gone."""
        self._state.delete(self._existing(params))
        return {}

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """Schedules by group, prefix and state."""
        if params.get("GroupName"):
            self._state.group(params["GroupName"])
        found = [
            _listed(schedule)
            for schedule in self._state.schedules(params.get("GroupName"))
            if schedule["Name"].startswith(params.get("NamePrefix") or "")
            and params.get("State") in (None, schedule["State"])
        ]
        return page(found, params, "Schedules")

    def _existing(self, params: Params) -> Schedule:
        return self._state.schedule(params.get("GroupName") or DEFAULT_GROUP, params["Name"])

    async def _check(self, group: str, params: Params) -> None:
        self._state.group(group)
        if params.get("KmsKeyArn"):
            raise errors.unsupported("KmsKeyArn of schedules")
        try:
            parse_expression(params["ScheduleExpression"], params.get("ScheduleExpressionTimezone") or "UTC")
        except ScheduleError as error:
            wrong = f"Invalid Schedule Expression {params['ScheduleExpression']}."
            raise errors.validation(wrong if "zone" not in str(error) else f"{error}.") from error
        window = params["FlexibleTimeWindow"]
        if (window["Mode"] == "FLEXIBLE") != (window.get("MaximumWindowInMinutes") is not None):
            raise errors.validation(
                "MaximumWindowInMinutes must be provided exactly if the mode of the flexible time window is FLEXIBLE."
            )
        check_target(params["Target"])
        await self._targets.check_role(params["Target"]["RoleArn"], self._state.group_arn(group))

    def _schedule(self, group: str, params: Params, created: float) -> Schedule:
        schedule: Schedule = {
            "Name": params["Name"],
            "GroupName": group,
            "Arn": self._state.schedule_arn(group, params["Name"]),
            "State": params.get("State") or "ENABLED",
            "ScheduleExpressionTimezone": params.get("ScheduleExpressionTimezone") or "UTC",
            "ActionAfterCompletion": params.get("ActionAfterCompletion") or "NONE",
            "CreationDate": created,
            "LastModificationDate": self._state.clock(),
            "ClientToken": params.get("ClientToken"),
            **{name: params[name] for name in _GIVEN if params.get(name) is not None},
        }
        for name in ("StartDate", "EndDate"):
            if params.get(name) is not None:
                schedule[name] = _seconds(params[name])
        return schedule


def _seconds(value: Any) -> float:
    return value.timestamp() if isinstance(value, datetime) else float(value)


def _shown(schedule: Schedule) -> dict[str, Any]:
    shown = {name: value for name, value in schedule.items() if name not in _HIDDEN}
    target = schedule["Target"]
    shown["Target"] = target | {"RetryPolicy": _RETRIES | target.get("RetryPolicy", {})}
    return {name: datetime.fromtimestamp(value, UTC) if name in _TIMES else value for name, value in shown.items()}


def _listed(schedule: Schedule) -> dict[str, Any]:
    shown = _shown(schedule)
    return {**{name: shown[name] for name in _LISTED}, "Target": {"Arn": schedule["Target"]["Arn"]}}
