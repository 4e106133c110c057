"""Rules: put, describe, list, enable, disable, delete; and their targets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.events.errors import (
    invalid_pattern,
    limit_exceeded,
    managed_rule,
    untrusting_role,
    validation,
)
from mlfn_localstack.services.events.model import DEFAULT_BUS, PRINCIPAL
from mlfn_localstack.services.events.paging import page
from mlfn_localstack.services.events.patterns import PatternError, compile_pattern
from mlfn_localstack.services.events.schedules import ScheduleError, moment, parse_schedule
from mlfn_localstack.services.events.tags import tag_map

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.events.model import EventsState, Rule

MAX_RULES = 300
_NAME = re.compile(r"[.\-_A-Za-z0-9]+")
_DEFINED = ("EventPattern", "ScheduleExpression", "State", "Description", "RoleArn")
_SHOWN = ("Name", "Arn", *_DEFINED, "ManagedBy", "EventBusName")


class RuleOperations:
    """Rules of a bus."""

    def __init__(self, state: EventsState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "PutRule": self.put,
            "DescribeRule": self.describe,
            "ListRules": self.list,
            "ListRuleNamesByTarget": self.list_by_target,
            "EnableRule": self.enable,
            "DisableRule": self.disable,
            "DeleteRule": self.delete,
        }

    async def put(self, _context: RequestContext, params: Params) -> Result:
        """A new rule, or a rule's new definition; its targets stay."""
        bus, name = self._state.bus_name(params), params["Name"]
        _check(params, bus)
        await self._check_role(params.get("RoleArn"), self._state.rule_arn(bus, name))
        old = self._state.find_rule(bus, name)
        if old is not None:
            check_unmanaged(old)
        if old is None and len(self._state.rules(bus)) >= MAX_RULES:
            raise limit_exceeded()
        rule: Rule = {"Name": name, "EventBusName": bus, "Arn": self._state.rule_arn(bus, name), "State": "ENABLED"}
        rule |= {member: params[member] for member in _DEFINED if params.get(member) not in (None, "")}
        rule |= {"Targets": [], "Tags": tag_map(params.get("Tags"))}
        if old is not None:
            rule |= {"Targets": old["Targets"], "Tags": old["Tags"]}
        self._state.put_rule(rule | {"Due": self._due(rule, old)})
        return {"RuleArn": rule["Arn"]}

    async def describe(self, context: RequestContext, params: Params) -> Result:
        """A rule."""
        return _shown(self._rule(params)) | {"CreatedBy": context.account_id}

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """Rules by prefix."""
        rules, prefix = self._state.rules(self._state.bus_name(params)), params.get("NamePrefix", "")
        return page([_shown(rule) for rule in rules if rule["Name"].startswith(prefix)], params, "Rules")

    async def list_by_target(self, _context: RequestContext, params: Params) -> Result:
        """The names of the rules that have a target."""
        rules, arn = self._state.rules(self._state.bus_name(params)), params["TargetArn"]
        names = [rule["Name"] for rule in rules if any(target["Arn"] == arn for target in rule["Targets"])]
        return page(names, params, "RuleNames")

    async def enable(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the rule applies."""
        return self._switch(params, "ENABLED")

    async def disable(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the rule applies no more."""
        return self._switch(params, "DISABLED")

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the rule is gone, or if there was none; its targets must be gone before."""
        rule = self._state.find_rule(self._state.bus_name(params), params["Name"])
        if rule is not None:
            check_unmanaged(rule, params)
            if rule["Targets"]:
                raise validation("Rule can't be deleted since it has targets.")
            self._state.delete_rule(rule)
        return {}

    def _rule(self, params: Params) -> Rule:
        return self._state.rule(self._state.bus_name(params), params["Name"])

    async def _check_role(self, role: str | None, rule_arn: str) -> None:
        """Refuse a role that EventBridge may not take on behalf of a rule."""
        if not role:
            return
        asked = {"RoleArn": role, "RoleSessionName": "check"}
        gateway = self._state.environment.gateway
        try:
            await gateway.call("sts", "AssumeRole", asked, principal=PRINCIPAL, source_arn=rule_arn)
        except ServiceError as error:
            raise untrusting_role(role, PRINCIPAL) from error

    def _switch(self, params: Params, state: str) -> Result:
        old = self._rule(params)
        check_unmanaged(old)
        rule = old | {"State": state}
        self._state.put_rule(rule | {"Due": self._due(rule, old)})
        return {}

    def _due(self, rule: Rule, old: Rule | None) -> float | None:
        """When the rule's schedule fires next: as before if that is still what it says."""
        if rule["State"] == "DISABLED" or "ScheduleExpression" not in rule:
            return None
        if old and old.get("Due") and old.get("ScheduleExpression") == rule["ScheduleExpression"]:
            return float(old["Due"])
        due = parse_schedule(rule["ScheduleExpression"]).next_after(moment(self._state.clock()))
        return due.timestamp() if due else None


def _check(params: Params, bus: str) -> None:
    if _NAME.fullmatch(params["Name"]) is None:
        raise validation(f"Parameter Name is not valid: {params['Name']}")
    pattern, schedule = params.get("EventPattern"), params.get("ScheduleExpression")
    if not pattern and not schedule:
        raise validation("Parameter(s) EventPattern or ScheduleExpression must be specified.")
    if pattern:
        check_pattern(pattern)
    if not schedule:
        return
    if bus != DEFAULT_BUS:
        raise validation("ScheduleExpression is supported only on the default event bus.")
    try:
        parse_schedule(schedule)
    except ScheduleError:
        raise validation("Parameter ScheduleExpression is not valid.") from None


def check_unmanaged(rule: Rule, params: Params | None = None) -> None:
    """Refuse to touch what a service keeps for itself, but by `Force` where that is a parameter.

    Raises:
        ServiceError: ManagedRuleException.
    """
    if "ManagedBy" in rule and not (params and params.get("Force")):
        raise managed_rule(rule["Name"], rule["ManagedBy"])


def check_pattern(pattern: str) -> None:
    """Refuse what is no event pattern.

    Raises:
        ServiceError: InvalidEventPatternException.
    """
    try:
        compile_pattern(pattern)
    except PatternError as error:
        raise invalid_pattern(error.told(pattern, f'(String)"{pattern}"')) from None


def _shown(rule: Rule) -> dict[str, Any]:
    return {name: rule[name] for name in _SHOWN if name in rule}
