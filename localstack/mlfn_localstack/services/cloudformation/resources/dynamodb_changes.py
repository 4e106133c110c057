"""The requests that make a table what a template wants: UpdateTable changes one thing at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Properties = Mapping[str, Any]
    Change = dict[str, Any]
    """Parameters of UpdateTable, but for the table's name."""

_BILLING = ("BillingMode", "ProvisionedThroughput", "OnDemandThroughput")
_LIMITS = ("MaxReadRequestUnits", "MaxWriteRequestUnits")
_DEFAULTS = {"TableClass": "STANDARD", "DeletionProtectionEnabled": False}
"""What a property that a template no longer has goes back to."""


def changes(new: Properties, old: Properties, table: Properties) -> Iterator[Change]:
    """What differs from the table as it is, of the properties that a template changed (all, if `old` is empty)."""

    def touched(*names: str) -> bool:
        return not old or any(new.get(name) != old.get(name) for name in names)

    if touched(*_BILLING) and (billing := _billing(new, table)):
        yield billing
    actual = {
        "TableClass": table.get("TableClassSummary", {}).get("TableClass", "STANDARD"),
        "DeletionProtectionEnabled": table.get("DeletionProtectionEnabled", False),
    }
    for name, default in _DEFAULTS.items():
        if touched(name) and new.get(name, default) != actual[name]:
            yield {name: new.get(name, default)}
    warm = new.get("WarmThroughput")
    if touched("WarmThroughput") and warm and not _holds(warm, table["WarmThroughput"]):
        yield {"WarmThroughput": warm}


def index_changes(new: Properties, table: Properties) -> Iterator[Change]:
    """What makes the table's global indexes those of a template: first what goes, then what comes or can take more."""
    wanted = {one["IndexName"]: one for one in new.get("GlobalSecondaryIndexes", [])}
    actual = {one["IndexName"]: one for one in table.get("GlobalSecondaryIndexes", [])}
    kept = {name for name, one in actual.items() if name in wanted and _same_shape(wanted[name], one)}
    for name in actual.keys() - kept:
        yield {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]}
    for name, body in wanted.items():
        if name not in kept:
            definitions = new.get("AttributeDefinitions")
            yield {"AttributeDefinitions": definitions, "GlobalSecondaryIndexUpdates": [{"Create": body}]}
        elif update := _rescaling(body, actual[name]):
            yield {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": name, **update}}]}


def _billing(new: Properties, table: Properties) -> Change:
    mode, was = new.get("BillingMode", "PROVISIONED"), table.get("BillingModeSummary", {}).get("BillingMode")
    change: Change = {} if mode == (was or "PROVISIONED") else {"BillingMode": mode}
    if mode == "PAY_PER_REQUEST":
        limits = _limits(new.get("OnDemandThroughput"), table)
        return change | ({"OnDemandThroughput": limits} if limits else {})
    units = new.get("ProvisionedThroughput")
    if units and (change or not _holds(units, table["ProvisionedThroughput"])):
        change["ProvisionedThroughput"] = units
    indexes = {one["IndexName"] for one in table.get("GlobalSecondaryIndexes", [])}
    follow = [
        {"Update": {name: one[name] for name in ("IndexName", "ProvisionedThroughput") if name in one}}
        for one in new.get("GlobalSecondaryIndexes", [])
        if one["IndexName"] in indexes
    ]
    return change | ({"GlobalSecondaryIndexUpdates": follow} if follow and "BillingMode" in change else {})


def _limits(wanted: Properties | None, owner: Properties) -> dict[str, int]:
    """The limits that differ; -1 takes one away."""
    new, had = wanted or {}, owner.get("OnDemandThroughput", {})
    return {name: new.get(name, -1) for name in _LIMITS if new.get(name) != had.get(name)}


def _rescaling(body: Properties, index: Properties) -> Change:
    units, warm = body.get("ProvisionedThroughput"), body.get("WarmThroughput")
    found: Change = {}
    if units and not _holds(units, index["ProvisionedThroughput"]):
        found["ProvisionedThroughput"] = units
    if limits := _limits(body.get("OnDemandThroughput"), index):
        found["OnDemandThroughput"] = limits
    if warm and not _holds(warm, index["WarmThroughput"]):
        found["WarmThroughput"] = warm
    return found


def _holds(wanted: Properties, actual: Properties) -> bool:
    return all(actual.get(name) == value for name, value in wanted.items())


def _same_shape(body: Properties, index: Properties) -> bool:
    """Whether an index has the keys and attributes that are wanted: what it can take is changed in place."""
    projection, actual = body["Projection"], index["Projection"]
    keys = sorted(projection.get("NonKeyAttributes", [])), sorted(actual.get("NonKeyAttributes", []))
    same = projection.get("ProjectionType") == actual["ProjectionType"] and keys[0] == keys[1]
    return bool(same and body["KeySchema"] == index["KeySchema"])
