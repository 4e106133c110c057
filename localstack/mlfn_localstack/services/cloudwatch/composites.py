"""Composite alarms: in ALARM while their rule holds, looked at whenever an alarm they are about changes its state."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlfn_localstack.services.cloudwatch.alarm_rules import parse_rule
from mlfn_localstack.services.cloudwatch.evaluation import State
from mlfn_localstack.services.cloudwatch.notification import shown_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_localstack.services.cloudwatch.alarms import Alarm, Alarms


class Composites:
    """All composite alarms."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms
        alarms.changed = self._follow

    def above(self, name: str) -> list[Alarm]:
        """The composite alarms whose rules are about an alarm."""
        found = (alarm for alarm in self._alarms.all() if "AlarmRule" in alarm)
        return [alarm for alarm in found if name in parse_rule(alarm["AlarmRule"]).children]

    def below(self, alarm: Alarm) -> list[Alarm]:
        """The alarms that a composite alarm's rule is about."""
        known = (self._alarms.get(name) for name in parse_rule(alarm["AlarmRule"]).children)
        return [child for child in known if child is not None]

    async def settle(self, alarm: Alarm, change: str) -> None:
        """Put a composite alarm that was made or changed in the state that its rule gives."""
        state = self._state(alarm)
        reason = f"{alarm['AlarmArn']} was {change} evaluates to {state.value}"
        await self._alarms.move(alarm, state, reason, _reason_data(self.below(alarm)))

    async def catch_up(self) -> None:
        """Look at every rule once: alarms may have changed without anybody looking when the emulator ended."""
        for alarm in self._alarms.all():
            if "AlarmRule" in alarm and self._state(alarm) != alarm["StateValue"] and self.below(alarm):
                newest = max(self.below(alarm), key=lambda child: float(child["StateTransitionedTimestamp"]))
                await self._move(alarm, newest)

    async def _follow(self, child: Alarm) -> None:
        for alarm in self.above(child["AlarmName"]):
            if self._state(alarm) != alarm["StateValue"] and not self._is_cyclic(alarm):
                await self._move(alarm, child)

    async def _move(self, alarm: Alarm, child: Alarm) -> None:
        at = datetime.fromtimestamp(child["StateTransitionedTimestamp"], UTC)
        reason = f"{child['AlarmArn']} transitioned to {child['StateValue']} at {at:%A %d %B, %Y %H:%M:%S} UTC"
        await self._alarms.move(alarm, self._state(alarm), reason, _reason_data([child]))

    def _state(self, alarm: Alarm) -> State:
        rule = parse_rule(alarm["AlarmRule"])
        states = {child["AlarmName"]: child["StateValue"] for child in self.below(alarm)}
        return State.ALARM if rule.holds(states) else State.OK

    def _is_cyclic(self, alarm: Alarm) -> bool:
        """Whether an alarm depends on itself: CloudWatch does not evaluate those."""
        seen, waiting = set[str](), self.below(alarm)
        while waiting:
            child = waiting.pop()
            if child["AlarmName"] == alarm["AlarmName"]:
                return True
            if child["AlarmName"] not in seen and "AlarmRule" in child:
                seen.add(child["AlarmName"])
                waiting += self.below(child)
        return False


def _reason_data(children: Sequence[Alarm]) -> str:
    shown = [
        {
            "arn": child["AlarmArn"],
            "state": {"value": child["StateValue"], "timestamp": shown_time(child["StateUpdatedTimestamp"])},
        }
        for child in children
    ]
    return json.dumps({"triggeringAlarms": shown}, separators=(",", ":"))
