"""Tables as DescribeTable and its relatives show them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb.throughput import decreases_today, warm_units

if TYPE_CHECKING:
    from mlfn_localstack.services.dynamodb.database import Database
    from mlfn_localstack.services.dynamodb.model import Index, Key, KeySchema, Table, Throughput, Units


def describe(database: Database, table: Table, status: str = "ACTIVE") -> dict[str, Any]:
    """A TableDescription."""
    total = database.items.totals.of_table(table)
    description: dict[str, Any] = {
        "AttributeDefinitions": [_definition(key) for key in _attributes(table)],
        "TableName": table.name,
        "KeySchema": _key_schema(table.schema),
        "TableStatus": status,
        "CreationDateTime": table.created_at,
        "ProvisionedThroughput": describe_throughput(table.throughput),
        "TableSizeBytes": total.size,
        "ItemCount": total.items,
        "TableArn": table.arn,
        "TableId": table.uuid,
        "DeletionProtectionEnabled": table.deletion_protection,
    }
    _add_settings(description, table, status)
    for member, indexes in (
        ("LocalSecondaryIndexes", table.local_indexes),
        ("GlobalSecondaryIndexes", table.global_indexes),
    ):
        if indexes:
            shown = "CREATING" if status == "CREATING" else "ACTIVE"
            description[member] = [describe_index(database, table, index, shown) for index in indexes]
    return description


def describe_index(database: Database, table: Table, index: Index, status: str = "ACTIVE") -> dict[str, Any]:
    """An index's description."""
    projection: dict[str, Any] = {"ProjectionType": str(index.projection)}
    if index.include:
        projection["NonKeyAttributes"] = sorted(index.include)
    total = database.items.totals.of_index(table, index)
    description: dict[str, Any] = {
        "IndexName": index.name,
        "KeySchema": _key_schema(index.schema),
        "Projection": projection,
        "IndexSizeBytes": total.size,
        "ItemCount": total.items,
        "IndexArn": f"{table.arn}/index/{index.name}",
    }
    if not index.local:
        description["IndexStatus"] = status
        description["ProvisionedThroughput"] = describe_throughput(index.throughput)
        description |= describe_limit(index.limit)
        if status != "CREATING":
            description["WarmThroughput"] = describe_warm(index, table)
    return description


def _add_settings(description: dict[str, Any], table: Table, status: str) -> None:
    if table.on_demand or table.on_demand_since:
        mode = "PAY_PER_REQUEST" if table.on_demand else "PROVISIONED"
        description["BillingModeSummary"] = {"BillingMode": mode}
    description |= describe_limit(table.limit)
    if status != "CREATING":
        description["WarmThroughput"] = describe_warm(table, table)
    if "BillingModeSummary" in description and status != "CREATING":
        description["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] = table.on_demand_since
    if table.stream:
        description["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": str(table.stream.view)}
    newest = table.stream or table.last_stream
    if newest:
        description["LatestStreamLabel"] = newest.label
        description["LatestStreamArn"] = table.stream_arn
    if table.table_class:
        since = {"LastUpdateDateTime": table.table_class_since} if table.table_class_since else {}
        description["TableClassSummary"] = {"TableClass": table.table_class, **since}
    if table.encryption and table.encryption.get("Enabled", "SSEType" in table.encryption):
        description["SSEDescription"] = describe_encryption(table, table.encryption)


def describe_encryption(table: Table, encryption: dict[str, Any], status: str = "ENABLED") -> dict[str, Any]:
    """How a table's items are encrypted, if not by a key of DynamoDB's own."""
    region, account = table.arn.split(":")[3:5]
    own = f"key/{uuid.uuid5(uuid.NAMESPACE_URL, f'alias/aws/dynamodb {account} {region}')}"
    key = encryption.get("KMSMasterKeyId") or f"arn:aws:kms:{region}:{account}:{own}"
    return {"Status": status, "SSEType": encryption.get("SSEType", "KMS"), "KMSMasterKeyArn": _key_arn(table, key)}


def describe_throughput(throughput: Throughput) -> dict[str, Any]:
    """Provisioned capacity, and when it was changed if it ever was."""
    times = {"LastIncreaseDateTime": throughput.increased_at, "LastDecreaseDateTime": throughput.decreased_at}
    return {
        **{name: at for name, at in times.items() if at is not None},
        "NumberOfDecreasesToday": decreases_today(throughput),
        "ReadCapacityUnits": throughput.read,
        "WriteCapacityUnits": throughput.write,
    }


def describe_limit(limit: Units) -> dict[str, Any]:
    """The member that shows limits on demand, where there are any."""
    shown = {"MaxReadRequestUnits": limit.read, "MaxWriteRequestUnits": limit.write}
    shown = {name: units for name, units in shown.items() if units is not None}
    return {"OnDemandThroughput": shown} if shown else {}


def describe_warm(owner: Table | Index, table: Table, status: str = "ACTIVE") -> dict[str, Any]:
    """What a table or one of its indexes can take at once."""
    units = warm_units(owner, on_demand=table.on_demand)
    return {"ReadUnitsPerSecond": units.read, "WriteUnitsPerSecond": units.write, "Status": status}


def _key_arn(table: Table, key: str) -> str:
    if key.startswith("arn:"):
        return key
    region, account = table.arn.split(":")[3:5]
    return f"arn:aws:kms:{region}:{account}:{key if key.startswith('alias/') else f'key/{key}'}"


def _attributes(table: Table) -> list[Key]:
    """The key attributes of the table and its indexes, each once, by name."""
    keys = [*table.schema.keys, *(key for index in table.indexes for key in index.schema.keys)]
    return sorted({key.name: key for key in keys}.values(), key=lambda key: key.name)


def _definition(key: Key) -> dict[str, str]:
    return {"AttributeName": key.name, "AttributeType": key.kind}


def _key_schema(schema: KeySchema) -> list[dict[str, str]]:
    elements = [{"AttributeName": schema.hash.name, "KeyType": "HASH"}]
    if schema.range is not None:
        elements.append({"AttributeName": schema.range.name, "KeyType": "RANGE"})
    return elements
