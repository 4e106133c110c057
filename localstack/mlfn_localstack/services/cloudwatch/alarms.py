"""Alarms: kept, evaluated against their metrics, moved from state to state with their actions run."""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudwatch.evaluation import EXTRA_PERIODS, Rule, State, judge
from mlfn_localstack.services.cloudwatch.notification import ACTION_PRINCIPAL, notification
from mlfn_localstack.services.cloudwatch.queries import answer, period_of, series_of
from mlfn_localstack.services.cloudwatch.statistics import Points, Window, points
from mlfn_localstack.services.cloudwatch.topic_notification import ALARM_PRINCIPAL, topic_message

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mlfn_localstack.service import Environment
    from mlfn_localstack.services.cloudwatch.evaluation import Verdict
    from mlfn_localstack.services.cloudwatch.model import Metrics

_LOG = logging.getLogger(__name__)
_ACTIONS = {State.OK: "OKActions", State.ALARM: "AlarmActions", State.INSUFFICIENT: "InsufficientDataActions"}

_STATE_MEMBERS = ("StateValue", "StateReason", "StateReasonData", "StateUpdatedTimestamp")

Alarm = dict[str, Any]
"""An alarm as DescribeAlarms shows it, its times in seconds; beside, `Tags` by name, and in `Pending` the actions that
are still to run, with the state before."""


class Alarms:
    """All alarms, those of metrics and those of rules about other alarms (`composites.py`)."""

    def __init__(self, environment: Environment, metrics: Metrics) -> None:
        self._environment = environment
        self._metrics = metrics
        self._history_number = 0
        self.changed: Callable[[Alarm], Awaitable[None]] = _nobody
        """Told of each alarm that is in another state than before."""
        self.documents = environment.store.documents("cloudwatch-alarm")
        self.history = environment.store.documents("cloudwatch-alarm-history")

    def get(self, name: str) -> Alarm | None:
        """An alarm by name."""
        alarm: Alarm | None = self.documents.get(name)
        return alarm

    def all(self) -> list[Alarm]:
        """Every alarm, by name."""
        return [alarm for _, alarm in self.documents.items()]

    def put(self, alarm: Alarm) -> None:
        """Write an alarm."""
        self.documents.put(alarm["AlarmName"], alarm)

    def record(self, alarm: Alarm, kind: str, summary: str, data: dict[str, Any]) -> None:
        """Add to an alarm's history."""
        now = time.time()
        self._history_number = max(self._history_number + 1, time.time_ns())
        entry = {
            "AlarmName": alarm["AlarmName"],
            "AlarmType": "CompositeAlarm" if "AlarmRule" in alarm else "MetricAlarm",
            "Timestamp": now,
            "HistoryItemType": kind,
            "HistorySummary": summary,
            "HistoryData": json.dumps({"version": "1.0", **data}, separators=(",", ":")),
        }
        self.history.put(f"{alarm['AlarmName']}\n{self._history_number:020}", entry)

    async def evaluate(self, now: float) -> None:
        """Look at every alarm's newest complete periods."""
        for alarm in self.all():
            if "AlarmRule" in alarm:
                continue
            try:
                verdict = self._judge(alarm, now)
            except ServiceError as error:
                _LOG.warning("The alarm %s cannot be evaluated: %s", alarm["AlarmName"], error)
                continue
            if verdict.state != alarm["StateValue"]:
                await self.move(alarm, verdict.state, verdict.reason, self._reason_data(alarm, verdict, now))

    async def move(self, alarm: Alarm, state: State, reason: str, data: str | None) -> None:
        """Put an alarm in a state and, if that is another one, run its actions."""
        now, before = time.time(), alarm
        alarm = {**alarm, "StateValue": state.value, "StateReason": reason, "StateUpdatedTimestamp": now}
        alarm.pop("StateReasonData", None)
        if data is not None:
            alarm["StateReasonData"] = data
        if state == before["StateValue"]:
            self.put(alarm)
            return
        alarm["StateTransitionedTimestamp"] = now
        if alarm["ActionsEnabled"] and alarm[_ACTIONS[state]]:
            kept = {name: before[name] for name in _STATE_MEMBERS if name in before}
            alarm["Pending"] = {"Actions": alarm[_ACTIONS[state]], "Before": kept}
        self.put(alarm)
        summary = f"Alarm updated from {before['StateValue']} to {state.value}"
        self.record(alarm, "StateUpdate", summary, {"oldState": _state(before), "newState": _state(alarm)})
        await self._environment.store.durable()
        await self._act(alarm)
        await self.changed(alarm)

    async def resume(self) -> None:
        """Run the actions that had not been run when the emulator last ended."""
        for alarm in self.all():
            await self._act(alarm)

    async def _act(self, alarm: Alarm) -> None:
        """Run what is pending, and note after each action that it is done: one may run twice, none is forgotten."""
        pending = alarm.get("Pending") or {"Actions": []}
        for done, arn in enumerate(pending["Actions"], 1):
            await self._run(arn, alarm, {**alarm, **pending["Before"]})
            current = self.get(alarm["AlarmName"])
            if current is not None and current.get("StateUpdatedTimestamp") == alarm["StateUpdatedTimestamp"]:
                self.put({**current, "Pending": {**pending, "Actions": pending["Actions"][done:]}})

    async def _run(self, arn: str, alarm: Alarm, before: Alarm) -> None:
        outcome, error_text = "Successfully executed", None
        service, operation, params, principal = self._action(arn, alarm, before)
        try:
            await self._environment.gateway.call(
                service, operation, params, principal=principal, source_arn=alarm["AlarmArn"]
            )
        except ServiceError as error:
            outcome, error_text = "Failed to execute", error.message
        data = {
            "actionState": "Failed" if error_text else "Succeeded",
            "notificationResource": arn,
            "error": error_text,
        }
        self.record(alarm, "Action", f"{outcome} action {arn}", data)

    def _action(self, arn: str, alarm: Alarm, before: Alarm) -> tuple[str, str, dict[str, Any], str]:
        """The call that an action is, and as whom it is made."""
        account, region = self._environment.account_id, self._environment.region
        if arn.startswith("arn:aws:sns:"):
            message = topic_message(alarm, before, account, region)
            return "sns", "Publish", {"TopicArn": arn, **message}, ALARM_PRINCIPAL
        event = notification(alarm, before, account, region)
        params = {"FunctionName": arn, "InvocationType": "Event", "Payload": json.dumps(event).encode()}
        return "lambda", "Invoke", params, ACTION_PRINCIPAL

    def _judge(self, alarm: Alarm, now: float) -> Verdict:
        rule = rule_of(alarm)
        period = _period(alarm)
        step = min(period, 60)
        end = now // step * step
        window = Window(start=end - (rule.periods + EXTRA_PERIODS) * period, end=end, period=period)
        found = self._points(alarm, window)
        moments = [window.start + index * period for index in range(rule.periods + EXTRA_PERIODS)]
        newest_first = [(moment, found.get(moment)) for moment in reversed(moments)]
        return judge(rule, newest_first, State(alarm["StateValue"]))

    def _points(self, alarm: Alarm, window: Window) -> Points:
        if "Metrics" in alarm:
            return answer(self._metrics, alarm["Metrics"], window)[0].points
        name = alarm.get("Statistic") or alarm["ExtendedStatistic"]
        return points(self._metrics, series_of(alarm), window, name, alarm.get("Unit"))

    def _reason_data(self, alarm: Alarm, verdict: Verdict, now: float) -> str:
        data = {
            "version": "1.0",
            "queryDate": f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%S.000+0000}",
            "period": _period(alarm),
            "recentDatapoints": list(reversed(verdict.values)),
            "threshold": alarm["Threshold"],
        }
        if "Statistic" in alarm:
            data["statistic"] = alarm["Statistic"]
        return json.dumps(data, separators=(",", ":"))


async def _nobody(_: Alarm) -> None:
    """Composite alarms are told later, if there are any."""


def rule_of(alarm: Alarm) -> Rule:
    """When an alarm goes off."""
    return Rule(
        comparison=alarm["ComparisonOperator"],
        threshold=alarm["Threshold"],
        periods=alarm["EvaluationPeriods"],
        to_alarm=int(alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]),
        missing=alarm.get("TreatMissingData", "missing"),
    )


def _period(alarm: Alarm) -> int:
    return period_of(alarm["Metrics"]) if "Metrics" in alarm else int(alarm["Period"])


def _state(alarm: Alarm) -> dict[str, Any]:
    state = {"stateValue": alarm["StateValue"], "stateReason": alarm["StateReason"]}
    data = alarm.get("StateReasonData")
    return state | ({"stateReasonData": json.loads(data)} if data else {})
