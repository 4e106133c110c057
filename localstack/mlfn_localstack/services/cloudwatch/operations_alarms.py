"""Metric alarms, and what is done to alarms of any kind."""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudwatch import errors
from mlfn_localstack.services.cloudwatch.evaluation import COMPARISONS, State
from mlfn_localstack.services.cloudwatch.paging import page
from mlfn_localstack.services.cloudwatch.queries import check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.service import Environment, Operation, Params, RequestContext, Result
    from mlfn_localstack.services.cloudwatch.alarms import Alarm, Alarms
    from mlfn_localstack.services.cloudwatch.composites import Composites

_KEPT = (
    *("AlarmDescription", "MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Unit"),
    *("EvaluationPeriods", "DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData"),
    *("EvaluateLowSampleCountPercentile", "Metrics"),
)
ACTION_MEMBERS = ("OKActions", "AlarmActions", "InsufficientDataActions")
_METRIC, _COMPOSITE = "MetricAlarm", "CompositeAlarm"
_OF_CHILDREN = ("AlarmArn", "AlarmName", "StateValue", "StateUpdatedTimestamp")
_MISSING = ("missing", "ignore", "breaching", "notBreaching")
_UNSUPPORTED = (
    *("ActionConfiguration", "EvaluationCriteria", "EvaluationInterval", "EvaluationWindow"),
    *("ThresholdMetricId", "WarmUpConfiguration"),
)


class AlarmOperations:
    """PutMetricAlarm and its neighbours."""

    def __init__(self, environment: Environment, alarms: Alarms, composites: Composites) -> None:
        self._environment = environment
        self._alarms = alarms
        self._composites = composites

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "DeleteAlarms": self.delete,
            "DescribeAlarmHistory": self.history,
            "DescribeAlarms": self.describe,
            "DescribeAlarmsForMetric": self.describe_for_metric,
            "DisableAlarmActions": self.disable_actions,
            "EnableAlarmActions": self.enable_actions,
            "ListTagsForResource": self.list_tags,
            "PutMetricAlarm": self.put,
            "SetAlarmState": self.set_state,
            "TagResource": self.tag,
            "UntagResource": self.untag,
        }

    async def put(self, context: RequestContext, params: Params) -> Result:
        """A new alarm, or another definition of one; its state stays."""
        _check(params)
        kept = {member: params[member] for member in _KEPT if member in params}
        if "Metrics" not in params:
            kept["Dimensions"] = list(params.get("Dimensions", ()))
        define(self._environment, self._alarms, params, kept)
        return {}

    async def describe(self, context: RequestContext, params: Params) -> Result:
        """Alarms by name, prefix, state or action."""
        if "AlarmNames" in params and "AlarmNamePrefix" in params:
            raise errors.validation("AlarmNames and AlarmNamePrefix are mutually exclusive.")
        kinds = params.get("AlarmTypes") or (_METRIC,)
        found = [alarm for alarm in self._related(params) if _kind(alarm) in kinds and _fits(alarm, params)]
        result = page(params, "Alarms", found, params.get("MaxRecords", 50))
        shown: dict[str, list[Alarm]] = {_METRIC: [], _COMPOSITE: []}
        for alarm in result.pop("Alarms"):
            shown[_kind(alarm)].append(_shown(alarm, params))
        return {**result, "MetricAlarms": shown[_METRIC], "CompositeAlarms": shown[_COMPOSITE]}

    def _related(self, params: Params) -> list[Alarm]:
        """All alarms, or those that one is about, or that are about one."""
        if "ChildrenOfAlarmName" in params:
            alarm = self._find(params["ChildrenOfAlarmName"])
            return self._composites.below(alarm) if "AlarmRule" in alarm else []
        if "ParentsOfAlarmName" in params:
            return self._composites.above(self._find(params["ParentsOfAlarmName"])["AlarmName"])
        return self._alarms.all()

    async def describe_for_metric(self, context: RequestContext, params: Params) -> Result:
        """The alarms on one metric."""
        wanted = {
            name: params[name] for name in ("MetricName", "Namespace", "Statistic", "Period", "Unit") if name in params
        }
        dimensions = {(one["Name"], one["Value"]) for one in params.get("Dimensions", ())}
        found = [
            _shown(alarm, {})
            for alarm in self._alarms.all()
            if all(alarm.get(name) == value for name, value in wanted.items())
            and {(one["Name"], one["Value"]) for one in alarm.get("Dimensions", ())} == dimensions
        ]
        return {"MetricAlarms": found}

    async def delete(self, context: RequestContext, params: Params) -> Result:
        """Forget alarms and their history; those that are not there are passed over."""
        names = params["AlarmNames"]
        _check_deletion(names, [name for name in names if self._is_needed(name, names)], self._alarms)
        for name in names:
            self._alarms.documents.delete(name)
            for key, _ in self._alarms.history.items(f"{name}\n"):
                self._alarms.history.delete(key)
        return {}

    async def set_state(self, context: RequestContext, params: Params) -> Result:
        """Put an alarm in a state, for the time until it is next evaluated; its actions run."""
        alarm = self._find(params["AlarmName"])
        data = params.get("StateReasonData")
        if data is not None:
            try:
                json.loads(data)
            except ValueError as error:
                raise ServiceError("InvalidFormat", "StateReasonData must be valid JSON.") from error
        await self._alarms.move(alarm, State(params["StateValue"]), params["StateReason"], data)
        return {}

    async def history(self, context: RequestContext, params: Params) -> Result:
        """What happened to alarms, the newest first."""
        prefix = f"{params['AlarmName']}\n" if "AlarmName" in params else ""
        start = params["StartDate"].timestamp() if "StartDate" in params else 0.0
        end = params["EndDate"].timestamp() if "EndDate" in params else math.inf
        found = [
            entry
            for _, entry in self._alarms.history.items(prefix)
            if start <= entry["Timestamp"] <= end and params.get("HistoryItemType") in (None, entry["HistoryItemType"])
        ]
        newest_first = params.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        found.sort(key=lambda entry: entry["Timestamp"], reverse=newest_first)
        return page(params, "AlarmHistoryItems", found, params.get("MaxRecords", 50))

    async def enable_actions(self, context: RequestContext, params: Params) -> Result:
        """Have alarms run their actions."""
        return self._switch(params, enabled=True)

    async def disable_actions(self, context: RequestContext, params: Params) -> Result:
        """Have alarms run none."""
        return self._switch(params, enabled=False)

    async def tag(self, context: RequestContext, params: Params) -> Result:
        """Set an alarm's tags."""
        alarm = self._by_arn(params["ResourceARN"])
        put = {tag["Key"]: tag["Value"] for tag in params["Tags"]}
        self._alarms.put(alarm | {"Tags": alarm["Tags"] | put})
        return {}

    async def untag(self, context: RequestContext, params: Params) -> Result:
        """Remove an alarm's tags."""
        alarm = self._by_arn(params["ResourceARN"])
        kept = {key: value for key, value in alarm["Tags"].items() if key not in params["TagKeys"]}
        self._alarms.put(alarm | {"Tags": kept})
        return {}

    async def list_tags(self, context: RequestContext, params: Params) -> Result:
        """An alarm's tags."""
        tags = self._by_arn(params["ResourceARN"])["Tags"]
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _is_needed(self, name: str, going: Sequence[str]) -> bool:
        return any(alarm["AlarmName"] not in going for alarm in self._composites.above(name))

    def _switch(self, params: Params, *, enabled: bool) -> Result:
        for name in params["AlarmNames"]:
            alarm = self._alarms.get(name)
            if alarm is not None:
                self._alarms.put(alarm | {"ActionsEnabled": enabled})
        return {}

    def _by_arn(self, arn: str) -> Alarm:
        return self._find(arn.removeprefix(alarm_arn(self._environment, "")))

    def _find(self, name: str) -> Alarm:
        alarm = self._alarms.get(name)
        if alarm is None:
            raise errors.no_such_alarm()
        return alarm


def alarm_arn(environment: Environment, name: str) -> str:
    """The ARN of an alarm."""
    return f"arn:aws:cloudwatch:{environment.region}:{environment.account_id}:alarm:{name}"


def define(environment: Environment, alarms: Alarms, params: Params, kept: dict[str, Any]) -> tuple[Alarm, bool]:
    """An alarm as a request has it, and whether it is new; tags and state of one that was there stay."""
    name, now = params["AlarmName"], time.time()
    known = alarms.get(name)
    alarm: Alarm = {
        "AlarmName": name,
        "AlarmArn": alarm_arn(environment, name),
        "ActionsEnabled": params.get("ActionsEnabled", True),
        **{member: list(params.get(member, ())) for member in ACTION_MEMBERS},
        **kept,
        "AlarmConfigurationUpdatedTimestamp": now,
        **(_state_of(known) if known else _initial_state(now)),
        "Tags": known["Tags"] if known else {tag["Key"]: tag["Value"] for tag in params.get("Tags", ())},
    }
    alarms.put(alarm)
    kind = "Update" if known else "Create"
    summary = f'Alarm "{name}" {"updated" if known else "created"}'
    alarms.record(alarm, "ConfigurationUpdate", summary, {"type": kind})
    return alarm, known is None


def _initial_state(now: float) -> dict[str, Any]:
    return {
        "StateValue": State.INSUFFICIENT.value,
        "StateReason": "Unchecked: Initial alarm creation",
        "StateUpdatedTimestamp": now,
        "StateTransitionedTimestamp": now,
    }


def _state_of(alarm: Alarm) -> dict[str, Any]:
    return {name: value for name, value in alarm.items() if name.startswith("State")}


def _kind(alarm: Alarm) -> str:
    return _COMPOSITE if "AlarmRule" in alarm else _METRIC


def _shown(alarm: Alarm, params: Params) -> Alarm:
    if "ParentsOfAlarmName" in params:
        return {name: alarm[name] for name in ("AlarmArn", "AlarmName")}
    if "ChildrenOfAlarmName" in params:
        return {name: alarm[name] for name in _OF_CHILDREN}
    return {name: value for name, value in alarm.items() if name not in ("Pending", "Tags")}


def _check_deletion(names: Sequence[str], needed: Sequence[str], alarms: Alarms) -> None:
    if needed:
        them = "it" if len(needed) == 1 else "them"
        message = f"Cannot delete {','.join(needed)} as there are composite alarm(s) depending on {them}."
        raise errors.validation(message)
    if sum("AlarmRule" in (alarms.get(name) or {}) for name in names) > 1:
        raise errors.validation("At most one composite alarm can be deleted in one request.")


def _fits(alarm: Alarm, params: Params) -> bool:
    actions = [arn for member in ACTION_MEMBERS for arn in alarm[member]]
    return (
        ("AlarmNames" not in params or alarm["AlarmName"] in params["AlarmNames"])
        and alarm["AlarmName"].startswith(params.get("AlarmNamePrefix", ""))
        and params.get("StateValue") in (None, alarm["StateValue"])
        and ("ActionPrefix" not in params or any(arn.startswith(params["ActionPrefix"]) for arn in actions))
    )


def _check(params: Params) -> None:
    unsupported = [name for name in _UNSUPPORTED if name in params]
    if unsupported:
        raise errors.validation(f"The emulator does not support {unsupported[0]} of alarms.")
    if params.get("ComparisonOperator") not in COMPARISONS:
        raise errors.validation(f"The emulator does not support the comparison {params.get('ComparisonOperator')}.")
    if "Threshold" not in params:
        raise errors.missing_parameter("The parameter Threshold is required.")
    if "EvaluationPeriods" not in params:
        raise errors.missing_parameter("The parameter EvaluationPeriods is required.")
    if params.get("DatapointsToAlarm", 1) > params["EvaluationPeriods"]:
        raise errors.validation("DatapointsToAlarm must be less than or equal to EvaluationPeriods.")
    if params.get("TreatMissingData", "missing") not in _MISSING:
        raise errors.validation(f"TreatMissingData must be one of {', '.join(_MISSING)}.")
    _check_metric(params)
    check_actions(params)


def _check_metric(params: Params) -> None:
    if "Metrics" in params:
        if "MetricName" in params:
            raise errors.validation("Metrics and MetricName are mutually exclusive.")
        check(params["Metrics"])
        if sum(query.get("ReturnData", True) for query in params["Metrics"]) != 1:
            raise errors.validation("Exactly one element of the metrics list should return data.")
        return
    lacking = [name for name in ("MetricName", "Namespace", "Period") if name not in params]
    if lacking:
        raise errors.missing_parameter(f"The parameter {lacking[0]} is required.")
    if ("Statistic" in params) == ("ExtendedStatistic" in params):
        raise errors.validation("Exactly one of Statistic and ExtendedStatistic must be given.")
    period = params["Period"]
    if period not in (10, 20, 30) and (period % 60 or period < 60):
        raise errors.invalid_value(f"The value {period} for parameter Period is not a valid period.")


def check_actions(params: Params) -> None:
    """Refuse actions that the emulator does not run.

    Raises:
        ServiceError: ValidationError.
    """
    for arn in (arn for member in ACTION_MEMBERS for arn in params.get(member, ())):
        if not arn.startswith(("arn:aws:lambda:", "arn:aws:sns:")):
            raise errors.validation(f"The emulator has functions and topics as alarm actions, not {arn}.")
