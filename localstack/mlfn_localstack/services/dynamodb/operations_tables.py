"""CreateTable, DescribeTable, UpdateTable, DeleteTable and ListTables."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.dynamodb import schema
from mlfn_localstack.services.dynamodb.describe import describe, describe_encryption
from mlfn_localstack.services.dynamodb.errors import constraint, resource_in_use, resource_not_found, validation
from mlfn_localstack.services.dynamodb.model import Index, Table, Throughput
from mlfn_localstack.services.dynamodb.tables import table_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Params, Result
    from mlfn_localstack.services.dynamodb.database import Database, SyncOperation

_UPDATES = (
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexUpdates",
    "ProvisionedThroughput",
    "SSESpecification",
    "StreamSpecification",
    "TableClass",
)
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
        name = table_name(params.get("TableName"), minimum=3)
        kinds = schema.attribute_kinds(params)
        keys = schema.key_schema(params.get("KeySchema"), kinds)
        on_demand = schema.is_on_demand(params)
        throughput = schema.throughput(params, on_demand=on_demand)
        indexes = schema.indexes(params, keys, kinds, on_demand=on_demand)
        schema.check_all_used(kinds, keys, indexes)
        stream = schema.stream(params, _label())
        if self._tables.find(name):
            raise resource_in_use(f"Table already exists: {name}")
        now = round(time.time(), 3)
        table = Table(
            id=self._tables.next_id(),
            uuid=str(uuid.uuid4()),
            name=name,
            arn=f"arn:aws:dynamodb:{self._database.region}:{self._database.account_id}:table/{name}",
            created_at=now,
            schema=keys,
            indexes=indexes,
            on_demand=on_demand,
            on_demand_since=now if on_demand else None,
            throughput=throughput,
            table_class=params.get("TableClass"),
            stream=stream,
            deletion_protection=bool(params.get("DeletionProtectionEnabled")),
            encryption=params.get("SSESpecification"),
            tags=tuple((tag["Key"], tag["Value"]) for tag in params.get("Tags") or ()),
            policy=params.get("ResourcePolicy"),
            next_index=len(indexes) + 1,
        )
        self._tables.save(table)
        self._database.streams.open(table)
        return {"TableDescription": describe(self._database, table, "CREATING")}

    def describe(self, params: Params) -> Result:
        """What a table is."""
        return {"Table": describe(self._database, self._tables.named(params.get("TableName")))}

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
        """Change a table's billing, stream, indexes or protection."""
        table = self._tables.named(params.get("TableName"))
        if not any(params.get(name) is not None for name in _UPDATES):
            raise validation(
                "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates"
                " or SSESpecification or ReplicaUpdates is required"
            )
        changed = _with_stream(_with_billing(table, params), params)
        changed = replace(
            changed,
            deletion_protection=params.get("DeletionProtectionEnabled", table.deletion_protection),
            encryption=params.get("SSESpecification", table.encryption),
            table_class=params.get("TableClass", table.table_class),
        )
        changed, added, dropped = _with_indexes(changed, params)
        for index in dropped:
            self._database.items.drop_index(changed, index)
        for index in added:
            self._database.items.add_index(changed, index)
        self._tables.save(changed)
        self._switch_stream(table, changed)
        description = describe(self._database, changed, "UPDATING")
        encryption = changed.encryption if _is_encrypted(changed) else table.encryption
        if encryption and (_is_encrypted(table), table.encryption) != (_is_encrypted(changed), changed.encryption):
            description["SSEDescription"] = describe_encryption(table, encryption, "UPDATING")
        return {"TableDescription": description}

    def _switch_stream(self, before: Table, after: Table) -> None:
        if before.stream == after.stream:
            return
        if before.stream is not None and before.stream_arn is not None:
            self._database.streams.close(before.stream_arn)
        self._database.streams.open(after)


def _label() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]


def _with_billing(table: Table, params: Params) -> Table:
    on_demand = table.on_demand if params.get("BillingMode") is None else schema.is_on_demand(params)
    if on_demand and not table.on_demand:
        indexes = tuple(replace(index, throughput=Throughput()) for index in table.indexes)
        now = round(time.time(), 3)
        table = replace(table, on_demand=True, on_demand_since=now, throughput=Throughput(), indexes=indexes)
    if params.get("ProvisionedThroughput") is None and on_demand == table.on_demand:
        return table
    return replace(table, on_demand=on_demand, throughput=schema.throughput(params, on_demand=on_demand))


def _is_encrypted(table: Table) -> bool:
    """Whether by another key than DynamoDB's own."""
    return bool(table.encryption and table.encryption.get("Enabled"))


def _with_stream(table: Table, params: Params) -> Table:
    wanted = params.get("StreamSpecification")
    if wanted is None:
        return table
    stream = schema.stream(params, _label())
    if stream is not None and table.stream is not None:
        raise validation(f"Table already has an enabled stream: TableName: {table.name}")
    if stream is None and table.stream is None:
        raise validation(f"Table has no stream to disable: TableName: {table.name}")
    return replace(table, stream=stream, last_stream=table.stream or table.last_stream)


def _with_indexes(table: Table, params: Params) -> tuple[Table, list[Index], list[Index]]:
    """The table after GlobalSecondaryIndexUpdates, and which indexes were added and dropped."""
    updates = params.get("GlobalSecondaryIndexUpdates") or ()
    kinds = {key.name: key.kind for key in _all_keys(table)} | schema.attribute_kinds(params)
    added: list[Index] = []
    dropped: list[Index] = []
    for update in updates:
        match update:
            case {"Create": definition}:
                index = schema.secondary_index(
                    definition, table.next_index, kinds, local=False, on_demand=table.on_demand
                )
                if table.index(index.name):
                    raise validation("Attempting to create an index which already exists")
                added.append(index)
                table = replace(table, indexes=(*table.indexes, index), next_index=table.next_index + 1)
            case {"Delete": {"IndexName": name}}:
                dropped.append(_global_index(table, name))
                table = replace(table, indexes=tuple(index for index in table.indexes if index.name != name))
            case {"Update": definition}:
                table = _with_index_throughput(table, definition)
            case _:
                raise validation(
                    "One or more parameter values were invalid: Update global secondary index action is null"
                )
    _check_one_at_a_time(added, dropped)
    return table, added, dropped


def _with_index_throughput(table: Table, definition: Mapping[str, Any]) -> Table:
    index = _global_index(table, definition["IndexName"])
    changed = replace(index, throughput=schema.throughput(definition, on_demand=table.on_demand, what="index"))
    return replace(table, indexes=tuple(changed if other is index else other for other in table.indexes))


def _global_index(table: Table, name: str) -> Index:
    index = table.index(name)
    if index is None or index.local:
        raise resource_not_found()
    return index


def _all_keys(table: Table) -> list[Any]:
    return [*table.schema.keys, *(key for index in table.indexes for key in index.schema.keys)]


def _check_one_at_a_time(added: list[Index], dropped: list[Index]) -> None:
    if len(added) + len(dropped) > 1:
        what = "created or deleted" if added and dropped else "created" if added else "deleted"
        message = f"Subscriber limit exceeded: Only 1 online index can be {what} simultaneously per table"
        raise ServiceError("LimitExceededException", message)
