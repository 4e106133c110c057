"""What tables and indexes can take: provisioned, at most when billed per request, and at once.

The rules and their words are those of the service as it was measured in October 2026.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb.errors import constraint, constraints, invalid, limit_exceeded, validation
from mlfn_localstack.services.dynamodb.model import Throughput, Units

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Params
    from mlfn_localstack.services.dynamodb.model import Index, Table

ON_DEMAND = "PAY_PER_REQUEST"
MAX_UNITS = 40_000
_BILLING_MODES = ("PROVISIONED", ON_DEMAND)
_INITIAL = Units(read=12_000, write=4_000)
"""What a new table that is billed per request can take at once."""
_CAPACITY = {"read": "ReadCapacityUnits", "write": "WriteCapacityUnits"}
_LIMITS = {"read": "MaxReadRequestUnits", "write": "MaxWriteRequestUnits"}
_WARM = {"read": "ReadUnitsPerSecond", "write": "WriteUnitsPerSecond"}
_LOWER = {
    "initial": "initial throughput for OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide"
    "/on-demand-capacity-mode.html#on-demand-capacity-mode-initial",
    "current": "current WarmThroughput, decreasing WarmThroughput is not supported",
}
NEITHER = "Neither ReadCapacityUnits nor WriteCapacityUnits"
_SAME_END = "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What throughput is asked for: the table, or one of its indexes."""

    region: str
    on_demand: bool
    creating: bool
    index: str | None = None

    @property
    def subject(self) -> str:
        """`table`, or `index by_time`."""
        return "table" if self.index is None else f"index {self.index}"


def is_on_demand(params: Params) -> bool:
    """Whether BillingMode asks to be billed per request."""
    mode = params.get("BillingMode", "PROVISIONED")
    if mode not in _BILLING_MODES:
        rule = f"Member must satisfy enum value set: [{', '.join(_BILLING_MODES)}]"
        raise constraint(f"'{mode}'", "billingMode", rule)
    return bool(mode == ON_DEMAND)


def provisioned(given: Mapping[str, Any], path: str = "provisionedThroughput") -> Throughput:
    """A ProvisionedThroughput whose members are there and at least 1."""
    broken: list[tuple[str, str, str]] = []
    for member in reversed(_CAPACITY.values()):
        value, place = given.get(member), f"{path}.{member[0].lower()}{member[1:]}"
        if value is None:
            broken.append(("null", place, "Member must not be null"))
        elif value < 1:
            broken.append((f"'{value}'", place, "Member must have value greater than or equal to 1"))
    if broken:
        raise constraints(broken)
    return Throughput(read=given["ReadCapacityUnits"], write=given["WriteCapacityUnits"])


def of_new_table(params: Params, *, on_demand: bool) -> Throughput:
    """The ProvisionedThroughput of CreateTable, which an on-demand table has not and any other must have."""
    given = params.get("ProvisionedThroughput")
    wanted = None if given is None else provisioned(given)
    if on_demand and wanted is not None:
        raise invalid(f"{NEITHER} can be specified when BillingMode is PAY_PER_REQUEST")
    if on_demand:
        return Throughput()
    if wanted is None:
        raise invalid("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
    return wanted


def of_new_index(definition: Mapping[str, Any], scope: Scope, *, with_table: bool) -> Throughput:
    """The ProvisionedThroughput of a new index, made along with its table or later."""
    given, name = definition.get("ProvisionedThroughput"), definition.get("IndexName")
    wanted = None if given is None else provisioned(given)
    if scope.on_demand and wanted is not None:
        when = "when BillingMode is PAY_PER_REQUEST"
        if with_table:
            raise invalid(f"ProvisionedThroughput should not be specified for index: {name} {when}")
        raise invalid(f"{NEITHER} can be specified for index: {name} {when}")
    if scope.on_demand:
        return Throughput()
    if wanted is None:
        raise invalid(f"ProvisionedThroughput {'is not' if with_table else 'must be'} specified for index: {name}")
    return wanted


def changed(before: Throughput, wanted: Throughput, subject: str) -> Throughput:
    """Provisioned capacity after a change, which has to be one."""
    if (before.read, before.write) == (wanted.read, wanted.write):
        kind = subject.split(" ", 1)[0]
        units = "".join(
            f"Current {member} provisioned for the {kind}: {getattr(before, name)}. "
            f"Requested {member}: {getattr(wanted, name)}. "
            for name, member in _CAPACITY.items()
        )
        same = f"The provisioned throughput for the {subject} will not change."
        raise validation(f"{same} The requested value equals the current value. {units}{_SAME_END}")
    now = round(time.time(), 3)
    result = replace(before, read=wanted.read, write=wanted.write)
    if wanted.read > before.read or wanted.write > before.write:
        result = replace(result, increased_at=now)
    if wanted.read < before.read or wanted.write < before.write:
        result = replace(result, decreased_at=now, decreases=decreases_today(before) + 1)
    return result


def decreases_today(throughput: Throughput) -> int:
    """How often capacity was decreased on this day of UTC."""
    if throughput.decreased_at is None:
        return 0
    day = datetime.fromtimestamp(throughput.decreased_at, UTC).date()
    return throughput.decreases if day == datetime.now(UTC).date() else 0


def limited(given: Mapping[str, Any] | None, current: Units, scope: Scope) -> Units:
    """OnDemandThroughput put over what there was; -1 takes a limit away."""
    found: dict[str, int | None] = {}
    for name, member in _LIMITS.items():
        value = (given or {}).get(member)
        if value is None:
            continue
        what = f"{member} for OnDemandThroughput"
        subject = "table" if scope.index is None else f"index : {scope.index}"
        where = "" if scope.index is None else f" for {subject}"
        if not scope.on_demand:
            article, end = ("", ".") if scope.creating else ("the ", "")
            raise invalid(f"{what}{where} cannot be specified when {article}table BillingMode is PROVISIONED{end}")
        clears = value == -1 and not (scope.creating and scope.index is None)
        if value < 1 and not clears:
            raise invalid(f"Requested {what} for {subject} is outside of valid range")
        _check_account(value, name, f"{what} for {subject}", scope)
        found[name] = None if clears else value
    return replace(current, **found)


def warmed(given: Mapping[str, Any] | None, floor: Units, scope: Scope) -> Units:
    """WarmThroughput put over what there is at least."""
    found: dict[str, int] = {}
    for name, member in _WARM.items():
        value = (given or {}).get(member)
        if value is None:
            continue
        what = f"{member} for WarmThroughput for {scope.subject}"
        if value < (getattr(floor, name) or 0):
            why = _LOWER["current"]
            if scope.creating:
                why = _LOWER["initial"] if scope.on_demand else f"{_CAPACITY[name]} of ProvisionedThroughput"
            raise invalid(f"Requested {what} is lower than {why}")
        _check_account(value, name, what, scope)
        found[name] = value
    return replace(floor, **found)


def warm_units(owner: Table | Index, *, on_demand: bool) -> Units:
    """What a table or index can take at once: what it was made ready for, at least what it starts with."""
    start = _INITIAL if on_demand else Units(read=owner.throughput.read, write=owner.throughput.write)
    return Units(
        read=max(start.read or 0, owner.warm.read or 0),
        write=max(start.write or 0, owner.warm.write or 0),
    )


def _check_account(value: int, name: str, what: str, scope: Scope) -> None:
    if value > MAX_UNITS:
        most = f"TableMax{_CAPACITY[name]}"
        raise limit_exceeded(f"Requested {what} exceeds {most} of the account in region {scope.region}")
