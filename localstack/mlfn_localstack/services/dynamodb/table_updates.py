"""What UpdateTable changes: one thing at a time, as the service wants it.

The rules and their words are those of the service as it was measured in October 2026.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb import schema, throughput
from mlfn_localstack.services.dynamodb.errors import invalid, validation
from mlfn_localstack.services.dynamodb.index_updates import updated_indexes
from mlfn_localstack.services.dynamodb.model import Throughput, Units
from mlfn_localstack.services.dynamodb.throughput import Scope

if TYPE_CHECKING:
    from mlfn_localstack.service import Params
    from mlfn_localstack.services.dynamodb.model import Index, Table

_UNSUPPORTED = ("ReplicaUpdates", "GlobalTableWitnessUpdates", "GlobalTableSettingsReplicationMode")
_UPDATES = (
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexUpdates",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "SSESpecification",
    "StreamSpecification",
    "TableClass",
    "WarmThroughput",
)
_ALONE = {
    "SSESpecification": "Server-Side Encryption modification",
    "TableClass": "TableClass modification",
    "DeletionProtectionEnabled": "DeletionProtection modification",
    "WarmThroughput": "WarmThroughput",
}
"""What has to be the only change of a request; of several, the first is named."""
_NEEDED = (
    *("ProvisionedThroughput", "BillingMode", "UpdateStreamEnabled", "GlobalSecondaryIndexUpdates"),
    *("SSESpecification", "ReplicaUpdates", "MultiAccountReplicaReady", "ReplicaTransitRoleArn"),
    *("MultiRegionConsistency", "DeletionProtectionEnabled", "OnDemandThroughput", "WarmThroughput"),
)
_IN_PLACE = {"DeletionProtectionEnabled", "OnDemandThroughput", "SSESpecification", "WarmThroughput"}
"""Changes during which a table stays active."""
_NOTHING_IF_EMPTY = {"GlobalSecondaryIndexUpdates", "OnDemandThroughput", "WarmThroughput"}
_CLASSES = ("STANDARD", "STANDARD_INFREQUENT_ACCESS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A table after a change, and the indexes that came and went."""

    table: Table
    added: tuple[Index, ...] = ()
    dropped: tuple[Index, ...] = ()


def status_of(params: Params) -> str:
    """What UpdateTable says of the table's state."""
    return "ACTIVE" if set(_given(params)) <= _IN_PLACE else "UPDATING"


def updated(table: Table, params: Params, label: str) -> Update:
    """The table as UpdateTable wants it; `label` names a stream that begins.

    Raises:
        ServiceError: ValidationException or LimitExceededException, in the service's words.
    """
    _check_together(params)
    changed = _with_class(_with_stream(_with_billing(_with_floors(table), params), params, label), params)
    scope = Scope(region=table.arn.split(":")[3], on_demand=changed.on_demand, creating=False)
    changed = replace(
        changed,
        limit=throughput.limited(params.get("OnDemandThroughput"), changed.limit, scope),
        warm=throughput.warmed(params.get("WarmThroughput"), changed.warm, scope),
        deletion_protection=params.get("DeletionProtectionEnabled", table.deletion_protection),
        encryption=_encryption(table, params),
    )
    changed, added, dropped = updated_indexes(changed, params, scope)
    _check_indexes_follow(table, changed)
    return Update(table=changed, added=tuple(added), dropped=tuple(dropped))


def _given(params: Params) -> list[str]:
    """The changes that a request asks for."""
    given = [name for name in _UPDATES if params.get(name) is not None]
    return [name for name in given if params[name] or name not in _NOTHING_IF_EMPTY]


def _check_together(params: Params) -> None:
    unsupported = [name for name in _UNSUPPORTED if params.get(name) not in (None, "DISABLED")]
    if unsupported:
        raise validation(f"The emulator's tables have no replicas: it does not support {', '.join(unsupported)}.")
    given = _given(params)
    if not given:
        needed = ", ".join(name for name in _NEEDED if name != "MultiRegionConsistency" or not params.get(name))
        raise validation(f"At least one of {needed} or TableClass is required")
    alone = next((name for name in _ALONE if name in given), None)
    if alone == "WarmThroughput" and any(
        entry.get("Create") for entry in params.get("GlobalSecondaryIndexUpdates") or ()
    ):
        raise invalid("Create global secondary index cannot be specified when updating WarmThroughput")
    if alone is not None and len(given) > 1:
        raise invalid(f"{_ALONE[alone]} must be the only operation in the request")
    if "OnDemandThroughput" in given and not {"OnDemandThroughput", "BillingMode"}.issuperset(given):
        raise invalid("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request")
    if params.get("GlobalSecondaryIndexUpdates") == []:
        raise invalid("List of GlobalSecondaryIndexUpdates is empty")
    _check_indexes_apart(params, given)


def _check_indexes_apart(params: Params, given: list[str]) -> None:
    rescales = "ProvisionedThroughput" in given or params.get("BillingMode") == "PROVISIONED"
    if "StreamSpecification" in given and rescales:
        raise invalid("You cannot modify stream status while updating table IOPS")
    entries = params.get("GlobalSecondaryIndexUpdates") or ()
    if any(entry.get("Create") or entry.get("Delete") for entry in entries):
        if rescales:
            raise invalid("You cannot create or delete index while updating table IOPS")
        if "StreamSpecification" in given:
            raise invalid("You cannot create or delete index while changing stream status")


def _with_floors(table: Table) -> Table:
    """The table knowing what it and its indexes can take at once, which becomes less for no change."""
    indexes = tuple(
        replace(index, warm=throughput.warm_units(index, on_demand=table.on_demand)) for index in table.indexes
    )
    return replace(table, warm=throughput.warm_units(table, on_demand=table.on_demand), indexes=indexes)


def _with_billing(table: Table, params: Params) -> Table:
    given, mode = params.get("ProvisionedThroughput"), params.get("BillingMode")
    wanted = None if given is None else throughput.provisioned(given)
    on_demand = table.on_demand if mode is None else throughput.is_on_demand(params)
    if mode == "PROVISIONED" and wanted is None:
        raise invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
    if on_demand and wanted is not None:
        what = "ProvisionedThroughput cannot be" if mode else f"{throughput.NEITHER} can be"
        raise invalid(f"{what} specified when BillingMode is PAY_PER_REQUEST")
    if on_demand:
        return table if table.on_demand else _made_on_demand(table)
    if wanted is None:
        return table
    if table.on_demand:
        indexes = tuple(replace(index, limit=Units()) for index in table.indexes)
        kept = _kept(table.throughput, wanted)
        return replace(table, on_demand=False, limit=Units(), throughput=kept, indexes=indexes)
    return replace(table, throughput=throughput.changed(table.throughput, wanted, "table"))


def _made_on_demand(table: Table) -> Table:
    none = Throughput()
    indexes = tuple(replace(index, throughput=_kept(index.throughput, none)) for index in table.indexes)
    now = round(time.time(), 3)
    kept = _kept(table.throughput, none)
    return replace(table, on_demand=True, on_demand_since=now, throughput=kept, indexes=indexes)


def _kept(before: Throughput, wanted: Throughput) -> Throughput:
    """Other units, with the times of the changes before."""
    return replace(before, read=wanted.read, write=wanted.write)


def _check_indexes_follow(before: Table, after: Table) -> None:
    if before.on_demand and not after.on_demand:
        for index in after.global_indexes:
            if not index.throughput.read:
                raise invalid(f"ProvisionedThroughput must be specified for index: {index.name}")


def _with_stream(table: Table, params: Params, label: str) -> Table:
    if params.get("StreamSpecification") is None:
        return table
    stream = schema.stream(params, label, creating=False)
    if stream is not None and table.stream is not None:
        raise validation(f"Table already has an enabled stream: TableName: {table.name}")
    if stream is None and table.stream is None:
        raise validation(f"Table has no stream to disable: TableName: {table.name}")
    return replace(table, stream=stream, last_stream=table.stream or table.last_stream)


def _with_class(table: Table, params: Params) -> Table:
    wanted = params.get("TableClass")
    if wanted is None or wanted == (table.table_class or "STANDARD"):
        return table
    return replace(table, table_class=wanted, table_class_since=round(time.time(), 3))


def check_class(params: Params) -> None:
    """Refuse a TableClass that is none.

    Raises:
        ServiceError: ValidationException.
    """
    if params.get("TableClass") not in (None, *_CLASSES):
        again = "Please try again with a valid table-class value"
        raise validation(f"Invalid table-class parameter provided. {again}: [{', '.join(_CLASSES)}].")


def _encryption(table: Table, params: Params) -> dict[str, Any] | None:
    wanted: dict[str, Any] | None = params.get("SSESpecification")
    if wanted is None:
        return table.encryption
    check_encryption(wanted)
    if not is_encrypted(wanted) and not is_encrypted(table.encryption):
        raise invalid("Table is already encrypted by default")
    return wanted


def check_encryption(wanted: dict[str, Any]) -> None:
    """Refuse an SSESpecification that contradicts itself.

    Raises:
        ServiceError: ValidationException.
    """
    kind, key = wanted.get("SSEType"), wanted.get("KMSMasterKeyId")
    if wanted.get("Enabled") is False and kind:
        raise invalid("SSEType can not be specified if Enabled is false")
    if wanted.get("Enabled") is False and key:
        raise invalid("KMSMasterKeyId can not be specified if Enabled is false")
    if kind == "AES256":
        raise invalid("SSEType AES256 is not supported")
    if key and kind != "KMS":
        raise invalid("SSEType KMS is required if KMSMasterKeyId is specified")


def is_encrypted(encryption: dict[str, Any] | None) -> bool:
    """Whether by another key than DynamoDB's own."""
    return bool(encryption and encryption.get("Enabled", "SSEType" in encryption))
