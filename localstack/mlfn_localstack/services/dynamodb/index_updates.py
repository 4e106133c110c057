"""What GlobalSecondaryIndexUpdates change: indexes come, go, or can take more or less."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb import schema, throughput
from mlfn_localstack.services.dynamodb.errors import constraint, invalid, limit_exceeded, missing_index, validation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlfn_localstack.service import Params
    from mlfn_localstack.services.dynamodb.model import Index, Table
    from mlfn_localstack.services.dynamodb.throughput import Scope

_ACTIONS = ("Update", "Create", "Delete")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One entry: what it does with which index."""

    action: str
    body: Mapping[str, Any]
    name: str


def updated_indexes(table: Table, params: Params, scope: Scope) -> tuple[Table, list[Index], list[Index]]:
    """The table after GlobalSecondaryIndexUpdates, and which indexes were added and dropped.

    Raises:
        ServiceError: in the service's words.
    """
    entries = [_entry(given) for given in params.get("GlobalSecondaryIndexUpdates") or ()]
    _check_each_once(entries)
    _check_one_at_a_time(entries)
    kinds = {key.name: key.kind for key in _all_keys(table)} | schema.attribute_kinds(params)
    added: list[Index] = []
    dropped: list[Index] = []
    for entry in entries:
        match entry.action:
            case "Create":
                if not params.get("AttributeDefinitions"):
                    raise invalid(f"AttributeDefinitions is not specified for index: {entry.name}")
                table, index = _created(table, entry, kinds, scope)
                added.append(index)
            case "Delete":
                dropped.append(_existing(table, entry.name, "delete"))
                table = replace(table, indexes=tuple(index for index in table.indexes if index.name != entry.name))
            case _:
                changed = _rescaled(_existing(table, entry.name, "update"), entry, scope)
                others = tuple(changed if index.name == entry.name else index for index in table.indexes)
                table = replace(table, indexes=others)
    return table, added, dropped


def _entry(given: Mapping[str, Any]) -> _Entry:
    actions = [action for action in _ACTIONS if given.get(action) is not None]
    if not actions:
        named = ", ".join(f"GlobalSecondaryIndexUpdate.{action}" for action in _ACTIONS)
        raise invalid(f"One of {named} must not be null")
    if len(actions) > 1:
        raise invalid("Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object")
    body = given[actions[0]]
    if body.get("IndexName") is None:
        place = f"globalSecondaryIndexUpdates.1.member.{actions[0].lower()}.indexName"
        raise constraint("null", place, "Member must not be null")
    return _Entry(action=actions[0], body=body, name=body["IndexName"])


def _check_each_once(entries: list[_Entry]) -> None:
    names = [entry.name for entry in entries]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise invalid(f"Only one global secondary index update per index is allowed simultaneously. Index: {twice}")


def _check_one_at_a_time(entries: Iterable[_Entry]) -> None:
    online = [entry.action for entry in entries if entry.action != "Update"]
    if len(online) > 1:
        raise limit_exceeded("Only 1 online index can be created or deleted simultaneously per table")


def _created(table: Table, entry: _Entry, kinds: Mapping[str, str], scope: Scope) -> tuple[Table, Index]:
    index = schema.global_index(entry.body, table.next_index, kinds, replace(scope, creating=True), with_table=False)
    if table.index(index.name):
        raise validation("Attempting to create an index which already exists")
    if len(table.global_indexes) == schema.MAX_GLOBAL:
        raise limit_exceeded(f"Number of global secondary indexes exceeds per-table limit of {schema.MAX_GLOBAL}")
    return replace(table, indexes=(*table.indexes, index), next_index=table.next_index + 1), index


def _rescaled(index: Index, entry: _Entry, scope: Scope) -> Index:
    scope = replace(scope, index=index.name)
    given, limit, warm = (entry.body.get(f"{kind}Throughput") for kind in ("Provisioned", "OnDemand", "Warm"))
    if warm == {}:
        some = "WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond specified"
        raise invalid(f"{some} for index: {index.name}")
    if scope.on_demand and not (limit or warm):
        only = f"The only Updates for index: {index.name} when TableThroughputMode is PAY_PER_REQUEST"
        raise invalid(f"{only} can be to OnDemandThroughput, WarmThroughput")
    if scope.on_demand and given is not None:
        neither = f"{throughput.NEITHER} can be specified for index: {index.name}"
        raise invalid(f"{neither} when BillingMode is PAY_PER_REQUEST")
    if given is not None:
        wanted = throughput.provisioned(given, "globalSecondaryIndexUpdates.1.member.update.provisionedThroughput")
        index = replace(index, throughput=throughput.changed(index.throughput, wanted, scope.subject))
    floor = throughput.warm_units(index, on_demand=scope.on_demand)
    return replace(
        index, limit=throughput.limited(limit, index.limit, scope), warm=throughput.warmed(warm, floor, scope)
    )


def _existing(table: Table, name: str, verb: str) -> Index:
    index = table.index(name)
    if index is None:
        raise missing_index(name, table.name)
    if index.local:
        raise validation(f"Cannot {verb} an index that is not a GlobalSecondaryIndex: {name}")
    return index


def _all_keys(table: Table) -> list[Any]:
    return [*table.schema.keys, *(key for index in table.indexes for key in index.schema.keys)]
