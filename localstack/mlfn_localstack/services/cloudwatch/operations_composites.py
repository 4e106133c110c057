"""PutCompositeAlarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.cloudwatch import errors
from mlfn_localstack.services.cloudwatch.alarm_rules import RuleError, parse_rule
from mlfn_localstack.services.cloudwatch.operations_alarms import check_actions, define

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Environment, Operation, Params, RequestContext, Result
    from mlfn_localstack.services.cloudwatch.alarms import Alarms
    from mlfn_localstack.services.cloudwatch.composites import Composites

_KEPT = ("AlarmDescription", "AlarmRule")
_UNSUPPORTED = (
    *("ActionConfiguration", "ActionsSuppressor"),
    *("ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"),
)


class CompositeOperations:
    """Alarms about alarms."""

    def __init__(self, environment: Environment, alarms: Alarms, composites: Composites) -> None:
        self._environment = environment
        self._alarms = alarms
        self._composites = composites

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {"PutCompositeAlarm": self.put}

    async def put(self, context: RequestContext, params: Params) -> Result:
        """A new composite alarm, or another definition of one, in the state that its rule gives."""
        self._check(params)
        kept = {member: params[member] for member in _KEPT if member in params}
        alarm, is_new = define(self._environment, self._alarms, params, kept)
        await self._composites.settle(
            alarm, "created and its alarm rule" if is_new else "updated and its new alarm rule"
        )
        return {}

    def _check(self, params: Params) -> None:
        unsupported = [name for name in _UNSUPPORTED if name in params]
        if unsupported:
            raise errors.validation(f"The emulator does not support {unsupported[0]} of alarms.")
        text = params["AlarmRule"]
        if text != text.strip() or not text:
            raise errors.validation("AlarmRule must not contain leading or trailing whitespace or be null")
        try:
            children = parse_rule(text).children
        except RuleError as error:
            raise errors.validation(f"Error in AlarmRule [{error}]") from error
        missing = [name for name in children if name != params["AlarmName"] and self._alarms.get(name) is None]
        if missing:
            message = (
                f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm rule do not exist"
            )
            raise errors.validation(message)
        check_actions(params)
