"""CreateTable, DescribeTable, UpdateTable, DeleteTable and ListTables."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb import schema, tags
from mlfn_localstack.services.dynamodb.describe import describe, describe_encryption, describe_index, describe_warm
from mlfn_localstack.services.dynamodb.errors import constraint, resource_in_use, validation
from mlfn_localstack.services.dynamodb.model import Table, Units
from mlfn_localstack.services.dynamodb.policies import check_policy
from mlfn_localstack.services.dynamodb.table_updates import (
    check_class,
    check_encryption,
    is_encrypted,
    status_of,
    updated,
)
from mlfn_localstack.services.dynamodb.tables import table_name
from mlfn_localstack.services.dynamodb.throughput import (
    Scope,
    decreases_today,
    is_on_demand,
    limited,
    of_new_table,
    warm_units,
    warmed,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Params, Result
    from mlfn_localstack.services.dynamodb.database import Database, SyncOperation

_UNSUPPORTED = ("GlobalTableSourceArn", "GlobalTableSettingsReplicationMode")
_MAX_PAGE = 100


def operations(database: Database) -> Mapping[str, SyncOperation]:
    """This group's operations."""
    tables = TableOperations(database)
    return {
        "CreateTable": tables.create,
        "DescribeTable": tables.describe,
        "UpdateTable": tables.update,
        "DeleteTable": tables.delete,
        "ListTables": tables.list,
    }


class TableOperations:
    """Operations on tables; each takes effect at once, though the answer says that it is under way."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tables = database.tables

    def create(self, params: Params) -> Result:
        """Make a table."""
        table = self._new(params)
        if self._tables.find(table.name):
            raise resource_in_use(f"Table already exists: {table.name}")
        self._tables.save(replace(table, id=self._tables.next_id()))
        table = self._tables.named(table.name)
        self._database.streams.open(table)
        description = describe(self._database, table, "CREATING")
        if params.get("WarmThroughput"):
            description["WarmThroughput"] = describe_warm(table, table, "UPDATING")
        return {"TableDescription": description}

    def _new(self, params: Params) -> Table:
        """The table that CreateTable asks for, without its number."""
        name = table_name(params.get("TableName"), minimum=3)
        _check_supported(params)
        kinds = schema.attribute_kinds(params)
        keys = schema.key_schema(params.get("KeySchema"), kinds)
        on_demand = is_on_demand(params)
        scope = Scope(region=self._database.region, on_demand=on_demand, creating=True)
        throughput = of_new_table(params, on_demand=on_demand)
        indexes = schema.indexes(params, keys, kinds, scope)
        schema.check_all_used(kinds, keys, indexes)
        _check_settings(params)
        now = round(time.time(), 3)
        table = Table(
            id=0,
            uuid=str(uuid.uuid4()),
            name=name,
            arn=f"arn:aws:dynamodb:{self._database.region}:{self._database.account_id}:table/{name}",
            created_at=now,
            schema=keys,
            indexes=indexes,
            on_demand=on_demand,
            on_demand_since=now if on_demand else None,
            throughput=throughput,
            limit=limited(params.get("OnDemandThroughput"), Units(), scope),
            table_class=params.get("TableClass"),
            stream=schema.stream(params, _label(), creating=True),
            deletion_protection=bool(params.get("DeletionProtectionEnabled")),
            encryption=self._database.keys.settled(params.get("SSESpecification")),
            tags=tags.added((), params.get("Tags") or ()),
            policy=params.get("ResourcePolicy"),
            next_index=len(indexes) + 1,
        )
        return replace(table, warm=warmed(params.get("WarmThroughput"), warm_units(table, on_demand=on_demand), scope))

    def describe(self, params: Params) -> Result:
        """What a table is."""
        table = self._tables.named(params.get("TableName"))
        since = self._database.keys.inaccessible_since(table)
        if since is None:
            return {"Table": describe(self._database, table)}
        description = describe(self._database, table, "INACCESSIBLE_ENCRYPTION_CREDENTIALS")
        description.setdefault("SSEDescription", {})["InaccessibleEncryptionDateTime"] = since
        return {"Table": description}

    def delete(self, params: Params) -> Result:
        """Remove a table and its items; its stream stays readable."""
        table = self._tables.named(params.get("TableName"))
        if table.deletion_protection:
            protected = "Resource cannot be deleted as it is currently protected against deletion."
            raise validation(f"{protected} Disable deletion protection first.")
        description = describe(self._database, table, "DELETING")
        if table.stream_arn is not None:
            self._database.streams.close(table.stream_arn)
        self._database.items.drop(table)
        self._tables.remove(table)
        return {"TableDescription": description}

    def list(self, params: Params) -> Result:
        """The names of the tables, a page at a time."""
        limit, after = params.get("Limit", _MAX_PAGE), params.get("ExclusiveStartTableName", "")
        if not 1 <= limit <= _MAX_PAGE:
            rule = "greater than or equal to 1" if limit < 1 else f"less than or equal to {_MAX_PAGE}"
            raise constraint(f"'{limit}'", "limit", f"Member must have value {rule}")
        names = [name for name in self._tables.names() if name > after]
        result: Result = {"TableNames": names[:limit]}
        if len(names) > limit:
            result["LastEvaluatedTableName"] = names[limit - 1]
        return result

    def update(self, params: Params) -> Result:
        """Change one thing of a table."""
        check_class(params)
        table = self._tables.named(params.get("TableName"))
        update = updated(table, params, _label())
        changed = self._under_key(table, update.table)
        going = [describe_index(self._database, table, index, "DELETING") for index in update.dropped]
        for index in update.dropped:
            self._database.items.drop_index(changed, index)
        for index in update.added:
            self._database.items.add_index(changed, index)
        self._tables.save(changed)
        self._switch_stream(table, changed)
        description = describe(self._database, changed, status_of(params))
        _show_indexes(description, {index.name for index in update.added}, going)
        return {"TableDescription": description | _under_way(description, table, changed, params)}

    def _under_key(self, before: Table, after: Table) -> Table:
        """A table with its key's ARN for whatever names the key; to change that takes the key that it was under."""
        if before.encryption == after.encryption:
            return after
        self._database.keys.check(before)
        return replace(after, encryption=self._database.keys.settled(after.encryption))

    def _switch_stream(self, before: Table, after: Table) -> None:
        if before.stream == after.stream:
            return
        if before.stream is not None and before.stream_arn is not None:
            self._database.streams.close(before.stream_arn)
        self._database.streams.open(after)


def _check_supported(params: Params) -> None:
    given = [name for name in _UNSUPPORTED if params.get(name) not in (None, "DISABLED")]
    if given:
        raise validation(f"The emulator's tables have no replicas: it does not support {', '.join(given)}.")


def _check_settings(params: Params) -> None:
    check_class(params)
    check_encryption(params.get("SSESpecification") or {})
    if params.get("ResourcePolicy") is not None:
        check_policy(params["ResourcePolicy"])


def _label() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]


def _show_indexes(description: Result, added: set[str], going: list[Result]) -> None:
    """Show indexes that an update adds and drops as being made and deleted."""
    for index in description.get("GlobalSecondaryIndexes", ()):
        if index["IndexName"] in added:
            index |= {"IndexStatus": "CREATING", "Backfilling": False}
    if going:
        description["GlobalSecondaryIndexes"] = [*description.get("GlobalSecondaryIndexes", ()), *going]


def _under_way(description: Mapping[str, Any], before: Table, after: Table, params: Params) -> dict[str, Any]:
    """What UpdateTable shows in another way than DescribeTable afterwards: mostly what was there before."""
    shown: dict[str, Any] = {}
    if params.get("ProvisionedThroughput") and not before.on_demand:
        units = {**description["ProvisionedThroughput"], "NumberOfDecreasesToday": decreases_today(before.throughput)}
        old = {"ReadCapacityUnits": before.throughput.read, "WriteCapacityUnits": before.throughput.write}
        shown["ProvisionedThroughput"] = units | old
    if after.on_demand and not before.on_demand:
        shown["BillingModeSummary"] = {"BillingMode": "PAY_PER_REQUEST"}
    if params.get("WarmThroughput"):
        shown["WarmThroughput"] = describe_warm(before, before, "UPDATING")
    if params.get("OnDemandThroughput"):
        cleared = {name: units for name, units in params["OnDemandThroughput"].items() if units == -1}
        shown["OnDemandThroughput"] = description.get("OnDemandThroughput", {}) | cleared
    if params.get("TableClass") and before.table_class:
        shown["TableClassSummary"] = {"TableClass": before.table_class}
    encryption = after.encryption if is_encrypted(after.encryption) else before.encryption
    was = (is_encrypted(before.encryption), before.encryption)
    if encryption and was != (is_encrypted(after.encryption), after.encryption):
        shown["SSEDescription"] = describe_encryption(before, encryption, "UPDATING")
    return shown
